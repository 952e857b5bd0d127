// y is count vec4f of x from the vec4f first on. BACKWARD puts x there in y and zeros elsewhere; with ACCUMULATE it adds x and leaves the
// rest alone.
struct Params {
  vecs: u32, first: u32, count: u32,
}
#tensor x read
#tensor y read_write
BINDING var<uniform> p: Params;
#include "each.wgsl"

fn each(i: u32) {
#ifdef BACKWARD
#ifdef ACCUMULATE
  store_y(p.first + i, load_x(i));
#else
  // Below first the difference wraps far beyond count.
  let taken = i - p.first;
  store_y(i, select(vec4f(0.0), load_x(min(taken, p.count - 1u)), taken < p.count));
#endif
#else
  store_y(i, load_x(p.first + i));
#endif
}
