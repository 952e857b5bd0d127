// LayerNorm along rows. Forward: y = γ·x̂ + β, and mean and 1/√(variance + ε) of each row are kept.
// BACKWARD: dx = rstd·(g − mean(g) − x̂·mean(g·x̂)), g = γ·dy.
#ifdef SUBGROUP
enable subgroups;
#else
#define WORKGROUP 64u
#define LANES 16u
#endif
struct Params {
  rows: u32, c4: u32, c: u32, eps: f32,
}
#tensor x read
BINDING var<storage, read> gamma: array<vec4f>;
#ifdef BACKWARD
#tensor dy read
BINDING var<storage, read> stats: array<vec2f>;
#else
BINDING var<storage, read> beta: array<vec4f>;
BINDING var<storage, read_write> stats: array<vec2f>;
#endif
#tensor y read_write
BINDING var<uniform> p: Params;
#include "rows.wgsl"
#include "grid.wgsl"

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_id) lid: vec3u) {
  let row = linear_workgroup(wg, count) * (WORKGROUP / LANES) + lid.x / LANES;
  // Surplus invocations repeat the last row, so that all reach the barriers; only their stores are guarded.
  let r = min(row, p.rows - 1u);
  let lane = lid.x % LANES;
  let base = r * p.c4;
  let n = f32(p.c);
  // Padding is zero, but x − mean is not: the last vec4f keeps only its real lanes.
  let real = vec4u(0u, 1u, 2u, 3u);
#ifdef BACKWARD
  let mean = stats[r].x;
  let rstd = stats[r].y;
  var s1 = 0.0;
  var s2 = 0.0;
  for (var i = lane; i < p.c4; i += LANES) {
    let g = gamma[i] * load_dy(base + i);
    s1 += horizontal(g);
    s2 += horizontal(g * (load_x(base + i) - mean)) * rstd;
  }
  let mean_g = row_sum(lid.x, s1) / n;
  let mean_gx = row_sum(lid.x, s2) / n;
  if (row >= p.rows) {
    return;
  }
  for (var i = lane; i < p.c4; i += LANES) {
    let xhat = (load_x(base + i) - mean) * rstd;
    let v = rstd * (gamma[i] * load_dy(base + i) - mean_g - xhat * mean_gx);
    let dx = select(vec4f(0.0), v, vec4u(4u * i) + real < vec4u(p.c));
    store_y(base + i, dx);
  }
#else
  var s = 0.0;
  for (var i = lane; i < p.c4; i += LANES) {
    s += horizontal(load_x(base + i));
  }
  let mean = row_sum(lid.x, s) / n;
  var v = 0.0;
  for (var i = lane; i < p.c4; i += LANES) {
    let d = select(vec4f(0.0), load_x(base + i) - mean, vec4u(4u * i) + real < vec4u(p.c));
    v += dot(d, d);
  }
  let rstd = 1.0 / sqrt(row_sum(lid.x, v) / n + p.eps);
  if (row >= p.rows) {
    return;
  }
  if (lane == 0u) {
    stats[r] = vec2f(mean, rstd);
  }
  for (var i = lane; i < p.c4; i += LANES) {
    // γ and β are zero in the padding.
    store_y(base + i, (load_x(base + i) - mean) * rstd * gamma[i] + beta[i]);
  }
#endif
}
