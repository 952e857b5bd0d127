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
#include "each.wgsl"

fn each(i: u32) {
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
