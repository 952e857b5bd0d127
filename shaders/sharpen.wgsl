// y = s + f·(x − s) with a factor f per image, s = (sum of the 3×3 pixels around + 4·x) / 13 bounded to [0, 1]. An image's outermost pixels
// stay, and so does an image whose factor is 1. Bit k of `within` says that channel k of s was not bounded. BACKWARD gathers from the pixels
// around, x being dy.
struct Params {
  vecs: u32, h: u32, w: u32,
}
#tensor x read
BINDING var<storage, read> factors: array<f32>;
#ifdef BACKWARD
BINDING var<storage, read> within: array<u32>;
#else
BINDING var<storage, read_write> within: array<u32>;
#endif
#tensor y read_write
BINDING var<uniform> p: Params;
#include "each.wgsl"

const bits = vec4u(1u, 2u, 4u, 8u);

// Whether a pixel lies off the edges of its image.
fn inner(column: u32, row: u32) -> bool {
  return column > 0u && row > 0u && column + 1u < p.w && row + 1u < p.h;
}

fn each(i: u32) {
  let column = i % p.w;
  let row = i / p.w % p.h;
  let f = factors[i / (p.w * p.h)];
  var v = load_x(i);
#ifdef BACKWARD
  if (f != 1.0) {
    var sum = vec4f(0.0);
    for (var k = 0u; k < 9u; k++) {
      let c = column + k % 3u - 1u; // wraps beyond the edge, where nothing is inner
      let r = row + k / 3u - 1u;
      if (c < p.w && r < p.h && inner(c, r)) {
        let j = i + (r - row) * p.w + c - column;
        let weight = select(1.0, 5.0, k == 4u);
        sum += select(vec4f(0.0), weight * load_x(j), (vec4u(within[j]) & bits) != vec4u(0u));
      }
    }
    v = select(v, f * v, inner(column, row)) + (1.0 - f) / 13.0 * sum;
  }
  store_y(i, v);
#else
  if (f != 1.0 && inner(column, row)) {
    var sum = 4.0 * v;
    for (var k = 0u; k < 9u; k++) {
      sum += load_x(i + (k / 3u) * p.w + k % 3u - p.w - 1u);
    }
    let smoothed = sum / 13.0;
    let s = clamp(smoothed, vec4f(0.0), vec4f(1.0));
    within[i] = dot(select(vec4u(0u), bits, smoothed == s), vec4u(1u));
    v = s + f * (v - s);
  }
  store_y(i, v);
#endif
}
