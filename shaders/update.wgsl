// An optimiser's update of x in place by its gradient g; ops.RefUpdate is the same in Go. With v ← β₂v + (1−β₂)g² and the divisor
// d = √v·root_scale + epsilon it is m ← β₁m + (1−β₁)g, x ← x − step_size·m/d, with DECAY less decay·x before; ADAMAX, DIFF and PROJECT are as ops.Factors says. With SCHEDULE_FREE it is
// z ← z − (step_size·g/d + decay·x), which x follows. RANGE bounds each channel of x, and of z. HELD keeps rows
// as they are.
struct Params {
  vecs: u32, c4: u32, beta1: f32, one_minus_beta1: f32, beta2: f32, one_minus_beta2: f32,
}
// What the host tells anew for every update, as ops.Factors encodes it.
struct Factors {
  step_size: f32, root_scale: f32, epsilon: f32, decay: f32,
  average: f32, follow: f32, fresh: u32,
}
#tensor dx read
BINDING var<storage, read> factors: Factors;
#ifdef RANGE
BINDING var<storage, read> bounds: array<vec4f>; // the lowest row, then the highest
#endif
#ifdef HELD
BINDING var<storage, read> held: array<u32>; // one per row: whether it stays
#endif
#ifdef SCHEDULE_FREE
#tensor z read_write
#else
#tensor m read_write
#endif
#tensor v read_write
#ifdef DIFF
#tensor before read_write
#endif
#ifdef PROJECT
BINDING var<storage, read> project: array<f32>; // what the step has of x
#endif
#tensor x read_write
BINDING var<uniform> p: Params;
#include "each.wgsl"

fn bounded(i: u32, value: vec4f) -> vec4f {
#ifdef RANGE
  let col = i % p.c4;
  return min(max(value, bounds[col]), bounds[p.c4 + col]);
#else
  return value;
#endif
}

fn each(i: u32) {
#ifdef HELD
  if (held[i / p.c4] != 0u) {
#ifdef SCHEDULE_FREE
    store_z(i, load_x(i));
#endif
    return;
  }
#endif
  let g = load_dx(i);
#ifdef ADAMAX
  let second = max(p.beta2 * load_v(i) - p.one_minus_beta2 * factors.epsilon, abs(g));
#else
  let second = p.beta2 * load_v(i) + p.one_minus_beta2 * g * g;
#endif
  store_v(i, second);
  var y = load_x(i);
#ifdef SCHEDULE_FREE
  let before = select(load_z(i), y, factors.fresh == 1u);
  let after = bounded(i, before - (factors.step_size * g / (sqrt(second) * factors.root_scale + factors.epsilon) + factors.decay * y));
  store_z(i, after);
  y += factors.average * (before - y) + factors.follow * (after - before);
#else
  let first = p.beta1 * load_m(i) + p.one_minus_beta1 * g;
  store_m(i, first);
#ifdef DECAY
  y -= factors.decay * y;
#endif
#ifdef ADAMAX
  y -= factors.step_size * first / (second + factors.epsilon);
#endif
#ifdef DIFF
  let share = 1.0 / (1.0 + exp(-abs(load_before(i) - g)));
  store_before(i, g);
  y -= factors.step_size * share * first / (sqrt(second) * factors.root_scale + factors.epsilon);
#endif
#ifdef PROJECT
  y -= factors.step_size * (first / (sqrt(second) * factors.root_scale + factors.epsilon) - project[0] * y);
#endif
#ifndef ADAMAX
#ifndef DIFF
#ifndef PROJECT
  y -= factors.step_size * first / (sqrt(second) * factors.root_scale + factors.epsilon);
#endif
#endif
#endif
#endif
  store_x(i, bounded(i, y));
}
