// Looks for the first element of a buffer that is infinite or NaN: all bits of its exponent are set. It looks at bits, because WGSL lets a
// compiler take every float for a finite number. found[place] becomes the complement of the element's index, so that the first one is the
// largest and 0 says that there is none.
struct Params {
  vecs: u32, place: u32, exponent: u32, per_word: u32, // elements are words, or halves of words
}
BINDING var<storage, read> words: array<vec4u>;
BINDING var<storage, read_write> found: array<atomic<u32>>;
BINDING var<uniform> p: Params;
#include "each.wgsl"

fn look(bits: u32, index: u32) {
  if ((bits & p.exponent) == p.exponent) {
    atomicMax(&found[p.place], ~index);
  }
}

fn each(i: u32) {
  let four = words[i];
  for (var j = 0u; j < 4u; j++) {
    let index = p.per_word * (4u * i + j);
    look(four[j], index);
    if (p.per_word == 2u) {
      look(four[j] >> 16u, index + 1u);
    }
  }
}
