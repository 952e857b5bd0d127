// Each image of x looked up through its homography, bilinearly; outside is the nearest pixel (BORDER) or zero (ZEROS), or with FILL
// a number of the image's, in each of three channels.
//
// BACKWARD gathers: a pixel takes from every output whose bilinear footprint holds it. Those outputs show the places less than one
// pixel away from it. Their rows are bounded by mapping that square back; in each row they are an interval, since after
// multiplication with w' > 0 every bound on a place is a linear inequality in x. Bounds may be a little wide: weights are computed
// from the place as in the forward pass, and are zero outside.
struct Params {
  vecs: u32, h: u32, w: u32, c4: u32,
}
#tensor x read
BINDING var<storage, read> maps: array<vec4f>; // three rows each, the fill in the first one's fourth place
#tensor y read_write
BINDING var<uniform> p: Params;
#include "each.wgsl"

// The place that pixel `at` of an image shows, bounded to where its meaning ends: with ZEROS, one pixel outside sees nothing.
fn place(row: u32, at: vec2f) -> vec2f {
  let q = vec3f(at, 1.0);
  let z = max(dot(maps[row + 2u].xyz, q), 1e-6);
  let uv = vec2f(dot(maps[row].xyz, q), dot(maps[row + 1u].xyz, q)) / z;
  let size = vec2f(f32(p.w), f32(p.h));
#ifdef BORDER
  return clamp(uv, vec2f(0.0), size - 1.0);
#else
  return clamp(uv, vec2f(-1.0), size);
#endif
}

// Cuts the interval r of x to where k·x + m > 0. Slopes too small to matter within an image count as none.
fn narrow(r: vec2f, k: f32, m: f32) -> vec2f {
  if (abs(k) < 1e-6) {
    return select(r, vec2f(1.0, 0.0), m < -0.01);
  }
  let bound = -m / k;
  return select(vec2f(r.x, min(r.y, bound)), vec2f(max(r.x, bound), r.y), k > 0.0);
}

// The rows of the outputs that show places between low and high, as first and last; all where the square reaches the horizon.
fn rows_of(row: u32, low: vec2f, high: vec2f) -> vec2f {
  let all = vec2f(0.0, f32(p.h) - 1.0);
  let a = maps[row].xyz;
  let b = maps[row + 1u].xyz;
  let c = maps[row + 2u].xyz;
  // The inverse's columns times the determinant.
  let bc = cross(b, c);
  let ca = cross(c, a);
  let ab = cross(a, b);
  let det = dot(a, bc);
  if (abs(det) < 1e-12) {
    return all;
  }
  var range = vec2f(1e9, -1e9);
  for (var corner = 0u; corner < 4u; corner++) {
    let u = select(low.x, high.x, (corner & 1u) == 1u);
    let v = select(low.y, high.y, (corner & 2u) == 2u);
    let q = (bc * u + ca * v + ab) / det;
    if (q.z < 1e-6) {
      return all;
    }
    range = vec2f(min(range.x, q.y / q.z), max(range.y, q.y / q.z));
  }
  return clamp(vec2f(floor(range.x) - 1.0, ceil(range.y) + 1.0), vec2f(0.0, -1.0), vec2f(f32(p.h), all.y));
}

fn each(i: u32) {
  let col = i % p.c4;
  let pixel = i / p.c4;
  let at = vec2f(f32(pixel % p.w), f32(pixel / p.w % p.h));
  let image = pixel / (p.w * p.h);
  let row = 3u * image; // of the homography
  let first = image * p.h * p.w;
  var sum = vec4f(0.0);
#ifdef BACKWARD
  var low = at - 1.0;
  var high = at + 1.0;
#ifdef BORDER
  // Pixels at an edge stand for all places beyond it.
  const far = 1e6;
  let last = vec2f(f32(p.w), f32(p.h)) - 1.0;
  low = select(low, vec2f(-far), at == vec2f(0.0));
  high = select(high, vec2f(far), at == last);
  var rows = vec2f(0.0, last.y);
  if (all(low > vec2f(-far)) && all(high < vec2f(far))) {
    rows = rows_of(row, low, high);
  }
#else
  let rows = rows_of(row, low, high);
#endif
  let a = maps[row];
  let b = maps[row + 1u];
  let c = maps[row + 2u];
  for (var oy = rows.x; oy <= rows.y; oy += 1.0) {
    let u = a.y * oy + a.z;
    let v = b.y * oy + b.z;
    let w = c.y * oy + c.z;
    var r = vec2f(0.0, f32(p.w) - 1.0);
    r = narrow(r, a.x - low.x * c.x, u - low.x * w);
    r = narrow(r, high.x * c.x - a.x, high.x * w - u);
    r = narrow(r, b.x - low.y * c.x, v - low.y * w);
    r = narrow(r, high.y * c.x - b.x, high.y * w - v);
    let end = min(ceil(r.y), f32(p.w) - 1.0);
    for (var ox = floor(r.x); ox <= end; ox += 1.0) {
      let weight = max(1.0 - abs(place(row, vec2f(ox, oy)) - at), vec2f(0.0));
      sum += weight.x * weight.y * load_x((first + u32(oy) * p.w + u32(ox)) * p.c4 + col);
    }
  }
  store_y(i, sum);
#else
  let uv = place(row, at);
  let corner = floor(uv);
#ifdef FILL
  var seen = 0.0;
#endif
  for (var k = 0u; k < 4u; k++) {
    let tap = corner + vec2f(f32(k & 1u), f32(k >> 1u));
    if (all(tap >= vec2f(0.0)) && tap.x < f32(p.w) && tap.y < f32(p.h)) {
      let weight = 1.0 - abs(uv - tap);
#ifdef FILL
      seen += weight.x * weight.y;
#endif
      sum += weight.x * weight.y * load_x((first + u32(tap.y) * p.w + u32(tap.x)) * p.c4 + col);
    }
  }
#ifdef FILL
  sum += (1.0 - seen) * maps[row].w * vec4f(1.0, 1.0, 1.0, 0.0);
#endif
  store_y(i, sum);
#endif
}
