// A dispatch has at most 65,535 workgroups along one axis, so longer ones are folded into rows; this unfolds them.
fn linear_workgroup(wg: vec3u, count: vec3u) -> u32 {
  return wg.x + wg.y * count.x;
}
