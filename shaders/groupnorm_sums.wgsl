// First stage of GroupNorm's reductions: every invocation sums one vec4f of channels over one block of rows.
// Forward: the block's mean and sum of squared deviations, shifted by the block's first row so that nothing cancels.
// BACKWARD: the sums of g and g·x̂, where g = γ·dy (·swish' with SWISH) and x̂ the normalised x.
struct Params {
  rows: u32, c4: u32, blocks: u32, block_rows: u32, images: u32,
}
#tensor x read
#ifdef BACKWARD
#tensor dy read
BINDING var<storage, read> stats: array<vec4f>;
BINDING var<storage, read> gamma: array<vec4f>;
BINDING var<storage, read> beta: array<vec4f>;
#endif
BINDING var<storage, read_write> sums: array<vec4f>;
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
  let first = block * p.block_rows;
  let end = min(first + p.block_rows, p.rows);
  let base = image * p.rows;
  var s1 = vec4f(0.0);
  var s2 = vec4f(0.0);
#ifdef BACKWARD
  let at = 2u * (image * p.c4 + col);
  let mean = stats[at];
  let rstd = stats[at + 1u];
  let scale = gamma[col];
  for (var r = first; r < end; r++) {
    let j = (base + r) * p.c4 + col;
    let xhat = (load_x(j) - mean) * rstd;
    var g = scale * load_dy(j);
#ifdef SWISH
    g *= swish_derivative(xhat * scale + beta[col]);
#endif
    s1 += g;
    s2 += g * xhat;
  }
  sums[2u * i] = s1;
  sums[2u * i + 1u] = s2;
#else
  let pivot = load_x((base + first) * p.c4 + col);
  for (var r = first; r < end; r++) {
    let v = load_x((base + r) * p.c4 + col) - pivot;
    s1 += v;
    s2 += v * v;
  }
  let n = f32(end - first);
  sums[2u * i] = pivot + s1 / n;
  sums[2u * i + 1u] = max(s2 - s1 * s1 / n, vec4f(0.0));
#endif
}
