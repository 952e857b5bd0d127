// The loss that draws a picture to a colour around its middle: each pixel's absolute difference, times what a Gaussian around the middle leaves of 1, times a scale.
// As ops.EncodeVignette lays it out: across and down are what the squared distances from the middle count in the Gaussian.
struct Vignette {
  colour: vec4f, across: f32, down: f32, scale: f32,
}
#tensor x read
BINDING var<storage, read> vignette: Vignette;
#include "pixels.wgsl"

fn term(i: u32) -> f32 {
  let x = f32(i % p.w) - 0.5 * f32(p.w - 1u);
  let y = f32(i / p.w) - 0.5 * f32(p.h - 1u);
  let scale = vignette.scale * (1.0 - exp(-vignette.across * x * x - vignette.down * y * y));
  let d = load_x(i) - vignette.colour;
#ifdef GRADIENT
  store_dx(i, scale * sign(d));
#endif
  return scale * horizontal(abs(d));
}
