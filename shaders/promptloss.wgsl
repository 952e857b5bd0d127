// For each prompt and embedding the sum of d' = sign(w)·θ²/2 over the prompt's targets, θ = 2·asin(|ê − t̂|/2), and with GRADIENT
// the gradient of the prompts' losses. With SHARES each embedding has a share in each prompt. One workgroup serves an embedding.
#include "prompts.wgsl"
#tensor e read
BINDING var<storage, read> targets: array<vec4f>;
BINDING var<storage, read> prompts: array<Prompt>;
BINDING var<storage, read_write> sums: array<f32>; // [prompts, cuts], rows padded to whole vec4f
#ifdef SHARES
BINDING var<storage, read> shares: array<f32>; // as sums: how much of each pair counts
#endif
#ifdef GRADIENT
#tensor de read_write
#endif
BINDING var<uniform> p: Params;
#define LANES 64u
#define WORKGROUP 64u
#include "rows.wgsl"
#include "grid.wgsl"
#include "precise.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_id) lid: vec3u) {
  let row = linear_workgroup(wg, count);
  if (row >= p.rows) {
    return;
  }
  let base = row * p.c4;
  let lane = lid.x;
  var square = 0.0;
  for (var i = lane; i < p.c4; i += LANES) {
    square += dot(load_e(base + i), load_e(base + i));
  }
  let e_scale = 1.0 / max(sqrt(row_sum(lane, square)), 1e-12);
#ifdef GRADIENT
#ifndef ACCUMULATE
  for (var i = lane; i < p.c4; i += LANES) {
    set_de(base + i, vec4f(0.0));
  }
#endif
#endif
  for (var k = 0u; k < p.prompts; k++) {
    let prompt = prompts[k];
    let place = k * ((p.cuts + 3u) / 4u * 4u) + p.first_cut + row;
    var total = 0.0;
    for (var j = 0u; j < prompt.count; j++) {
      let target_base = (prompt.first + j) * p.c4;
      square = 0.0;
      for (var i = lane; i < p.c4; i += LANES) {
        square += dot(targets[target_base + i], targets[target_base + i]);
      }
      let t_scale = 1.0 / max(sqrt(row_sum(lane, square)), 1e-12);
      square = 0.0;
      for (var i = lane; i < p.c4; i += LANES) {
        let r = load_e(base + i) * e_scale - targets[target_base + i] * t_scale;
        square += dot(r, r);
      }
      let r2 = row_sum(lane, square);
      let half = min(0.5 * sqrt(r2), 1.0);
      let angle = 2.0 * arcsin(half);
      let signed = select(0.5, -0.5, prompt.weight < 0.0) * angle * angle;
      total += signed;
#ifdef GRADIENT
      if (signed > prompt.stop) {
        // θ/sin θ = (asin(h)/h)/√(1 − h²), finite at h = 0; and cos θ·ê − t̂ = (ê − t̂) − r²/2·ê, which does not cancel.
        let ratio = select(arcsin(half) / max(half, 0.5), arcsin_ratio(half), half <= 0.5) / sqrt(max(1.0 - half * half, 1e-12));
#ifdef SHARES
        let scale = shares[place] * prompt.weight / f32(p.cuts * prompt.count) * ratio * e_scale;
#else
        let scale = prompt.weight / f32(p.cuts * prompt.count) * ratio * e_scale;
#endif
        for (var i = lane; i < p.c4; i += LANES) {
          let unit = load_e(base + i) * e_scale;
          set_de(base + i, load_de(base + i) + scale * (unit - targets[target_base + i] * t_scale - 0.5 * r2 * unit));
        }
      }
#endif
    }
    if (lane == 0u) {
#ifdef SHARES
      total *= shares[place];
#endif
      sums[place] = total;
    }
  }
}
