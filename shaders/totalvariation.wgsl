// Total variation of a picture x, a vec4f per pixel: each workgroup sums the differences of its pixels to their right and lower
// neighbours into its part. With GRADIENT each pixel gathers the signs of its differences, up to four. Beyond an edge a pixel is its own
// neighbour: the difference is zero, and so is its sign.
struct Params {
  w: u32, h: u32,
}
// What a difference counts along rows and along columns, as ops.EncodeVariation lays it out.
struct Variation {
  across: f32, down: f32,
}
#tensor x read
BINDING var<storage, read> scales: Variation;
BINDING var<storage, read_write> parts: array<f32>;
#ifdef GRADIENT
#tensor dx read_write
#endif
BINDING var<uniform> p: Params;
#define LANES 256u
#define WORKGROUP 256u
#include "rows.wgsl"
#include "grid.wgsl"

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_id) lid: vec3u) {
  let part = linear_workgroup(wg, count);
  if (part * 256u >= p.w * p.h) {
    return;
  }
  let i = part * 256u + lid.x;
  var variation = 0.0;
  if (i < p.w * p.h) {
    let column = i % p.w;
    let row = i / p.w;
    let here = load_x(i);
    let right = load_x(i + select(0u, 1u, column + 1u < p.w)) - here;
    let below = load_x(i + select(0u, p.w, row + 1u < p.h)) - here;
    variation = horizontal(scales.across * abs(right) + scales.down * abs(below));
#ifdef GRADIENT
    let left = here - load_x(i - select(0u, 1u, column > 0u));
    let above = here - load_x(i - select(0u, p.w, row > 0u));
    let gradient = scales.across * (sign(left) - sign(right)) + scales.down * (sign(above) - sign(below));
    store_dx(i, gradient);
#endif
  }
  let sum = row_sum(lid.x, variation);
  if (lid.x == 0u) {
    parts[part] = sum;
  }
}
