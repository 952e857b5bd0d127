// A loss that comes in parts, one per workgroup: one workgroup sums them, in a fixed order.
struct Params {
  parts: u32, first: u32,
}
BINDING var<storage, read> parts: array<f32>;
BINDING var<storage, read_write> losses: array<f32>;
BINDING var<uniform> p: Params;
#define LANES 256u
#define WORKGROUP 256u
#include "rows.wgsl"

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_id) lid: vec3u) {
  var sum = 0.0;
  for (var i = lid.x; i < p.parts; i += 256u) {
    sum += parts[i];
  }
  let all = row_sum(lid.x, sum);
  if (lid.x == 0u) {
    losses[p.first] = all;
  }
}
