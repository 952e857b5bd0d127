// y's rows are those of table that indices name.
struct Params {
  vecs: u32, c4: u32, rows: u32,
}
BINDING var<storage, read> indices: array<u32>;
BINDING var<storage, read> table: array<vec4f>;
#tensor y read_write
BINDING var<uniform> p: Params;
#include "each.wgsl"

fn each(i: u32) {
  store_y(i, table[min(indices[i / p.c4], p.rows - 1u) * p.c4 + i % p.c4]);
}
