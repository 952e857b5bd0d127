// The loss that draws a picture's border to a colour: for each pixel within the border its squared distance, times the scale of its strip.
// As ops.EncodeBorder lays it out: the strips at the left and right reach from top to bottom, the others lie between them.
struct Border {
  colour: vec4f, thickness: u32, sides: f32, ends: f32,
}
#tensor x read
BINDING var<storage, read> border: Border;
#include "pixels.wgsl"

fn term(i: u32) -> f32 {
  let column = i % p.w;
  let row = i / p.w;
  let side = min(column, p.w - 1u - column) < border.thickness;
  let end = min(row, p.h - 1u - row) < border.thickness;
  let scale = select(select(0.0, border.ends, end), border.sides, side);
  let d = load_x(i) - border.colour;
#ifdef GRADIENT
  store_dx(i, 2.0 * scale * d);
#endif
  return scale * dot(d, d);
}
