// The loss that holds a picture's edges to another's: the sum of the squared differences of what Sobel's two filters give of both in grey, times a
// scale. The differences are those filters' answers to the grey difference, and are kept for edgeloss_back.wgsl.
#tensor x read
#tensor goal read
BINDING var<storage, read> scale: array<f32>;
#tensor found read_write
#include "pixels.wgsl"
#include "sobel.wgsl"

fn seen(i: u32) -> vec2f {
  return vec2f(dot(load_x(i) - load_goal(i), LUMA));
}

fn term(i: u32) -> f32 {
  let e = sobel(i);
  set_found(i, vec4f(e, 0.0, 0.0));
  return scale[0] * dot(e, e);
}
