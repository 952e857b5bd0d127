// Turns a stored tensor (weights/manifest.go) into a kernel's weight: [taps, rows, columns], rows and columns padded with zeros.
// Stored element o·row_step + c·column_step + tap·tap_step becomes (tap, o, c). With fold > 0 the columns hold several taps side by
// side, each of `fold` channels, as the patch embedding wants them.
// ENLARGED makes the sixteen taps of ops.Enlarge3x3 of a 3×3 convolution's nine, in float32.
struct Params {
  vecs: u32, rows: u32, row_vecs: u32, padded_rows: u32,
  columns: u32, row_step: u32, column_step: u32, tap_step: u32,
  fold: u32, first: u32, high: u32, scales: u32,
}
BINDING var<storage, read> stored: array<u32>;
#tensor weight read_write
BINDING var<uniform> p: Params;
#include "each.wgsl"
#include "elements.wgsl"

// Tap `tap` of the kernel's weight, of the stored elements from first on.
fn tap_of(first: u32, tap: u32) -> f32 {
#ifdef ENLARGED
  let k = vec2u(tap / 4u, tap % 4u);
  let begin = 2u - min(k, vec2u(2u));
  let end = min(4u - k, vec2u(3u));
  var sum = 0.0;
  for (var y = begin.x; y < end.x; y++) {
    for (var x = begin.y; x < end.y; x++) {
      sum += element(first + (3u * y + x) * p.tap_step);
    }
  }
  return sum;
#else
  return element(first + tap * p.tap_step);
#endif
}

fn each(i: u32) {
  let o = (i / p.row_vecs) % p.padded_rows;
  let tap = i / (p.row_vecs * p.padded_rows);
  var v = vec4f(0.0);
  for (var j = 0u; j < 4u; j++) {
    let column = 4u * (i % p.row_vecs) + j;
    let c = column % p.fold;
    if (o < p.rows && c < p.columns) {
      v[j] = tap_of(o * p.row_step + c * p.column_step, tap + column / p.fold);
    }
  }
  store_weight(p.first + i, v);
}
