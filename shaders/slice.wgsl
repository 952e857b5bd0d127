// y is count vec4f of x from the vec4f first on. BACKWARD puts x there in y and zeros elsewhere; with ACCUMULATE it adds x and leaves the
// rest alone.
struct Params {
  vecs: u32, first: u32, count: u32,
}
BINDING var<storage, read> x: array<vec4f>;
BINDING var<storage, read_write> y: array<vec4f>;
BINDING var<uniform> p: Params;
#include "grid.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_id) lid: vec3u) {
  let i = linear_workgroup(wg, count) * 64u + lid.x;
  if (i >= p.vecs) {
    return;
  }
#ifdef BACKWARD
#ifdef ACCUMULATE
  y[p.first + i] += x[i];
#else
  // Below first the difference wraps far beyond count.
  let taken = i - p.first;
  y[i] = select(vec4f(0.0), x[min(taken, p.count - 1u)], taken < p.count);
#endif
#else
  y[i] = x[p.first + i];
#endif
}
