// y is count vec4f of x from the vec4f first on. BACKWARD puts x there in y and zeros elsewhere; with ACCUMULATE it adds x and leaves the
// rest alone.
struct Params {
  vecs: u32, first: u32, count: u32,
}
BINDING var<storage, read> x: array<vec4f>;
BINDING var<storage, read_write> y: array<vec4f>;
BINDING var<uniform> p: Params;
#include "each.wgsl"

fn each(i: u32) {
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
