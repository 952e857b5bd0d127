// y becomes x, with HELD but for its rows that are held.
struct Params {
  vecs: u32, c4: u32,
}
#tensor x read
#ifdef HELD
BINDING var<storage, read> held: array<u32>; // per row, 0 for those that are not
#endif
#tensor y read_write
BINDING var<uniform> p: Params;
#include "each.wgsl"

fn each(i: u32) {
#ifdef HELD
  if (held[i / p.c4] != 0u) {
    return;
  }
#endif
  store_y(i, load_x(i));
}
