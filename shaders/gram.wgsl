// The sum of count matrices, which lie one after another.
struct Params {
  vecs: u32, count: u32,
}
#tensor x read
#tensor y read_write
BINDING var<uniform> p: Params;
#include "each.wgsl"

fn each(i: u32) {
  var sum = vec4f(0.0);
  for (var k = 0u; k < p.count; k++) {
    sum += load_x(k * p.vecs + i);
  }
  set_y(i, sum);
}
