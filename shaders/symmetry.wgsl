// The loss that makes a picture like its mirror image, left to right: each pixel's squared distance from the pixel opposite, times a scale.
// A pair of pixels counts twice, so its gradient does, too.
#tensor x read
BINDING var<storage, read> scale: array<f32>;
#include "pixels.wgsl"

fn term(i: u32) -> f32 {
  let column = i % p.w;
  let d = load_x(i) - load_x(i - column + p.w - 1u - column);
#ifdef GRADIENT
  store_dx(i, 4.0 * scale[0] * d);
#endif
  return scale[0] * dot(d, d);
}
