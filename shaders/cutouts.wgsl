// One axis of the resampling of cutouts `first` to `first + cuts − 1`, or of its gradient. Between the axes stand rows
// [cuts, side, largest]: resampled vertically, with as many columns as the box has; what lies right of them is never read.
//   COLUMNS           rows = vertical taps of the picture
//   ROWS              cutouts = horizontal taps of rows
//   ROWS_BACKWARD     rows = what horizontal windows hand back from the cutouts' gradient
//   COLUMNS_BACKWARD  the picture's gradient (+)= what vertical windows hand back from rows, all cutouts in order
// SQUARES is as in cutouts_sum.wgsl.
struct Params {
  first: u32, cuts: u32, h: u32, w: u32, side: u32, largest: u32, stride: u32,
}
#tensor x read
BINDING var<storage, read> boxes: array<vec4u>;
BINDING var<storage, read> taps: array<f32>;
#tensor y read_write
BINDING var<uniform> p: Params;
#include "cutouts_window.wgsl"
#include "cutouts_sum.wgsl"
#include "grid.wgsl"

// The place of the weights of output o of cutout n along an axis: 0 columns, 1 rows.
fn taps_of(n: u32, axis: u32, o: u32) -> u32 {
  return ((n * 2u + axis) * p.side + o) * p.stride;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_id) lid: vec3u) {
  let i = linear_workgroup(wg, count) * 64u + lid.x;
  var sum = vec4f(0.0);
#ifdef COLUMNS
  let column = i % p.largest;
  let o = i / p.largest % p.side;
  let n = p.first + i / (p.largest * p.side);
  if (n >= p.first + p.cuts) {
    return;
  }
  let b = box_of(n, p.h, p.w, p.largest);
  if (column >= b.z) {
    return;
  }
  let start = window_start(o, p.side, b.w);
  let reach = window_reach(p.side, b.w);
  let weights = taps_of(n, 1u, o);
  for (var k = 0u; k < reach; k++) {
    sum += taps[weights + k] * load_x((b.y + start + k) * p.w + b.x + column);
  }
  store_y(i, sum);
#endif
#ifdef ROWS
  let o = i % p.side;
  let row = i / p.side; // of all rows of these cutouts
  let n = p.first + row / p.side;
  if (n >= p.first + p.cuts) {
    return;
  }
  let b = box_of(n, p.h, p.w, p.largest);
  let start = window_start(o, p.side, b.z);
  let reach = window_reach(p.side, b.z);
  let weights = taps_of(n, 0u, o);
  for (var k = 0u; k < reach; k++) {
    sum += taps[weights + k] * load_x(row * p.largest + start + k);
  }
  store_y(p.first * p.side * p.side + i, sum);
#endif
#ifdef ROWS_BACKWARD
  let column = i % p.largest;
  let row = i / p.largest;
  let n = p.first + row / p.side;
  if (n >= p.first + p.cuts) {
    return;
  }
  let b = box_of(n, p.h, p.w, p.largest);
  if (column >= b.z) {
    return;
  }
  let owners = window_owners(column, p.side, b.z);
  for (var o = owners.x; o < owners.y; o++) {
    let weight = taps[taps_of(n, 0u, o) + column - window_start(o, p.side, b.z)];
    sum += weight * load_x((p.first * p.side + row) * p.side + o);
  }
  store_y(i, sum);
#endif
#ifdef COLUMNS_BACKWARD
  if (i >= p.h * p.w) {
    return;
  }
  let at = vec2u(i % p.w, i / p.w);
  for (var j = 0u; j < p.cuts; j++) {
    let n = p.first + j;
    let b = box_of(n, p.h, p.w, p.largest);
    let inside = at - b.xy; // wraps to something large left of and above the box
    if (inside.x >= b.z || inside.y >= b.w) {
      continue;
    }
    sum = begin_cutout(sum);
    let owners = window_owners(inside.y, p.side, b.w);
    for (var o = owners.x; o < owners.y; o++) {
      let weight = taps[taps_of(n, 1u, o) + inside.y - window_start(o, p.side, b.w)];
      sum += weight * load_x((j * p.side + o) * p.largest + inside.x);
    }
    sum = end_cutout(sum);
  }
  store_y(i, all_cutouts(sum));
#endif
}
