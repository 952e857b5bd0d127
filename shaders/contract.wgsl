// The contraction family: C[m, n] = scale · Σ_tap Σ_k A[source(m, tap), k] · B[tap, k, n], with an epilogue.
//
// Each invocation holds a tile of ROWS rows by COLUMNS vec4f of columns in registers and reads A and B as vec4f straight from
// storage. All strides are in vec4f; rows are padded to whole vec4f with zeros, so k never needs a guard.
//
// How A is read:   plain rows [m, k]
//                  A_COLUMNS: [k, m], for products with a transposed left side; K is then counted in rows, not vec4f
//                  GATHER: a convolution's forward, source(m, tap) is the pixel under the tap
//                  GATHER_BACKWARD: its input gradient, source(m, tap) is the output pixel that the tap leads to
// How B is read:   plain: [n, k], k contiguous, as PyTorch stores a linear layer
//                  B_ROWS: [k, n], n contiguous
//                  B_HALF: elements are packed float16
// Epilogue:        BIAS, SAVE_PRE (store the value before the activation too), ACTIVATION, RESIDUAL, ACCUMULATE
struct Params {
  m: u32, n4: u32, k: u32, taps: u32,
  lda: u32, ldb: u32, ldc: u32, heads: u32,
  a_outer: u32, a_inner: u32, b_outer: u32, b_inner: u32,
  c_outer: u32, c_inner: u32, b_tap: u32, scale: f32,
  in_h: u32, in_w: u32, out_h: u32, out_w: u32,
  kernel: u32, stride: u32, pad: u32, up: u32,
  a_first: u32, b_first: u32, c_first: u32,
}
BINDING var<storage, read> a: array<vec4f>;
#ifdef B_HALF
BINDING var<storage, read> b: array<vec2u>;
fn load_b(i: u32) -> vec4f {
  let u = b[i];
  return vec4f(unpack2x16float(u.x), unpack2x16float(u.y));
}
#else
BINDING var<storage, read> b: array<vec4f>;
fn load_b(i: u32) -> vec4f {
  return b[i];
}
#endif
#ifdef BIAS
BINDING var<storage, read> bias: array<vec4f>;
#endif
#ifdef RESIDUAL
BINDING var<storage, read> residual: array<vec4f>;
#endif
#ifdef SAVE_PRE
BINDING var<storage, read_write> pre: array<vec4f>;
#endif
BINDING var<storage, read_write> c: array<vec4f>;
BINDING var<uniform> p: Params;
#include "activation.wgsl"

#ifdef GATHER
#define GATHERED
// The row of A that lies under tap (ky, kx) of output pixel m, or −1 in the padding. `up` 1 reads A as if enlarged ×2.
fn source(m: u32, ky: u32, kx: u32) -> i32 {
  let pixel = m % (p.out_h * p.out_w);
  let y = i32((pixel / p.out_w) * p.stride + ky) - i32(p.pad);
  let x = i32((pixel % p.out_w) * p.stride + kx) - i32(p.pad);
  let inside = y >= 0 && x >= 0 && y < i32(p.in_h << p.up) && x < i32(p.in_w << p.up);
  let image = m / (p.out_h * p.out_w);
  return select(-1, i32(image * p.in_h * p.in_w) + (y >> p.up) * i32(p.in_w) + (x >> p.up), inside);
}
#endif
#ifdef GATHER_BACKWARD
#define GATHERED
// The row of A (an output pixel of the convolution) whose tap (ky, kx) read pixel m, or −1 where there is none.
fn source(m: u32, ky: u32, kx: u32) -> i32 {
  let pixel = m % (p.out_h * p.out_w);
  let y = i32(pixel / p.out_w + p.pad) - i32(ky);
  let x = i32(pixel % p.out_w + p.pad) - i32(kx);
  let s = i32(p.stride);
  let inside = y >= 0 && x >= 0 && y % s == 0 && x % s == 0 && y / s < i32(p.in_h) && x / s < i32(p.in_w);
  let image = m / (p.out_h * p.out_w);
  return select(-1, i32(image * p.in_h * p.in_w) + (y / s) * i32(p.in_w) + x / s, inside);
}
#endif

