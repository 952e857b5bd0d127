// The weights of every output of every cutout along both axes: the cubic convolution's four samples, each spread by the low-pass,
// with what the borders repeat and reflect folded in. One invocation makes one output's.
struct Params {
  cuts: u32, side: u32, largest: u32, stride: u32,
}
BINDING var<storage, read> boxes: array<vec4u>;
BINDING var<storage, read_write> taps: array<f32>;
BINDING var<uniform> p: Params;
#include "cutouts_window.wgsl"
#include "grid.wgsl"
#include "precise.wgsl"

fn sinc(x: f32) -> f32 {
  return sin_pi(x) / (3.14159265 * x);
}

// Lanczos' window of two lobes d samples from its middle, not normalised.
fn low_pass(d: i32, size: u32) -> f32 {
  if (d == 0) {
    return 1.0;
  }
  if (size <= p.side || u32(abs(d)) * p.side >= 2u * size) {
    return 0.0;
  }
  let x = f32(d) * f32(p.side) / f32(size);
  return sinc(x) * sinc(0.5 * x);
}

// What the low-pass around sample q takes from sample s, also by reflection.
fn spread(q: i32, s: i32, size: u32) -> f32 {
  let last = i32(size) - 1;
  var v = low_pass(s - q, size);
  if (s > 0) {
    v += low_pass(-s - q, size);
  }
  if (s < last) {
    v += low_pass(2 * last - s - q, size);
  }
  return v;
}

fn cubic_near(x: f32) -> f32 {
  return (1.25 * x - 2.25) * x * x + 1.0;
}

fn cubic_far(x: f32) -> f32 {
  return ((-0.75 * x + 3.75) * x - 6.0) * x + 3.0;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_id) lid: vec3u) {
  let i = linear_workgroup(wg, count) * 64u + lid.x;
  if (i >= p.cuts * 2u * p.side) {
    return;
  }
  let o = i % p.side;
  let axis = i / p.side % 2u; // 0 columns, 1 rows
  let size = clamp(boxes[i / (2u * p.side)][2u + axis], 1u, p.largest);
  var sum = 1.0;
  for (var d = i32(radius_of(p.side, size)); d > 0; d--) {
    sum += 2.0 * low_pass(d, size);
  }
  // o·(size−1)/(side−1), its fraction exactly.
  let at = o * (size - 1u);
  let base = i32(at / (p.side - 1u));
  let t = f32(at % (p.side - 1u)) / f32(p.side - 1u);
  let cubic = vec4f(cubic_far(t + 1.0), cubic_near(t), cubic_near(1.0 - t), cubic_far(2.0 - t)) / sum;
  let start = i32(window_start(o, p.side, size));
  let reach = i32(window_reach(p.side, size));
  for (var k = 0; k < i32(p.stride); k++) {
    var v = 0.0;
    if (k < reach) {
      for (var j = 0; j < 4; j++) {
        v += cubic[j] * spread(clamp(base - 1 + j, 0, i32(size) - 1), start + k, size);
      }
    }
    taps[i * p.stride + u32(k)] = v;
  }
}
