// A window of a picture: y at (row, column) is x at (row + top, column + left). BACKWARD gives the window back to its place, and zero beside it.
struct Params {
  vecs: u32, h: u32, w: u32, rows: u32, columns: u32, c4: u32, // of the picture, and of the window
}
#tensor x read
BINDING var<storage, read> by: array<u32>; // left and top
#tensor y read_write
BINDING var<uniform> p: Params;
#include "each.wgsl"

fn each(i: u32) {
  let pixel = i / p.c4;
#ifdef BACKWARD
  // Before the window's edges these wrap around and are no row or column of it either.
  let row = pixel / p.w - by[1];
  let column = pixel % p.w - by[0];
  var v = vec4f(0.0);
  if (row < p.rows && column < p.columns) {
    v = load_x((row * p.columns + column) * p.c4 + i % p.c4);
  }
  store_y(i, v);
#else
  store_y(i, load_x(((pixel / p.columns + by[1]) * p.w + pixel % p.columns + by[0]) * p.c4 + i % p.c4));
#endif
}
