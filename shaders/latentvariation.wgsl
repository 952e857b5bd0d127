// The total variation of a latent z: the mean over its tokens of the length of the differences to the right and to the lower neighbour, the
// root of the mean of their squares over the channels. Beyond an edge a token is its own neighbour. One workgroup does it all: z is small.
struct Params {
  w: u32, h: u32, c4: u32, c: u32, first: u32,
}
#tensor z read
BINDING var<storage, read> weight: array<f32>;
BINDING var<storage, read_write> losses: array<f32>;
BINDING var<storage, read_write> lengths: array<f32>; // one per token
#ifdef GRADIENT
#tensor dz read_write
#endif
BINDING var<uniform> p: Params;
#define LANES 256u
#define WORKGROUP 256u
#include "rows.wgsl"

// The vec4f of the right and of the lower neighbour of vec4f i.
fn right(i: u32) -> u32 {
  return i + select(0u, p.c4, i / p.c4 % p.w + 1u < p.w);
}
fn below(i: u32) -> u32 {
  return i + select(0u, p.c4 * p.w, i / p.c4 / p.w + 1u < p.h);
}

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_id) lid: vec3u) {
  let tokens = p.w * p.h;
  var sum = 0.0;
  for (var token = lid.x; token < tokens; token += 256u) {
    var square = 0.0;
    for (var i = token * p.c4; i < (token + 1u) * p.c4; i++) {
      let x = load_z(right(i)) - load_z(i);
      let y = load_z(below(i)) - load_z(i);
      square += dot(x, x) + dot(y, y);
    }
    let length = sqrt(square / f32(p.c) + 1e-8);
    lengths[token] = length;
    sum += length;
  }
  let scale = weight[0] / f32(tokens);
  let all = row_sum(lid.x, sum); // which is a barrier, but not for lengths
  storageBarrier();
  if (lid.x == 0u) {
    losses[p.first] = scale * all;
  }
#ifdef GRADIENT
  for (var i = lid.x; i < tokens * p.c4; i += 256u) {
    let token = i / p.c4;
    let here = load_z(i);
    var g = (2.0 * here - load_z(right(i)) - load_z(below(i))) / lengths[token];
    if (token % p.w > 0u) {
      g += (here - load_z(i - p.c4)) / lengths[token - 1u];
    }
    if (token >= p.w) {
      g += (here - load_z(i - p.c4 * p.w)) / lengths[token - p.w];
    }
    store_dz(i, scale / f32(p.c) * g);
  }
#endif
}
