// Turns a stored tensor (weights/manifest.go) into a kernel's weight: [taps, rows, columns], rows and columns padded with zeros.
// Stored element o·row_step + c·column_step + tap·tap_step becomes (tap, o, c). With fold > 0 the columns hold several taps side by
// side, each of `fold` channels, as the patch embedding wants them.
// TYPE is an element type; the block types lie in planes that begin at the words 0, high and scales. HALF writes packed float16.
struct Params {
  vecs: u32, rows: u32, row_vecs: u32, padded_rows: u32,
  columns: u32, row_step: u32, column_step: u32, tap_step: u32,
  fold: u32, first: u32, high: u32, scales: u32,
}
BINDING var<storage, read> stored: array<u32>;
#ifdef HALF
BINDING var<storage, read_write> weight: array<vec2u>;
#else
BINDING var<storage, read_write> weight: array<vec4f>;
#endif
BINDING var<uniform> p: Params;
#include "grid.wgsl"

fn half_at(i: u32) -> f32 {
  return unpack2x16float(stored[i / 2u])[i % 2u];
}

fn low_bits(i: u32) -> u32 {
  return (stored[i / 8u] >> (4u * (i % 8u))) & 15u;
}

#if TYPE == q8
#define BLOCKS
fn quant(i: u32) -> i32 {
  return extractBits(bitcast<i32>(stored[i / 4u]), 8u * (i % 4u), 8u);
}
#endif
#if TYPE == q6
#define BLOCKS
fn quant(i: u32) -> i32 {
  let high = stored[p.high + i / 16u] >> (2u * (i % 16u));
  return extractBits(bitcast<i32>(low_bits(i) | (high << 4u)), 0u, 6u);
}
#endif
#if TYPE == q5
#define BLOCKS
fn quant(i: u32) -> i32 {
  let high = stored[p.high + i / 32u] >> (i % 32u);
  return extractBits(bitcast<i32>(low_bits(i) | (high << 4u)), 0u, 5u);
}
#endif
#if TYPE == q4
#define BLOCKS
fn quant(i: u32) -> i32 {
  return extractBits(bitcast<i32>(low_bits(i)), 0u, 4u);
}
#endif

fn element(i: u32) -> f32 {
#if TYPE == f32
  return bitcast<f32>(stored[i]);
#endif
#if TYPE == f16
  return half_at(i);
#endif
#ifdef BLOCKS
  return f32(quant(i)) * half_at(2u * p.scales + i / 32u);
#endif
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_id) lid: vec3u) {
  let i = linear_workgroup(wg, count) * 64u + lid.x;
  if (i >= p.vecs) {
    return;
  }
  let o = (i / p.row_vecs) % p.padded_rows;
  let tap = i / (p.row_vecs * p.padded_rows);
  var v = vec4f(0.0);
  for (var j = 0u; j < 4u; j++) {
    let column = 4u * (i % p.row_vecs) + j;
    let c = column % p.fold;
    if (o < p.rows && c < p.columns) {
      v[j] = element(o * p.row_step + c * p.column_step + (tap + column / p.fold) * p.tap_step);
    }
  }
#ifdef HALF
  weight[p.first + i] = vec2u(pack2x16float(v.xy), pack2x16float(v.zw));
#else
  weight[p.first + i] = v;
#endif
}
