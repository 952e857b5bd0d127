// Each image of x looked up through its mesh, bilinearly; outside is zero. A mesh has the places that its nodes show, and between them all
// goes evenly. BACKWARD gathers: a pixel takes from every output whose bilinear footprint holds it, which it finds cell by cell: a cell shows
// nothing outside the rectangle around its corners.
struct Params {
  vecs: u32, h: u32, w: u32, c4: u32, cells: u32,
}
#tensor x read
BINDING var<storage, read> nodes: array<vec2f>; // (cells + 1)² of each image, row by row
#tensor y read_write
BINDING var<uniform> p: Params;
#include "each.wgsl"

// Along an axis of so many pixels: the cell of pixel i, and the first pixel of a cell.
fn cell_of(i: u32, side: u32) -> u32 {
  return min(i * p.cells / max(side - 1u, 1u), p.cells - 1u);
}
fn first_of(cell: u32, side: u32) -> u32 {
  return select((cell * max(side - 1u, 1u) + p.cells - 1u) / p.cells, side, cell == p.cells);
}

fn node(image: u32, row: u32, column: u32) -> vec2f {
  return nodes[(image * (p.cells + 1u) + row) * (p.cells + 1u) + column];
}

// The place that a pixel of a cell shows.
fn place(image: u32, cell: vec2u, at: vec2u) -> vec2f {
  let last = max(vec2u(p.w, p.h) - 1u, vec2u(1u));
  let f = vec2f(vec2i(at * p.cells) - vec2i(cell * last)) / vec2f(last);
  let top = mix(node(image, cell.y, cell.x), node(image, cell.y, cell.x + 1u), f.x);
  let bottom = mix(node(image, cell.y + 1u, cell.x), node(image, cell.y + 1u, cell.x + 1u), f.x);
  return mix(top, bottom, f.y);
}

fn each(i: u32) {
  let col = i % p.c4;
  let pixel = i / p.c4;
  let at = vec2u(pixel % p.w, pixel / p.w % p.h);
  let image = pixel / (p.w * p.h);
  let first = image * p.h * p.w;
  var sum = vec4f(0.0);
#ifdef BACKWARD
  let here = vec2f(at);
  for (var row = 0u; row < p.cells; row++) {
    for (var column = 0u; column < p.cells; column++) {
      let a = node(image, row, column);
      let b = node(image, row, column + 1u);
      let c = node(image, row + 1u, column);
      let d = node(image, row + 1u, column + 1u);
      // A little wide, for places are rounded; weights are zero outside.
      if (any(min(min(a, b), min(c, d)) > here + 1.01) || any(max(max(a, b), max(c, d)) < here - 1.01)) {
        continue;
      }
      for (var oy = first_of(row, p.h); oy < first_of(row + 1u, p.h); oy++) {
        for (var ox = first_of(column, p.w); ox < first_of(column + 1u, p.w); ox++) {
          let weight = max(1.0 - abs(place(image, vec2u(column, row), vec2u(ox, oy)) - here), vec2f(0.0));
          sum += weight.x * weight.y * load_x((first + oy * p.w + ox) * p.c4 + col);
        }
      }
    }
  }
#else
  let uv = clamp(place(image, vec2u(cell_of(at.x, p.w), cell_of(at.y, p.h)), at), vec2f(-1.0), vec2f(f32(p.w), f32(p.h)));
  let corner = floor(uv);
  for (var k = 0u; k < 4u; k++) {
    let tap = corner + vec2f(f32(k & 1u), f32(k >> 1u));
    if (all(tap >= vec2f(0.0)) && tap.x < f32(p.w) && tap.y < f32(p.h)) {
      let weight = 1.0 - abs(uv - tap);
      sum += weight.x * weight.y * load_x((first + u32(tap.y) * p.w + u32(tap.x)) * p.c4 + col);
    }
  }
#endif
  store_y(i, sum);
}
