// The gradient of nearest ×2 enlargement: dx is the sum of each 2×2 block of du.
struct Params {
  vecs: u32, h: u32, w: u32, c4: u32,
}
BINDING var<storage, read> du: array<vec4f>;
BINDING var<storage, read_write> dx: array<vec4f>;
BINDING var<uniform> p: Params;
#include "grid.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_id) lid: vec3u) {
  let i = linear_workgroup(wg, count) * 64u + lid.x;
  if (i >= p.vecs) {
    return;
  }
  let pixel = i / p.c4;
  let x = pixel % p.w;
  let y = pixel / p.w; // counts through the batch: images stand one above the other in both tensors
  let first = (2u * y * 2u * p.w + 2u * x) * p.c4 + i % p.c4;
  let below = first + 2u * p.w * p.c4;
  let sum = (du[first] + du[first + p.c4]) + (du[below] + du[below + p.c4]);
#ifdef ACCUMULATE
  dx[i] += sum;
#else
  dx[i] = sum;
#endif
}
