// The place of each row's smallest value, or with LARGEST its largest; of equal values the first. One workgroup serves a row.
struct Params {
  c4: u32, c: u32, rows: u32, first: u32, // index `first` belongs to row 0
}
#tensor x read
BINDING var<storage, read_write> indices: array<u32>;
BINDING var<uniform> p: Params;
#include "grid.wgsl"
var<workgroup> value: array<f32, 64>;
var<workgroup> place: array<u32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_id) lid: vec3u) {
  let row = linear_workgroup(wg, count);
  if (row >= p.rows) {
    return;
  }
  var best = 3.4e38;
  var at = p.c; // where a lane has seen nothing
  for (var i = lid.x; i < p.c4; i += 64u) {
#ifdef LARGEST
    let v = -load_x(row * p.c4 + i);
#else
    let v = load_x(row * p.c4 + i);
#endif
    for (var j = 0u; j < 4u; j++) {
      if (4u * i + j < p.c && v[j] < best) {
        best = v[j];
        at = 4u * i + j;
      }
    }
  }
  value[lid.x] = best;
  place[lid.x] = at;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half /= 2u) {
    if (lid.x < half) {
      let other = lid.x + half;
      if (value[other] < value[lid.x] || (value[other] == value[lid.x] && place[other] < place[lid.x])) {
        value[lid.x] = value[other];
        place[lid.x] = place[other];
      }
    }
    workgroupBarrier();
  }
  if (lid.x == 0u) {
    indices[p.first + row] = min(place[0], p.c - 1u);
  }
}
