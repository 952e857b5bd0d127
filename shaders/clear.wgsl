// Zeros.
struct Params {
  vecs: u32,
}
BINDING var<storage, read_write> x: array<vec4u>;
BINDING var<uniform> p: Params;
#include "each.wgsl"

fn each(i: u32) {
  x[i] = vec4u(0u);
}
