// Pointwise work on whole padded tensors.
//   COPY              y (+)= x
//   TIMES_DERIVATIVE  y = x · f'(pre), f' named by the switch's value
struct Params {
  vecs: u32,
}
#tensor x read
#ifdef TIMES_DERIVATIVE
#tensor pre read
#endif
#tensor y read_write
BINDING var<uniform> p: Params;
#include "activation.wgsl"
#include "each.wgsl"

fn each(i: u32) {
#ifdef COPY
  store_y(i, load_x(i));
#endif
#ifdef TIMES_DERIVATIVE
  store_y(i, load_x(i) * TIMES_DERIVATIVE(load_pre(i)));
#endif
}
