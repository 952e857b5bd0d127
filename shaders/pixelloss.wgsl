// The loss that holds a picture to another one: the sum of the absolute differences, times a scale.
#tensor x read
#tensor goal read
BINDING var<storage, read> scale: array<f32>;
#include "pixels.wgsl"

fn term(i: u32) -> f32 {
  let d = load_x(i) - load_goal(i);
#ifdef GRADIENT
  store_dx(i, scale[0] * sign(d));
#endif
  return scale[0] * horizontal(abs(d));
}
