// A picture laid over another by its alpha, from [0, 1] to [-1, 1]; ops.RefOverlay is the same in Go.
struct Params {
  vecs: u32,
}
#tensor x read
#tensor over read
#tensor y read_write
BINDING var<uniform> p: Params;
#include "each.wgsl"

fn each(i: u32) {
  let above = load_over(i);
  let v = load_x(i).xyz;
  store_y(i, vec4f(2.0 * (v + above.w * (above.xyz - v)) - 1.0, 0.0));
}
