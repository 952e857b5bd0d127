// |row|² of each row.
struct Params {
  rows: u32, c4: u32,
}
#tensor x read
BINDING var<storage, read_write> norms: array<f32>;
BINDING var<uniform> p: Params;
#include "grid.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_id) lid: vec3u) {
  let row = linear_workgroup(wg, count) * 64u + lid.x;
  if (row >= p.rows) {
    return;
  }
  var sum = 0.0;
  for (var i = 0u; i < p.c4; i++) {
    let v = load_x(row * p.c4 + i);
    sum += dot(v, v);
  }
  norms[row] = sum;
}
