// Pixels in [0, 1] to RGBA bytes; 255·x is truncated.
struct Params {
  vecs: u32,
}
#tensor x read
BINDING var<storage, read_write> rgba: array<u32>;
BINDING var<uniform> p: Params;
#include "each.wgsl"

fn each(i: u32) {
  let v = vec4u(clamp(load_x(i), vec4f(0.0), vec4f(1.0)) * 255.0);
  rgba[i] = v.x | (v.y << 8u) | (v.z << 16u) | 0xff000000u;
}
