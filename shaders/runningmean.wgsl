// A running mean's move towards x by a share of the way; ops.RefRunningMean is the same in Go. HELD keeps rows as they are.
struct Params {
  vecs: u32, c4: u32,
}
#tensor x read
BINDING var<storage, read> share: array<f32>;
#ifdef HELD
BINDING var<storage, read> held: array<u32>; // one per row: whether it stays
#endif
#tensor mean read_write
BINDING var<uniform> p: Params;
#include "each.wgsl"

fn each(i: u32) {
#ifdef HELD
  if (held[i / p.c4] != 0u) {
    return;
  }
#endif
  store_mean(i, (1.0 - share[0]) * load_mean(i) + share[0] * load_x(i));
}
