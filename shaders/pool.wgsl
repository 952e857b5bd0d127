// Cutouts by adaptive pooling: every output is ½(mean + maximum) of its bin, samples floor(o·size/side) … ceil((o+1)·size/side) − 1 of its box
// along each axis; with AVERAGE the mean alone. The pixel of each channel's first maximum is kept. BACKWARD gathers, for a pixel of the picture, from all bins
// that hold it, cutouts in order; SQUARES is as in cutouts_sum.wgsl.
struct Params {
  cuts: u32, h: u32, w: u32, side: u32,
}
#tensor x read
BINDING var<storage, read> boxes: array<vec4u>;
#ifdef BACKWARD
BINDING var<storage, read> largest: array<vec4u>;
#else
BINDING var<storage, read_write> largest: array<vec4u>;
#endif
#tensor y read_write
BINDING var<uniform> p: Params;
#include "cutouts_sum.wgsl"
#include "grid.wgsl"

// Cutout n's box, inside the picture whatever the host wrote.
fn box_of(n: u32) -> vec4u {
  let b = boxes[n];
  let size = clamp(b.zw, vec2u(1u), vec2u(p.w, p.h));
  return vec4u(min(b.xy, vec2u(p.w, p.h) - size), size);
}

fn bin_first(o: vec2u, size: vec2u) -> vec2u {
  return o * size / p.side;
}

fn bin_end(o: vec2u, size: vec2u) -> vec2u {
  return ((o + 1u) * size + p.side - 1u) / p.side;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_id) lid: vec3u) {
  let i = linear_workgroup(wg, count) * 64u + lid.x;
#ifdef BACKWARD
  if (i >= p.h * p.w) {
    return;
  }
  let at = vec2u(i % p.w, i / p.w);
  var sum = vec4f(0.0);
  for (var n = 0u; n < p.cuts; n++) {
    let b = box_of(n);
    let inside = at - b.xy; // wraps to something large left of and above the box
    if (inside.x >= b.z || inside.y >= b.w) {
      continue;
    }
    sum = begin_cutout(sum);
    // The bins that hold sample s: from floor(s·side/size) to below ceil((s+1)·side/size).
    let first = inside * p.side / b.zw;
    let end = ((inside + 1u) * p.side + b.zw - 1u) / b.zw;
    for (var oy = first.y; oy < end.y; oy++) {
      for (var ox = first.x; ox < end.x; ox++) {
        let o = vec2u(ox, oy);
        let extent = bin_end(o, b.zw) - bin_first(o, b.zw);
        let j = (n * p.side + oy) * p.side + ox;
#ifdef AVERAGE
        sum += 1.0 / f32(extent.x * extent.y) * load_x(j);
#else
        let share = 1.0 / f32(extent.x * extent.y) + select(vec4f(0.0), vec4f(1.0), largest[j] == vec4u(i));
        sum += 0.5 * share * load_x(j);
#endif
      }
    }
    sum = end_cutout(sum);
  }
  store_y(i, all_cutouts(sum));
#else
  let n = i / (p.side * p.side);
  if (n >= p.cuts) {
    return;
  }
  let b = box_of(n);
  let o = vec2u(i % p.side, i / p.side % p.side);
  let first = b.xy + bin_first(o, b.zw);
  let end = b.xy + bin_end(o, b.zw);
  var sum = vec4f(0.0);
  var place = vec4u(first.y * p.w + first.x);
  var top = load_x(place.x);
  for (var row = first.y; row < end.y; row++) {
    for (var column = first.x; column < end.x; column++) {
      let v = load_x(row * p.w + column);
      sum += v;
      place = select(place, vec4u(row * p.w + column), v > top);
      top = max(top, v);
    }
  }
  largest[i] = place;
  let extent = end - first;
#ifdef AVERAGE
  store_y(i, sum / f32(extent.x * extent.y));
#else
  store_y(i, 0.5 * (sum / f32(extent.x * extent.y) + top));
#endif
#endif
}
