// A square matrix and its transpose together, with rows of zeros up to a multiple of four, as a product that reads it by rows needs.
struct Params {
  vecs: u32, c: u32,
}
#tensor x read
#tensor y read_write
BINDING var<uniform> p: Params;
#include "each.wgsl"

fn each(i: u32) {
  let c4 = (p.c + 3u) / 4u;
  let row = i / c4;
  let column = i % c4 * 4u;
  var sum = vec4f(0.0);
  if (row < p.c) {
    sum = load_x(i);
    for (var j = 0u; j < 4u && column + j < p.c; j++) {
      sum[j] += load_x((column + j) * c4 + row / 4u)[row % 4u];
    }
  }
  set_y(i, sum);
}
