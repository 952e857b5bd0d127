// A picture moved around its edges: what leaves at one comes in at the other. y at (row, column) is x at (row + down, column + right), modulo
// the sides. BACKWARD moves back.
struct Params {
  vecs: u32, h: u32, w: u32, c4: u32,
}
#tensor x read
BINDING var<storage, read> by: array<u32>; // right and down, less than w and h
#tensor y read_write
BINDING var<uniform> p: Params;
#include "each.wgsl"

fn each(i: u32) {
  let pixel = i / p.c4;
#ifdef BACKWARD
  let right = p.w - by[0];
  let down = p.h - by[1];
#else
  let right = by[0];
  let down = by[1];
#endif
  let column = (pixel % p.w + right) % p.w;
  let row = (pixel / p.w + down) % p.h;
  store_y(i, load_x((row * p.w + column) * p.c4 + i % p.c4));
}
