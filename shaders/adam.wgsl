// Adam's update of x in place: m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², x ← x − step_size·m / (√v·inv_sqrt_bias2 + ε).
// RANGE then bounds each channel.
struct Params {
  vecs: u32, c4: u32, beta1: f32, one_minus_beta1: f32, beta2: f32, one_minus_beta2: f32, epsilon: f32,
}
#include "step.wgsl"
#tensor dx read
BINDING var<storage, read> state: StepState;
#ifdef RANGE
BINDING var<storage, read> bounds: array<vec4f>; // the lowest row, then the highest
#endif
#tensor m read_write
#tensor v read_write
#tensor x read_write
BINDING var<uniform> p: Params;
#include "each.wgsl"

fn each(i: u32) {
  let g = load_dx(i);
  let first = p.beta1 * load_m(i) + p.one_minus_beta1 * g;
  let second = p.beta2 * load_v(i) + p.one_minus_beta2 * g * g;
  store_m(i, first);
  store_v(i, second);
  var y = load_x(i) - state.step_size * first / (sqrt(second) * state.inv_sqrt_bias2 + p.epsilon);
#ifdef RANGE
  let col = i % p.c4;
  y = min(max(y, bounds[col]), bounds[p.c4 + col]);
#endif
  store_x(i, y);
}
