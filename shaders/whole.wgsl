// The frame of a loss that one workgroup computes from all vec4f of x: its value goes to losses[p.first], and with GRADIENT x's gradient to dx. What the
// loss reads, x first, is bound before.
struct Params {
  vecs: u32, first: u32,
}
BINDING var<storage, read> weight: array<f32>;
BINDING var<storage, read_write> losses: array<f32>;
#ifdef GRADIENT
#tensor dx read_write
#endif
BINDING var<uniform> p: Params;
#define LANES 256u
#define WORKGROUP 256u
#include "rows.wgsl"
