// y = clamp(v, lo, hi), v = x·scale + shift. BACKWARD: dy passes where dy·(v − clamp(v)) ≥ 0.
struct Params {
  vecs: u32, c4: u32, c: u32, scale: f32, shift: f32, lo: f32, hi: f32,
}
#tensor x read
#ifdef BACKWARD
#tensor dy read
#endif
#tensor y read_write
BINDING var<uniform> p: Params;
#include "each.wgsl"

fn each(i: u32) {
  let v = load_x(i) * p.scale + p.shift;
  let bounded = clamp(v, vec4f(p.lo), vec4f(p.hi));
#ifdef BACKWARD
  let g = load_dy(i);
  // Signs are compared, for the product may underflow to zero.
  let outwards = ((v > bounded) & (g < vec4f(0.0))) | ((v < bounded) & (g > vec4f(0.0)));
  let dx = select(p.scale * g, vec4f(0.0), outwards);
  store_y(i, dx);
#else
  let real = vec4u(4u * (i % p.c4)) + vec4u(0u, 1u, 2u, 3u) < vec4u(p.c);
  store_y(i, select(vec4f(0.0), bounded, real));
#endif
}
