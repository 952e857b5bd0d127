// A picture's gradient (+)= that of its cutouts, weakened where they disagree; ops.RefCoherent is the same in Go. The alpha of sums is the sum of the
// squared lengths of what each cutout hands back to a pixel, the rest their sum.
struct Params {
  vecs: u32, w: u32, cuts: u32,
}
#tensor sums read
BINDING var<storage, read> boxes: array<vec4u>;
BINDING var<storage, read> strength: array<f32>;
#tensor dx read_write
BINDING var<uniform> p: Params;
#include "each.wgsl"

fn each(i: u32) {
  let at = vec2u(i % p.w, i / p.w);
  var seen = 0.0; // by how many cutouts
  for (var n = 0u; n < p.cuts; n++) {
    seen += f32(all(at - boxes[n].xy < boxes[n].zw)); // what lies left of and above a box wraps to something large
  }
  let sums = load_sums(i);
  let sum = vec4f(sums.xyz, 0.0);
  let most = seen * sums.w;
  store_dx(i, sum * (1.0 - strength[0] * (1.0 - select(0.0, dot(sum, sum) / most, most > 0.0))));
}
