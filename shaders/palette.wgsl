// The loss that draws a picture's pixels to the colours of a palette: each pixel's distance from the nearest of them, times a scale.
// As ops.EncodePalette lays it out: count colours, and room for more.
struct Palette {
  scale: f32, count: u32, unused: vec2u, colours: array<vec4f>,
}
#tensor x read
BINDING var<storage, read> palette: Palette;
#include "pixels.wgsl"

fn term(i: u32) -> f32 {
  let here = load_x(i);
  var nearest = here - palette.colours[0];
  for (var k = 1u; k < palette.count; k++) {
    let d = here - palette.colours[k];
    if (dot(d, d) < dot(nearest, nearest)) {
      nearest = d;
    }
  }
  let distance = sqrt(dot(nearest, nearest));
#ifdef GRADIENT
  store_dx(i, palette.scale / max(distance, 1e-12) * nearest);
#endif
  return palette.scale * distance;
}
