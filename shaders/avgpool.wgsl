// The mean of k×k squares side by side. BACKWARD spreads the gradient of each mean over its square; pixels right of and below the
// last whole square get none.
struct Params {
  vecs: u32, h: u32, w: u32, c4: u32, k: u32,
}
#tensor x read
#tensor y read_write
BINDING var<uniform> p: Params;
#include "each.wgsl"

fn each(i: u32) {
  let out_h = p.h / p.k;
  let out_w = p.w / p.k;
  let c = i % p.c4;
  let pixel = i / p.c4;
  let share = 1.0 / f32(p.k * p.k);
#ifdef BACKWARD
  let column = pixel % p.w / p.k;
  let row = pixel / p.w % p.h / p.k;
  let image = pixel / (p.w * p.h);
  let inside = column < out_w && row < out_h;
  let source = (image * out_h + min(row, out_h - 1u)) * out_w + min(column, out_w - 1u);
  let v = select(vec4f(0.0), share * load_x(source * p.c4 + c), inside);
#else
  let column = pixel % out_w * p.k;
  let row = pixel / out_w % out_h * p.k;
  let image = pixel / (out_w * out_h);
  var v = vec4f(0.0);
  for (var ky = 0u; ky < p.k; ky++) {
    for (var kx = 0u; kx < p.k; kx++) {
      v += load_x(((image * p.h + row + ky) * p.w + column + kx) * p.c4 + c);
    }
  }
  v *= share;
#endif
  store_y(i, v);
}
