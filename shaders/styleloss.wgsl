// The loss that draws a picture to another's style: the squared difference of their Gram matrices as a share of the goal's square, times a weight. One
// workgroup does it all.
#tensor x read
#tensor goal read
#include "whole.wgsl"

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_id) lid: vec3u) {
  var square = 0.0;
  var sum = 0.0;
  for (var i = lid.x; i < p.vecs; i += 256u) {
    let goal = load_goal(i);
    let d = load_x(i) - goal;
    square += dot(goal, goal);
    sum += dot(d, d);
  }
  let scale = weight[0] / max(row_sum(lid.x, square), 1e-12);
  let all = row_sum(lid.x, sum);
  if (lid.x == 0u) {
    losses[p.first] = scale * all;
  }
#ifdef GRADIENT
  for (var i = lid.x; i < p.vecs; i += 256u) {
    store_dx(i, 2.0 * scale * (load_x(i) - load_goal(i)));
  }
#endif
}
