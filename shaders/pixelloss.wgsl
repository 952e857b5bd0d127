// The loss that holds a picture to another one: the sum of the absolute differences, times a scale.
struct Params {
  w: u32, h: u32,
}
#tensor x read
#tensor goal read
BINDING var<storage, read> scale: array<f32>;
BINDING var<storage, read_write> parts: array<f32>;
#ifdef GRADIENT
#tensor dx read_write
#endif
BINDING var<uniform> p: Params;
#include "pixels.wgsl"

fn term(i: u32) -> f32 {
  let d = load_x(i) - load_goal(i);
#ifdef GRADIENT
  store_dx(i, scale[0] * sign(d));
#endif
  return scale[0] * horizontal(abs(d));
}
