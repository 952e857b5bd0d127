// Each image of x looked up through its homography: from the nearest element (NEAREST), four (BILINEAR) or sixteen (BICUBIC), and beyond the
// edges from the mirror image (MIRROR), the other side (WRAP), the edge (EDGE) or as zero (NOTHING).
struct Params {
  vecs: u32, h: u32, w: u32, c4: u32,
}
#tensor x read
BINDING var<storage, read> maps: array<vec4f>; // three rows each
#tensor y read_write
BINDING var<uniform> p: Params;
#include "each.wgsl"

// Where element i along an axis of n is found.
fn found(i: i32, n: i32) -> i32 {
#ifdef MIRROR
  let at = (i % (2 * n) + 2 * n) % (2 * n);
  return min(at, 2 * n - 1 - at);
#endif
#ifdef WRAP
  return (i % n + n) % n;
#endif
#ifdef EDGE
  return clamp(i, 0, n - 1);
#endif
#ifdef NOTHING
  return clamp(i, 0, n - 1);
#endif
}

#ifdef NEAREST
const taps = 1;
#endif
#ifdef BILINEAR
const taps = 2;
#endif
#ifdef BICUBIC
const taps = 4;
#endif

// What tap k counts of a place that lies f behind the one at its left.
fn weight(k: i32, f: f32) -> f32 {
#ifdef NEAREST
  return 1.0;
#endif
#ifdef BILINEAR
  return select(1.0 - f, f, k == 1);
#endif
#ifdef BICUBIC
  const a = -0.75;
  let d = abs(f32(k - 1) - f);
  if (d <= 1.0) {
    return ((a + 2.0) * d - (a + 3.0)) * d * d + 1.0;
  }
  return ((a * d - 5.0 * a) * d + 8.0 * a) * d - 4.0 * a;
#endif
}

fn each(i: u32) {
  let col = i % p.c4;
  let pixel = i / p.c4;
  let image = pixel / (p.w * p.h);
  let q = vec3f(f32(pixel % p.w), f32(pixel / p.w % p.h), 1.0);
  let row = 3u * image; // of the homography
  let z = max(dot(maps[row + 2u].xyz, q), 1e-6);
  let uv = clamp(vec2f(dot(maps[row].xyz, q), dot(maps[row + 1u].xyz, q)) / z, vec2f(-1e6), vec2f(1e6));
#ifdef NEAREST
  let corner = floor(uv + 0.5);
  let first = vec2i(corner);
#endif
#ifdef BILINEAR
  let corner = floor(uv);
  let first = vec2i(corner);
#endif
#ifdef BICUBIC
  let corner = floor(uv);
  let first = vec2i(corner) - 1;
#endif
  let f = uv - corner;
  let h = i32(p.h);
  let w = i32(p.w);
  var sum = vec4f(0.0);
  for (var down = 0; down < taps; down++) {
    for (var across = 0; across < taps; across++) {
      let at = first + vec2i(across, down);
#ifdef NOTHING
      if (any(at < vec2i(0)) || any(at >= vec2i(w, h))) {
        continue;
      }
#endif
      let place = (image * p.h + u32(found(at.y, h))) * p.w + u32(found(at.x, w));
      sum += weight(across, f.x) * weight(down, f.y) * load_x(place * p.c4 + col);
    }
  }
  store_y(i, sum);
}
