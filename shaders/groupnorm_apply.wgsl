// Forward: y = γ·x̂ + β, then swish with SWISH. BACKWARD: dx = rstd·(g − mean(g) − x̂·mean(g·x̂)), g as in groupnorm_sums.wgsl.
struct Params {
  vecs: u32, rows: u32, c4: u32,
}
BINDING var<storage, read> x: array<vec4f>;
BINDING var<storage, read> stats: array<vec4f>;
BINDING var<storage, read> gamma: array<vec4f>;
BINDING var<storage, read> beta: array<vec4f>;
#ifdef BACKWARD
BINDING var<storage, read> dy: array<vec4f>;
BINDING var<storage, read> means: array<vec4f>;
#endif
BINDING var<storage, read_write> y: array<vec4f>;
BINDING var<uniform> p: Params;
#include "activation.wgsl"
#include "grid.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_id) lid: vec3u) {
  let i = linear_workgroup(wg, count) * 64u + lid.x;
  if (i >= p.vecs) {
    return;
  }
  let col = i % p.c4;
  let at = 2u * (i / (p.c4 * p.rows) * p.c4 + col);
  let rstd = stats[at + 1u];
  let xhat = (x[i] - stats[at]) * rstd;
  let u = xhat * gamma[col] + beta[col];
#ifdef BACKWARD
  var g = gamma[col] * dy[i];
#ifdef SWISH
  g *= swish_derivative(u);
#endif
  let dx = rstd * (g - means[at] - xhat * means[at + 1u]);
#ifdef ACCUMULATE
  y[i] += dx;
#else
  y[i] = dx;
#endif
#else
#ifdef SWISH
  y[i] = swish(u);
#else
  y[i] = u;
#endif
#endif
}
