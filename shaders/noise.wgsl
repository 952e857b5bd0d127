// y = x + σ[image]·N(0, 1), drawn anew for every (seed, step, image). Four normals come from one block of the generator by
// Box and Muller's transform. RAW stores the block's words instead of the sum, for the test that holds both generators together.
struct Params {
  vecs: u32, image_vecs: u32, c4: u32, c: u32, stream: u32,
}
#include "step.wgsl"
#tensor x read
BINDING var<storage, read> sigma: array<f32>;
BINDING var<storage, read> state: StepState;
#ifdef RAW
BINDING var<storage, read_write> y: array<vec4u>;
#else
#tensor y read_write
#endif
BINDING var<uniform> p: Params;
#include "each.wgsl"
#include "philox.wgsl"
#include "precise.wgsl"

fn box_muller(a: u32, b: u32) -> vec2f {
  // Twenty-four bits each, exact in f32: u in (0, 1], v in [0, 1).
  let u = f32((a >> 8u) + 1u) * exp2(-24.0);
  let v = f32(b >> 8u) * exp2(-24.0);
  return sqrt(max(-2.0 * natural_log(u), 0.0)) * vec2f(sin_pi(2.0 * v + 0.5), sin_pi(2.0 * v));
}

fn each(i: u32) {
  let image = i / p.image_vecs;
  let words = philox(vec2u(state.seed_low, state.seed_high), vec4u(i % p.image_vecs, image, state.step, p.stream));
#ifdef RAW
  y[i] = words;
#else
  let noise = vec4f(box_muller(words.x, words.y), box_muller(words.z, words.w));
  let real = vec4u(4u * (i % p.c4)) + vec4u(0u, 1u, 2u, 3u) < vec4u(p.c);
  store_y(i, select(vec4f(0.0), load_x(i) + sigma[image] * noise, real));
#endif
}
