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
#include "each.wgsl"

fn each(i: u32) {
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
