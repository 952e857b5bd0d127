// The frame of a kernel whose invocations have nothing to do with each other: each(i) for every i below p.vecs.
#include "grid.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_id) lid: vec3u) {
  let i = linear_workgroup(wg, count) * 64u + lid.x;
  if (i < p.vecs) {
    each(i);
  }
}
