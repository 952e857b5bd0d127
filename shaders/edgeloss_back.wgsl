// The gradient of edgeloss.wgsl: what the filters found goes back to the pixels that they saw. Sobel's filters are odd, so that their transposes are
// themselves with the opposite sign.
struct Params {
  vecs: u32, w: u32, h: u32,
}
#tensor found read
BINDING var<storage, read> scale: array<f32>;
#tensor dx read_write
BINDING var<uniform> p: Params;
#include "each.wgsl"
#include "sobel.wgsl"

fn seen(i: u32) -> vec2f {
  return load_found(i).xy;
}

fn each(i: u32) {
  let e = sobel(i);
  store_dx(i, -2.0 * scale[0] * (e.x + e.y) * LUMA);
}
