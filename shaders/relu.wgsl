// max(x, 0). BACKWARD passes the gradient x where the forward's result was above zero.
struct Params {
  vecs: u32,
}
BINDING var<storage, read> x: array<vec4f>;
#ifdef BACKWARD
BINDING var<storage, read> result: array<vec4f>;
#endif
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
  let v = select(vec4f(0.0), x[i], result[i] > vec4f(0.0));
#else
  let v = max(x[i], vec4f(0.0));
#endif
#ifdef ACCUMULATE
  y[i] += v;
#else
  y[i] = v;
#endif
}
