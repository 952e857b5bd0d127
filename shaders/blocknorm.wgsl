// The Euclidean norm of each k×k block of a grid x, all channels together; with MINUS of x − y. One invocation takes a block.
struct Params {
  vecs: u32, columns: u32, h: u32, w: u32, c4: u32, k: u32, // vecs is the number of blocks
}
#tensor x read
#ifdef MINUS
#tensor y read
#endif
BINDING var<storage, read_write> norms: array<f32>;
BINDING var<uniform> p: Params;
#include "each.wgsl"

fn each(i: u32) {
  let top = i / p.columns * p.k;
  let left = i % p.columns * p.k;
  var sum = 0.0;
  for (var row = top; row < min(top + p.k, p.h); row++) {
    let end = (row * p.w + min(left + p.k, p.w)) * p.c4;
    for (var at = (row * p.w + left) * p.c4; at < end; at++) {
#ifdef MINUS
      let v = load_x(at) - load_y(at);
#else
      let v = load_x(at);
#endif
      sum += dot(v, v);
    }
  }
  norms[i] = sqrt(sum);
}
