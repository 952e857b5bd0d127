// Turns a stored tensor (weights/manifest.go) into a kernel's weight: [taps, rows, columns], rows and columns padded with zeros.
// Stored element o·row_step + c·column_step + tap·tap_step becomes (tap, o, c). With fold > 0 the columns hold several taps side by
// side, each of `fold` channels, as the patch embedding wants them.
// HALF writes packed float16.
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
#include "elements.wgsl"

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
