// Second stage of GroupNorm's reductions: one workgroup joins the block sums of one group of one image and writes them to each
// of the group's channels. Forward: mean and 1/√(variance + ε), joined by Chan, Golub and LeVeque's update. BACKWARD: the means of g and g·x̂.
// SUBGROUP: the workgroup is one subgroup of WORKGROUP invocations.
#ifdef SUBGROUP
enable subgroups;
#else
#define WORKGROUP 64u
#endif
struct Params {
  rows: u32, c4: u32, blocks: u32, block_rows: u32, group: u32, eps: f32,
}
BINDING var<storage, read> sums: array<f32>;
BINDING var<storage, read_write> stats: array<f32>;
BINDING var<uniform> p: Params;
#ifndef SUBGROUP
var<workgroup> parts: array<vec3f, WORKGROUP>;
#endif

// A part is count, mean, sum of squared deviations; or unused, sum, sum.
fn join(a: vec3f, b: vec3f) -> vec3f {
#ifdef BACKWARD
  return a + b;
#else
  let n = a.x + b.x;
  let delta = b.y - a.y;
  let share = b.x / max(n, 1.0);
  return vec3f(n, a.y + delta * share, a.z + b.z + delta * delta * a.x * share);
#endif
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(local_invocation_id) lid: vec3u) {
  let image = wg.y;
  let first = wg.x * p.group;
  var part = vec3f(0.0);
  for (var i = lid.x; i < p.blocks * p.group; i += WORKGROUP) {
    let block = i / p.group;
    let channel = first + i % p.group;
    // Planes of a block: c4 pairs of vec4f.
    let at = 8u * ((image * p.blocks + block) * p.c4 + channel / 4u) + channel % 4u;
    let n = f32(min(p.block_rows, p.rows - block * p.block_rows));
    part = join(part, vec3f(n, sums[at], sums[at + 4u]));
  }
#ifdef SUBGROUP
  for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
    part = join(part, subgroupShuffleDown(part, half)); // only the first lane's is whole
  }
  let all = subgroupBroadcast(part, 0u);
#else
  parts[lid.x] = part;
  workgroupBarrier();
  for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
    if (lid.x < half) {
      parts[lid.x] = join(parts[lid.x], parts[lid.x + half]);
    }
    workgroupBarrier();
  }
  let all = parts[0];
#endif
  let n = f32(p.rows * p.group);
#ifdef BACKWARD
  let a = all.y / n;
  let b = all.z / n;
#else
  let a = all.y;
  let b = 1.0 / sqrt(all.z / n + p.eps);
#endif
  for (var c = lid.x; c < p.group; c += WORKGROUP) {
    let channel = first + c;
    let at = 8u * (image * p.c4 + channel / 4u) + channel % 4u;
    stats[at] = a;
    stats[at + 4u] = b;
  }
}
