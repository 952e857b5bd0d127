// The loss that pulls z: f·mean((z − target)²), f = w/2; without TARGET it pulls to zero with f = w/2/(2·step + 1). GRADIENT adds or
// writes f·2(z − target)/n. One workgroup does it all: z is small.
struct Params {
  vecs: u32, elements: u32, first: u32,
}
#include "step.wgsl"
#tensor z read
BINDING var<storage, read> state: StepState;
BINDING var<storage, read> weight: array<f32>; // w
#ifdef TARGET
#tensor goal read
#endif
BINDING var<storage, read_write> losses: array<f32>;
#ifdef GRADIENT
#tensor dz read_write
#endif
BINDING var<uniform> p: Params;
var<workgroup> parts: array<f32, 256>;

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_id) lid: vec3u) {
#ifdef TARGET
  let factor = 0.5 * weight[0] / f32(p.elements);
#else
  let factor = 0.5 * weight[0] / f32(2u * state.step + 1u) / f32(p.elements);
#endif
  var sum = 0.0;
  for (var i = lid.x; i < p.vecs; i += 256u) {
#ifdef TARGET
    let d = load_z(i) - load_goal(i);
#else
    let d = load_z(i);
#endif
    sum += dot(d, d);
#ifdef GRADIENT
    store_dz(i, 2.0 * factor * d);
#endif
  }
  parts[lid.x] = sum;
  workgroupBarrier();
  for (var half = 128u; half > 0u; half /= 2u) {
    if (lid.x < half) {
      parts[lid.x] += parts[lid.x + half];
    }
    workgroupBarrier();
  }
  if (lid.x == 0u) {
    losses[p.first] = factor * parts[0];
  }
}
