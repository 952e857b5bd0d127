// The frame of a loss that has a term for every pixel of a picture: term(i) of pixel i, which with GRADIENT also stores the pixel's gradient.
// Each workgroup sums the terms of its pixels into its part. What the loss reads, the picture first, is bound before.
struct Params {
  w: u32, h: u32,
}
BINDING var<storage, read_write> parts: array<f32>;
#ifdef GRADIENT
#tensor dx read_write
#endif
BINDING var<uniform> p: Params;
#define LANES 256u
#define WORKGROUP 256u
#include "rows.wgsl"
#include "grid.wgsl"

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_id) lid: vec3u) {
  let part = linear_workgroup(wg, count);
  if (part * 256u >= p.w * p.h) {
    return;
  }
  let i = part * 256u + lid.x;
  var value = 0.0;
  if (i < p.w * p.h) {
    value = term(i);
  }
  let sum = row_sum(lid.x, value);
  if (lid.x == 0u) {
    parts[part] = sum;
  }
}
