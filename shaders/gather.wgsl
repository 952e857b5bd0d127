// y's rows are those of table that indices name.
struct Params {
  vecs: u32, c4: u32, rows: u32,
}
BINDING var<storage, read> indices: array<u32>;
BINDING var<storage, read> table: array<vec4f>;
BINDING var<storage, read_write> y: array<vec4f>;
BINDING var<uniform> p: Params;
#include "grid.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_id) lid: vec3u) {
  let i = linear_workgroup(wg, count) * 64u + lid.x;
  if (i >= p.vecs) {
    return;
  }
  y[i] = table[min(indices[i / p.c4], p.rows - 1u) * p.c4 + i % p.c4];
}
