// Total variation of a picture x, a vec4f per pixel: each workgroup sums the differences of its pixels to their right and lower
// neighbours into its part. With GRADIENT each pixel gathers the signs of its differences, up to four. Beyond an edge a pixel is its own
// neighbour: the difference is zero, and so is its sign.
// What a difference counts along rows and along columns, as ops.EncodeVariation lays it out.
struct Variation {
  across: f32, down: f32,
}
#tensor x read
BINDING var<storage, read> scales: Variation;
#include "pixels.wgsl"

fn term(i: u32) -> f32 {
  let column = i % p.w;
  let row = i / p.w;
  let here = load_x(i);
  let right = load_x(i + select(0u, 1u, column + 1u < p.w)) - here;
  let below = load_x(i + select(0u, p.w, row + 1u < p.h)) - here;
#ifdef GRADIENT
  let left = here - load_x(i - select(0u, 1u, column > 0u));
  let above = here - load_x(i - select(0u, p.w, row > 0u));
  store_dx(i, scales.across * (sign(left) - sign(right)) + scales.down * (sign(above) - sign(below)));
#endif
  return horizontal(scales.across * abs(right) + scales.down * abs(below));
}
