// The loss that makes a picture colourful: −weight·(σ + 0.3·μ), of the opponent colours a = r − g and b = (r + g)/2 − blue of its pixels σ² the
// sum of both variances and μ² that of both squared means. One workgroup does it all, in two rounds so that the variance does not cancel.
#tensor x read
#include "whole.wgsl"

fn opponent(v: vec4f) -> vec2f {
  return vec2f(v.x - v.y, 0.5 * (v.x + v.y) - v.z);
}

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_id) lid: vec3u) {
  var sum = vec2f(0.0);
  for (var i = lid.x; i < p.vecs; i += 256u) {
    sum += opponent(load_x(i));
  }
  let n = f32(p.vecs);
  let mean = vec2f(row_sum(lid.x, sum.x), row_sum(lid.x, sum.y)) / n;
  var square = 0.0;
  for (var i = lid.x; i < p.vecs; i += 256u) {
    let d = opponent(load_x(i)) - mean;
    square += dot(d, d);
  }
  let spread = sqrt(row_sum(lid.x, square) / n);
  let shift = sqrt(dot(mean, mean));
  if (lid.x == 0u) {
    losses[p.first] = -weight[0] * (spread + 0.3 * shift);
  }
#ifdef GRADIENT
  let by_spread = -weight[0] / (n * max(spread, 1e-6));
  let by_shift = -weight[0] * 0.3 / (n * max(shift, 1e-6)) * mean;
  for (var i = lid.x; i < p.vecs; i += 256u) {
    let g = by_spread * (opponent(load_x(i)) - mean) + by_shift;
    store_dx(i, vec4f(g.x + 0.5 * g.y, 0.5 * g.y - g.x, -g.y, 0.0));
  }
#endif
}
