// Rows of a table in its stored form: y[n, t] = table[id[n, t]] + position[t], for the ids of the rows `first` to `first + rows`, which are
// those that `stored` holds. The other rows of y are left alone.
struct Params {
  vecs: u32, c4: u32, columns: u32, tokens: u32,
  first: u32, rows: u32, high: u32, scales: u32,
}
BINDING var<storage, read> stored: array<u32>;
BINDING var<storage, read> id: array<u32>;
BINDING var<storage, read> position: array<vec4f>;
#tensor y read_write
BINDING var<uniform> p: Params;
#include "each.wgsl"
#include "elements.wgsl"

fn each(i: u32) {
  let col = i % p.c4;
  let token = i / p.c4;
  let row = id[token] - p.first; // wraps around below first
  if (row >= p.rows) {
    return;
  }
  var v = position[token % p.tokens * p.c4 + col];
  for (var j = 0u; j < 4u; j++) {
    let column = 4u * col + j;
    if (column < p.columns) {
      v[j] += element(row * p.columns + column);
    }
  }
  store_y(i, v);
}
