// A prompt's loss: |w| times the mean of d' over all its pairs.
#include "prompts.wgsl"
BINDING var<storage, read> prompts: array<Prompt>;
BINDING var<storage, read> sums: array<f32>;
BINDING var<storage, read_write> losses: array<f32>;
BINDING var<uniform> p: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let k = id.x;
  if (k >= p.prompts) {
    return;
  }
  var total = 0.0;
  for (var cut = 0u; cut < p.cuts; cut++) {
    total += sums[k * ((p.cuts + 3u) / 4u * 4u) + cut];
  }
  losses[p.first + k] = abs(prompts[k].weight) * total / f32(p.cuts * max(prompts[k].count, 1u));
}
