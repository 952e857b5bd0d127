// Pixels in [0, 1] to RGBA bytes; 255·x is truncated. With KEYED they are transparent near a colour.
struct Params {
  vecs: u32,
#ifdef KEYED
  key: vec4f,
#endif
}
#tensor x read
BINDING var<storage, read_write> rgba: array<u32>;
BINDING var<uniform> p: Params;
#include "each.wgsl"
#ifdef KEYED
#include "key.wgsl"
#endif

fn each(i: u32) {
  let x = load_x(i);
  let v = vec4u(clamp(x, vec4f(0.0), vec4f(1.0)) * 255.0);
#ifdef KEYED
  let alpha = u32(opacity(x, p.key) * 255.0);
#else
  let alpha = 255u;
#endif
  rgba[i] = v.x | (v.y << 8u) | (v.z << 16u) | (alpha << 24u);
}
