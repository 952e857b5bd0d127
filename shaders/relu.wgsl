// max(x, 0). BACKWARD passes the gradient x where the forward's result was above zero.
struct Params {
  vecs: u32,
}
#tensor x read
#ifdef BACKWARD
#tensor result read
#endif
#tensor y read_write
BINDING var<uniform> p: Params;
#include "each.wgsl"

fn each(i: u32) {
#ifdef BACKWARD
  let v = select(vec4f(0.0), load_x(i), load_result(i) > vec4f(0.0));
#else
  let v = max(load_x(i), vec4f(0.0));
#endif
  store_y(i, v);
}
