// A picture whose right half is its left one, mirrored (ACROSS), and whose lower half is its upper one (DOWN). BACKWARD: a pixel takes from
// all places that show it.
struct Params {
  vecs: u32, h: u32, w: u32, c4: u32,
}
#tensor x read
#tensor y read_write
BINDING var<uniform> p: Params;
#include "each.wgsl"

fn at(row: u32, column: u32, i: u32) -> vec4f {
  return load_x((row * p.w + column) * p.c4 + i % p.c4);
}

fn each(i: u32) {
  let pixel = i / p.c4;
  let column = pixel % p.w;
  let row = pixel / p.w;
  var opposite = vec2u(row, column);
#ifdef DOWN
  opposite.x = p.h - 1u - row;
#endif
#ifdef ACROSS
  opposite.y = p.w - 1u - column;
#endif
#ifdef BACKWARD
  var sum = vec4f(0.0);
  if (row <= opposite.x && column <= opposite.y) {
    sum = at(row, column, i);
    if (opposite.y != column) {
      sum += at(row, opposite.y, i);
    }
    if (opposite.x != row) {
      sum += at(opposite.x, column, i);
      if (opposite.y != column) {
        sum += at(opposite.x, opposite.y, i);
      }
    }
  }
  store_y(i, sum);
#else
  store_y(i, at(min(row, opposite.x), min(column, opposite.y), i));
#endif
}
