// A picture with margins at its sides, right pixels wide, and above and below, down pixels high: MIRROR shows its mirror image there, WRAP its other side, SMEAR its
// edge, and without them there is nothing. BACKWARD sums what all places that show a pixel give: x is then dy and y is dx.
struct Params {
  vecs: u32, h: u32, w: u32, c4: u32, right: u32, down: u32,
}
#tensor x read
#tensor y read_write
BINDING var<uniform> p: Params;
#include "each.wgsl"

#ifdef BACKWARD
// The places along one side of n pixels with margins that show pixel i: the first and how many, of part 0, which is the pixel itself, of part 1 in the
// margin before and of part 2 in the one behind it.
fn places(i: u32, n: u32, margin: u32, part: u32) -> vec2u {
  if (part == 0u) {
    return vec2u(margin + i, 1u);
  }
#ifdef MIRROR
  let before = vec2u(margin - min(i, margin), select(0u, 1u, i > 0u && i <= margin));
  let behind = vec2u(margin + 2u * n - 2u - i, select(0u, 1u, i + 1u < n && i + 1u + margin >= n));
#else
#ifdef WRAP
  let before = vec2u(margin + i - min(n, margin + i), select(0u, 1u, i + margin >= n));
  let behind = vec2u(margin + i + n, select(0u, 1u, i < margin));
#else
#ifdef SMEAR
  let before = vec2u(0u, select(0u, margin, i == 0u));
  let behind = vec2u(margin + n, select(0u, margin, i + 1u == n));
#else
  let before = vec2u(0u);
  let behind = vec2u(0u);
#endif
#endif
#endif
  return select(behind, before, part == 1u);
}

fn each(i: u32) {
  let pixel = i / p.c4;
  var sum = vec4f(0.0);
  for (var a = 0u; a < 3u; a++) {
    let rows = places(pixel / p.w, p.h, p.down, a);
    for (var b = 0u; b < 3u; b++) {
      let columns = places(pixel % p.w, p.w, p.right, b);
      for (var row = rows.x; row < rows.x + rows.y; row++) {
        for (var column = columns.x; column < columns.x + columns.y; column++) {
          sum += load_x((row * (p.w + 2u * p.right) + column) * p.c4 + i % p.c4);
        }
      }
    }
  }
  store_y(i, sum);
}
#else
// What of n pixels is seen at a place, from the margin's beginning; negative where that is nothing.
fn source(place: u32, n: u32, margin: u32) -> i32 {
  let i = i32(place) - i32(margin);
  let side = i32(n);
  if (i >= 0 && i < side) {
    return i;
  }
#ifdef MIRROR
  return select(2 * side - 2 - i, -i, i < 0);
#else
#ifdef WRAP
  return (i + side) % side;
#else
#ifdef SMEAR
  return clamp(i, 0, side - 1);
#else
  return -1;
#endif
#endif
#endif
}

fn each(i: u32) {
  let width = p.w + 2u * p.right;
  let row = source(i / p.c4 / width, p.h, p.down);
  let column = source(i / p.c4 % width, p.w, p.right);
  var value = vec4f(0.0);
  if (row >= 0 && column >= 0) {
    value = load_x((u32(row) * p.w + u32(column)) * p.c4 + i % p.c4);
  }
  store_y(i, value);
}
#endif
