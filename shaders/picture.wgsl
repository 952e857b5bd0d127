// Pixels in [0, 1] to RGBA bytes; 255·x is truncated.
struct Params {
  vecs: u32,
}
BINDING var<storage, read> x: array<vec4f>;
BINDING var<storage, read_write> rgba: array<u32>;
BINDING var<uniform> p: Params;
#include "grid.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_id) lid: vec3u) {
  let i = linear_workgroup(wg, count) * 64u + lid.x;
  if (i >= p.vecs) {
    return;
  }
  let v = vec4u(clamp(x[i], vec4f(0.0), vec4f(1.0)) * 255.0);
  rgba[i] = v.x | (v.y << 8u) | (v.z << 16u) | 0xff000000u;
}
