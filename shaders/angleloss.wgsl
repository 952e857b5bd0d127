// The loss that holds the direction of x, a latent, as one long vector, to a target's: weight·θ²/2 of the angle between them, or with COSINE
// weight·(1 − cos θ). One workgroup does it all: a latent is small.
#tensor x read
#tensor goal read
#include "whole.wgsl"
#include "precise.wgsl"

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_id) lid: vec3u) {
  var of_x = 0.0;
  var of_goal = 0.0;
  for (var i = lid.x; i < p.vecs; i += 256u) {
    of_x += dot(load_x(i), load_x(i));
    of_goal += dot(load_goal(i), load_goal(i));
  }
  let x_scale = 1.0 / max(sqrt(row_sum(lid.x, of_x)), 1e-12);
  let goal_scale = 1.0 / max(sqrt(row_sum(lid.x, of_goal)), 1e-12);
  var square = 0.0;
  for (var i = lid.x; i < p.vecs; i += 256u) {
    let d = load_x(i) * x_scale - load_goal(i) * goal_scale;
    square += dot(d, d);
  }
  let r2 = row_sum(lid.x, square);
#ifdef COSINE
  let loss = 0.5 * r2;
  let ratio = 1.0;
#else
  let half = min(0.5 * sqrt(r2), 1.0);
  let angle = 2.0 * arcsin(half);
  let loss = 0.5 * angle * angle;
  // θ/sin θ, as in promptloss.wgsl.
  let ratio = select(arcsin(half) / max(half, 0.5), arcsin_ratio(half), half <= 0.5) / sqrt(max(1.0 - half * half, 1e-12));
#endif
  if (lid.x == 0u) {
    losses[p.first] = weight[0] * loss;
  }
#ifdef GRADIENT
  let scale = weight[0] * ratio * x_scale;
  for (var i = lid.x; i < p.vecs; i += 256u) {
    let unit = load_x(i) * x_scale;
    store_dx(i, scale * (unit - load_goal(i) * goal_scale - 0.5 * r2 * unit));
  }
#endif
}
