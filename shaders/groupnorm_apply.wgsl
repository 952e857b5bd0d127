// Forward: y = γ·x̂ + β, then swish with SWISH. BACKWARD: dx = rstd·(g − mean(g) − x̂·mean(g·x̂)), g as in groupnorm_sums.wgsl.
// Every invocation does one vec4f of channels in one block of rows: what it needs of the channels it reads once.
struct Params {
  rows: u32, c4: u32, blocks: u32, block_rows: u32, images: u32,
}
#tensor x read
BINDING var<storage, read> stats: array<vec4f>;
BINDING var<storage, read> gamma: array<vec4f>;
BINDING var<storage, read> beta: array<vec4f>;
#ifdef BACKWARD
#tensor dy read
BINDING var<storage, read> means: array<vec4f>;
#endif
#tensor y read_write
BINDING var<uniform> p: Params;
#include "activation.wgsl"
#include "grid.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_id) lid: vec3u) {
  let i = linear_workgroup(wg, count) * 64u + lid.x;
  if (i >= p.images * p.blocks * p.c4) {
    return;
  }
  let col = i % p.c4;
  let block = (i / p.c4) % p.blocks;
  let image = i / (p.c4 * p.blocks);
  let first = image * p.rows + block * p.block_rows;
  let end = min(first + p.block_rows, (image + 1u) * p.rows);
  let at = 2u * (image * p.c4 + col);
  let mean = stats[at];
  let rstd = stats[at + 1u];
  let scale = gamma[col];
  let shift = beta[col];
#ifdef BACKWARD
  let mean_g = means[at];
  let mean_gx = means[at + 1u];
#endif
  for (var j = first * p.c4 + col; j < end * p.c4; j += p.c4) {
    let xhat = (load_x(j) - mean) * rstd;
    let u = xhat * scale + shift;
#ifdef BACKWARD
    var g = scale * load_dy(j);
#ifdef SWISH
    g *= swish_derivative(u);
#endif
    let dx = rstd * (g - mean_g - xhat * mean_gx);
    store_y(j, dx);
#else
#ifdef SWISH
    store_y(j, swish(u));
#else
    store_y(j, u);
#endif
#endif
  }
}
