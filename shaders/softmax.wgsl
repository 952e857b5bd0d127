// Softmax along the rows of square score matrices, in place; padding becomes zero. CAUSAL lets row i see columns 0…i only.
// BACKWARD: ds = p·(dp − Σ p·dp), in place in dp.
#ifdef SUBGROUP
enable subgroups;
#else
#define WORKGROUP 64u
#define LANES 16u
#endif
struct Params {
  rows: u32, c4: u32, c: u32,
}
#ifdef BACKWARD
#tensor probabilities read
#endif
#tensor s read_write
BINDING var<uniform> p: Params;
#include "rows.wgsl"
#include "grid.wgsl"

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_id) lid: vec3u) {
  let row = linear_workgroup(wg, count) * (WORKGROUP / LANES) + lid.x / LANES;
  let r = min(row, p.rows - 1u);
  let lane = lid.x % LANES;
  let base = r * p.c4;
#ifdef BACKWARD
  // Masked and padded places have probability zero, but the padding of dp holds leftovers that may be anything.
  var sum = 0.0;
  for (var i = lane; i < p.c4; i += LANES) {
    let q = load_probabilities(base + i);
    sum += dot(q, select(load_s(base + i), vec4f(0.0), q == vec4f(0.0)));
  }
  let total = row_sum(lid.x, sum);
  if (row >= p.rows) {
    return;
  }
  for (var i = lane; i < p.c4; i += LANES) {
    let q = load_probabilities(base + i);
    store_s(base + i, select(q * (load_s(base + i) - total), vec4f(0.0), q == vec4f(0.0)));
  }
#else
#ifdef CAUSAL
  let visible = r % p.c + 1u;
#else
  let visible = p.c;
#endif
  let lowest = -3.4e38;
  var largest = lowest;
  for (var i = lane; i < p.c4; i += LANES) {
    let v = select(vec4f(lowest), load_s(base + i), vec4u(4u * i) + vec4u(0u, 1u, 2u, 3u) < vec4u(visible));
    largest = max(largest, max(max(v.x, v.y), max(v.z, v.w)));
  }
  let top = row_max(lid.x, largest);
  var sum = 0.0;
  for (var i = lane; i < p.c4; i += LANES) {
    let seen = vec4u(4u * i) + vec4u(0u, 1u, 2u, 3u) < vec4u(visible);
    sum += horizontal(select(vec4f(0.0), exp(load_s(base + i) - top), seen));
  }
  let scale = 1.0 / row_sum(lid.x, sum);
  if (row >= p.rows) {
    return;
  }
  for (var i = lane; i < p.c4; i += LANES) {
    let seen = vec4u(4u * i) + vec4u(0u, 1u, 2u, 3u) < vec4u(visible);
    store_s(base + i, select(vec4f(0.0), exp(load_s(base + i) - top) * scale, seen));
  }
#endif
}
