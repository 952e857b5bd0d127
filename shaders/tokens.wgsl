// Rows of token tensors.
//   JOIN           y[n, 0] = class + position[0], y[n, t] = x[n, t−1] + position[t]
//   JOIN_BACKWARD  y[n, t] (+)= x[n, t+1]: the class row's gradient ends here
//   PICK           y[n] = x[n, index[n]]
//   PICK_BACKWARD  y[n, t] (+)= x[n] where t is index[n], else 0
struct Params {
  vecs: u32, c4: u32, tokens: u32, // tokens: of the longer of the two tensors
}
#tensor x read
#ifdef JOIN
BINDING var<storage, read> class_row: array<vec4f>;
BINDING var<storage, read> position: array<vec4f>;
#endif
#ifdef PICK
BINDING var<storage, read> index: array<u32>;
#endif
#ifdef PICK_BACKWARD
BINDING var<storage, read> index: array<u32>;
#endif
#tensor y read_write
BINDING var<uniform> p: Params;
#include "each.wgsl"

fn each(i: u32) {
  let col = i % p.c4;
  let row = i / p.c4;
#ifdef JOIN
  let t = row % p.tokens;
  let n = row / p.tokens;
  // Without a class row, x is shifted by one place per image.
  let source = max(n * (p.tokens - 1u) + t, 1u) - 1u;
  let v = select(load_x(source * p.c4 + col), class_row[col], t == 0u) + position[t * p.c4 + col];
#endif
#ifdef JOIN_BACKWARD
  let inner = p.tokens - 1u;
  let v = load_x((row / inner * p.tokens + row % inner + 1u) * p.c4 + col);
#endif
#ifdef PICK
  let v = load_x((row * p.tokens + index[row]) * p.c4 + col);
#endif
#ifdef PICK_BACKWARD
  let n = row / p.tokens;
  let v = select(vec4f(0.0), load_x(n * p.c4 + col), row % p.tokens == index[n]);
#endif
  store_y(i, v);
}
