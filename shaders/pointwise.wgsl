// Pointwise work on whole padded tensors.
//   COPY              y = x
//   ADD               y += x
//   TIMES_DERIVATIVE  y = x · f'(pre), f' named by the switch's value
struct Params {
  vecs: u32,
}
BINDING var<storage, read> x: array<vec4f>;
#ifdef TIMES_DERIVATIVE
BINDING var<storage, read> pre: array<vec4f>;
#endif
BINDING var<storage, read_write> y: array<vec4f>;
BINDING var<uniform> p: Params;
#include "activation.wgsl"
#include "grid.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_id) lid: vec3u) {
  let i = linear_workgroup(wg, count) * 64u + lid.x;
  if (i >= p.vecs) {
    return;
  }
#ifdef COPY
  y[i] = x[i];
#endif
#ifdef ADD
  y[i] += x[i];
#endif
#ifdef TIMES_DERIVATIVE
  y[i] = x[i] * TIMES_DERIVATIVE(pre[i]);
#endif
}
