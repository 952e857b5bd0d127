// What AdamP's step m/d has of x, to be taken away times x, or 0 where x and its gradient are not nearly at a right angle;
// ops.refProjection is the same in Go. One workgroup does it all: x is small. The moments are those that the update will have.
struct Params {
  vecs: u32, elements: u32, beta1: f32, one_minus_beta1: f32, beta2: f32, one_minus_beta2: f32, eps: f32, flat: f32,
}
struct Factors {
  step_size: f32, root_scale: f32, epsilon: f32, decay: f32,
  average: f32, follow: f32, fresh: u32,
}
#tensor dx read
BINDING var<storage, read> factors: Factors;
#tensor m read
#tensor v read
#tensor x read
BINDING var<storage, read_write> project: array<f32>;
BINDING var<uniform> p: Params;
#define LANES 256u
#define WORKGROUP 256u
#include "rows.wgsl"

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_id) lid: vec3u) {
  var sums = vec4f(0.0); // of x·x, g·g, x·g and x·m/d
  for (var i = lid.x; i < p.vecs; i += 256u) {
    let here = load_x(i);
    let g = load_dx(i);
    let first = p.beta1 * load_m(i) + p.one_minus_beta1 * g;
    let second = p.beta2 * load_v(i) + p.one_minus_beta2 * g * g;
    sums += vec4f(dot(here, here), dot(g, g), dot(here, g), dot(here, first / (sqrt(second) * factors.root_scale + factors.epsilon)));
  }
  let xx = row_sum(lid.x, sums.x);
  let gg = row_sum(lid.x, sums.y);
  let xg = row_sum(lid.x, sums.z);
  let along = row_sum(lid.x, sums.w);
  if (lid.x == 0u) {
    let long = sqrt(xx) + p.eps;
    let cosine = abs(xg) / (long * (sqrt(gg) + p.eps));
    project[0] = select(0.0, along / (long * long), cosine < p.flat / sqrt(f32(p.elements)));
  }
}