fn store(i: u32, col: u32, value: vec4f) {
  var v = value * p.scale;
#ifdef BIAS
  v += bias[col];
#endif
#ifdef SAVE_PRE
  pre[i] = v;
#endif
#ifdef ACTIVATION
  v = ACTIVATION(v);
#endif
#ifdef RESIDUAL
  v += residual[i];
#endif
#ifdef ACCUMULATE
  v += c[i];
#endif
  c[i] = v;
}

@compute @workgroup_size(TILE_X, TILE_Y)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(local_invocation_id) lid: vec3u) {
  let row = (wg.y * TILE_Y + lid.y) * ROWS;
  let col = wg.x * TILE_X * COLUMNS + lid.x;
  if (col >= p.n4 || row >= p.m) {
    return;
  }
  let outer = wg.z / p.heads;
  let inner = wg.z % p.heads;
  let a0 = p.a_first + outer * p.a_outer + inner * p.a_inner;
  let b0 = p.b_first + outer * p.b_outer + inner * p.b_inner;
  let c0 = p.c_first + outer * p.c_outer + inner * p.c_inner;
  // Rows and columns past the end repeat the last one; only the store is guarded.
#for R ROWS
  let row$R = min(row + $Ru, p.m - 1u);
#endfor
#for C COLUMNS
  let col$C = min(col + $Cu * TILE_X, p.n4 - 1u);
#for R ROWS
  var acc$R_$C = vec4f(0.0);
#endfor
#endfor
#ifdef A_COLUMNS
  for (var k = 0u; k < p.k; k++) {
    let av = a[a0 + k * p.lda + row / 4u];
#for C COLUMNS
    let bv$C = load_b(b0 + k * p.ldb + col$C);
#for R ROWS
    acc$R_$C += av[$R] * bv$C;
#endfor
#endfor
  }
#else
  for (var tap = 0u; tap < p.taps; tap++) {
#ifdef GATHERED
    let ky = tap / p.kernel;
    let kx = tap % p.kernel;
    var any = -1;
#for R ROWS
    let s$R = source(row$R, ky, kx);
    let w$R = select(0.0, 1.0, s$R >= 0);
    let i$R = a0 + u32(max(s$R, 0)) * p.lda;
    any = max(any, s$R);
#endfor
    if (any < 0) {
      continue;
    }
#else
#for R ROWS
    let i$R = a0 + row$R * p.lda;
#endfor
#endif
#for C COLUMNS
#ifdef B_ROWS
    let j$C = b0 + tap * p.b_tap + col$C;
#else
    let j$C = b0 + tap * p.b_tap + col$C * 4u * p.ldb;
#endif
#endfor
    for (var k = 0u; k < p.k; k++) {
#for R ROWS
#ifdef GATHERED
      let av$R = w$R * a[i$R + k];
#else
      let av$R = a[i$R + k];
#endif
#endfor
#for C COLUMNS
#ifdef B_ROWS
      let q$C = j$C + 4u * k * p.ldb;
#else
      let q$C = j$C + k;
#endif
      let bm$C = mat4x4f(load_b(q$C), load_b(q$C + p.ldb), load_b(q$C + 2u * p.ldb), load_b(q$C + 3u * p.ldb));
#for R ROWS
#ifdef B_ROWS
      acc$R_$C += bm$C * av$R;
#else
      acc$R_$C += av$R * bm$C;
#endif
#endfor
#endfor
    }
  }
#endif
#for C COLUMNS
  if (col + $Cu * TILE_X < p.n4) {
#for R ROWS
    if (row + $Ru < p.m) {
      store(c0 + (row + $Ru) * p.ldc + col$C, col$C, acc$R_$C);
    }
#endfor
  }
#endfor
}
