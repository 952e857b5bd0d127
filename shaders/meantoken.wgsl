// Puts the mean of each image's tokens before them and adds positions. BACKWARD gives a token its own gradient and its share of the mean's.
struct Params {
  vecs: u32, c4: u32, tokens: u32,
}
#tensor x read
#ifndef BACKWARD
BINDING var<storage, read> position: array<vec4f>;
#endif
#tensor y read_write
BINDING var<uniform> p: Params;
#include "each.wgsl"

fn each(i: u32) {
  let c = i % p.c4;
  let share = 1.0 / f32(p.tokens);
#ifdef BACKWARD
  let token = i / p.c4 % p.tokens;
  let mean = i / p.c4 / p.tokens * (p.tokens + 1u);
  let v = load_x((mean + token + 1u) * p.c4 + c) + share * load_x(mean * p.c4 + c);
  store_y(i, v);
#else
  let token = i / p.c4 % (p.tokens + 1u);
  let first = i / p.c4 / (p.tokens + 1u) * p.tokens;
  var v = vec4f(0.0);
  if (token > 0u) {
    v = load_x((first + token - 1u) * p.c4 + c);
  } else {
    for (var t = 0u; t < p.tokens; t++) {
      v += load_x((first + t) * p.c4 + c);
    }
    v *= share;
  }
  store_y(i, v + position[token * p.c4 + c]);
#endif
}
