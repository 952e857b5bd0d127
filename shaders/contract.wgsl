// The contraction family: C[m, n] = scale · Σ_tap Σ_k A[source(m, tap), k] · B[tap, k, n], with an epilogue.
//
// Each invocation holds GROUPS·SPAN rows by COLUMNS vec4f of columns in registers. All strides are in vec4f; rows are padded to
// whole vec4f with zeros, so k never needs a guard. A dispatch does the rows from p.row_first to p.m.
//
// Who reads A:     plain: each invocation reads the rows it multiplies, one per group (SPAN 1)
//                  SUBGROUP: the LANES invocations of a subgroup share their rows and differ in their columns. Each reads one row
//                  per group and hands it to the others in registers (SPAN = LANES); the workgroup is one subgroup
//                  TILED: the workgroup copies DEPTH vec4f of k of all its rows and columns to its memory first (SPAN 1)
// How A is read:   plain rows [m, k]
//                  A_COLUMNS: [k, m], for products with a transposed left side; K is then counted in rows, not vec4f, and a
//                  group is the four rows of a vec4f (SPAN 4)
//                  GATHER: a convolution's forward, source(m, tap) is the pixel under the tap
//                  GATHER_BACKWARD: its input gradient, source(m, tap) is the output pixel that the tap leads to
//                  WRAP_X, WRAP_Y: the edges of a gathered picture meet, in place of zeros beyond them
//                  GATHER_BACKWARD STRIDED: the same of a stride over 1. The pixels of C that are alike modulo the stride are a phase and
//                  meet the same taps, few of all: each phase is a matrix of its own (z), m counting its pixels
// How B is read:   plain: [n, k], k contiguous, as PyTorch stores a linear layer
//                  B_ROWS: [k, n], n contiguous
// F16:             four neighbouring products at a time are multiplied and added in float16, and then to float32 sums; what the
//                  workgroup copies is float16, too
// Epilogue:        BIAS, SAVE_PRE (store the value before the activation too), ACTIVATION, RESIDUAL, ACCUMULATE
#ifdef SUBGROUP
enable subgroups;
// Every branch around a broadcast depends on uniforms alone, which the compiler's analysis cannot always see.
diagnostic(off, subgroup_uniformity);
#endif
#ifdef F16
enable f16;
#define FACTOR vec4h
#define FACTORS mat4x4h
#else
#define FACTOR vec4f
#define FACTORS mat4x4f
#endif
struct Params {
  m: u32, n4: u32, k: u32, taps: u32,
  lda: u32, ldb: u32, ldc: u32, heads: u32,
  a_outer: u32, a_inner: u32, b_outer: u32, b_inner: u32,
  c_outer: u32, c_inner: u32, b_tap: u32, scale: f32,
  in_h: u32, in_w: u32, out_h: u32, out_w: u32,
  kernel: u32, stride: u32, pad: u32, a_first: u32,
  b_first: u32, c_first: u32, row_first: u32,
}
#tensor a read
#tensor b read
#ifdef BIAS
BINDING var<storage, read> bias: array<vec4f>;
#endif
#ifdef RESIDUAL
#tensor residual read
#endif
#ifdef SAVE_PRE
#tensor pre read_write
#endif
#tensor c read_write
BINDING var<uniform> p: Params;
#include "activation.wgsl"

// What lane `holder` of the subgroup holds; an invocation that shares with nobody is its only lane.
#ifdef SUBGROUP
#define SHARED subgroupBroadcast
#else
#define SHARED own
fn own(v: vec4f, holder: u32) -> vec4f {
  return v;
}
#endif

#ifdef GATHER
#define GATHERED
// Where tap (0, 0) of output pixel m lies in A: image, y, x.
fn place(m: u32) -> vec3i {
  let pixel = m % (p.out_h * p.out_w);
  let corner = vec2u(pixel / p.out_w, pixel % p.out_w) * p.stride;
  return vec3i(i32(m / (p.out_h * p.out_w)), vec2i(corner) - i32(p.pad));
}
// The row of A under the tap, or −1 in the padding.
fn source(at: vec3i, tap: vec2u) -> i32 {
  return row_of_a(vec3i(at.x, at.y + i32(tap.y), at.z + i32(tap.x)));
}
#endif
#ifdef GATHER_BACKWARD
#define GATHERED
// The row of A (an output pixel of the convolution) whose tap read the pixel, or −1 where there is none. Taps count within the phase.
fn source(at: vec3i, tap: vec2u) -> i32 {
  return row_of_a(vec3i(at.x, at.y - i32(tap.y), at.z - i32(tap.x)));
}
#ifdef STRIDED
// Pixel m of a phase: image, y, x.
fn pixel_of(m: u32, phase: vec2u) -> vec3u {
  let h = (p.out_h + p.stride - 1u) / p.stride;
  let w = (p.out_w + p.stride - 1u) / p.stride;
  return vec3u(m / (h * w), vec2u(m % (h * w) / w, m % w) * p.stride + phase);
}
// The first tap of a phase, y and x. Its other taps follow at steps of the stride.
fn first_tap(phase: vec2u) -> vec2u {
  return (phase + p.pad) % p.stride;
}
// Where the phase's first tap leads from its pixel m: image, y, x.
fn place(m: u32, phase: vec2u) -> vec3i {
  let at = pixel_of(m, phase);
  return vec3i(vec3u(at.x, (at.yz + p.pad) / p.stride));
}
#else
// Where tap (0, 0) leads from pixel m: image, y, x.
fn place(m: u32) -> vec3i {
  let pixel = m % (p.out_h * p.out_w);
  return vec3i(vec3u(m / (p.out_h * p.out_w), pixel / p.out_w + p.pad, pixel % p.out_w + p.pad));
}
#endif
#endif
#ifdef GATHERED
// The row of A at image, y, x, or −1 outside the picture.
fn row_of_a(place: vec3i) -> i32 {
  var at = place;
#ifdef WRAP_Y
  at.y = (at.y % i32(p.in_h) + i32(p.in_h)) % i32(p.in_h);
#endif
#ifdef WRAP_X
  at.z = (at.z % i32(p.in_w) + i32(p.in_w)) % i32(p.in_w);
#endif
  let inside = at.y >= 0 && at.z >= 0 && at.y < i32(p.in_h) && at.z < i32(p.in_w);
  return select(-1, (at.x * i32(p.in_h) + at.y) * i32(p.in_w) + at.z, inside);
}
#endif

// Where the four vec4f of B begin that meet vec4f k of A in a vec4f of columns; they lie p.ldb apart.
fn place_b(first: u32, col: u32, k: u32) -> u32 {
#ifdef B_ROWS
  return first + col + 4u * k * p.ldb;
#else
  return first + col * 4u * p.ldb + k;
#endif
}

#ifdef TILED
const ROWS_HELD = TILE_Y * GROUPS;
const COLUMNS_HELD = TILE_X * COLUMNS;
const THREADS = TILE_X * TILE_Y;
var<workgroup> left: array<FACTOR, ROWS_HELD * DEPTH>;
var<workgroup> right: array<FACTOR, 4u * COLUMNS_HELD * DEPTH>; // of each k four planes, as place_b says
#endif

fn store(i: u32, col: u32, value: vec4f) {
  var v = value * p.scale;
#ifdef BIAS
  v += bias[col];
#endif
#ifdef SAVE_PRE
  store_pre(i, v);
#endif
#ifdef ACTIVATION
  v = ACTIVATION(v);
#endif
#ifdef RESIDUAL
  v += load_residual(i);
#endif
  store_c(i, v);
}

@compute @workgroup_size(TILE_X, TILE_Y)
#ifdef SUBGROUP
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let row = p.row_first + wg.x * (GROUPS * SPAN);
  let col = wg.y * (COLUMNS * TILE_X) + lane;
#else
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(local_invocation_id) lid: vec3u) {
  let lane = 0u;
  let row = p.row_first + (wg.x * TILE_Y + lid.y) * (GROUPS * SPAN);
  let col = wg.y * (COLUMNS * TILE_X) + lid.x;
#ifdef TILED
  let thread = lid.y * TILE_X + lid.x;
#else
  if (col >= p.n4 || row >= p.m) {
    return;
  }
#endif
#endif
  let outer = wg.z / p.heads;
  let inner = wg.z % p.heads;
  let a0 = p.a_first + outer * p.a_outer + inner * p.a_inner;
  let b0 = p.b_first + outer * p.b_outer + inner * p.b_inner;
  let c0 = p.c_first + outer * p.c_outer + inner * p.c_inner;
#ifdef STRIDED
  let phase = vec2u(wg.z / p.stride, wg.z % p.stride);
#endif
  // Rows and columns past the end repeat the last one; only the store is guarded.
#for C COLUMNS
  let col$C = min(col + $Cu * TILE_X, p.n4 - 1u);
#for G GROUPS
#for S SPAN
  var acc$G_$S_$C = vec4f(0.0);
#endfor
#endfor
#endfor
#ifdef A_COLUMNS
#for G GROUPS
  let q$G = a0 + min(row / 4u + $Gu, (p.m - 1u) / 4u);
#endfor
  for (var k = 0u; k < p.k; k += LANES) {
    let mine = min(k + lane, p.k - 1u);
    let weight = select(0.0, 1.0, k + lane < p.k);
#for G GROUPS
    let av$G = weight * load_a(q$G + mine * p.lda);
#endfor
#ifdef SUBGROUP
    // Four k at a time, so that the sums leave and enter registers once for all four.
#for Q QUADS
#for L 4
    let j$Q_$L = b0 + min(k + 4u * $Qu + $Lu, p.k - 1u) * p.ldb;
#for C COLUMNS
    let bv$Q_$L_$C = load_b(j$Q_$L + col$C);
#endfor
#endfor
#for G GROUPS
#for L 4
    let x$Q_$G_$L = subgroupBroadcast(av$G, 4u * $Qu + $Lu);
#endfor
#for C COLUMNS
#for S SPAN
    acc$G_$S_$C = acc$G_$S_$C + x$Q_$G_0[$S] * bv$Q_0_$C + x$Q_$G_1[$S] * bv$Q_1_$C + x$Q_$G_2[$S] * bv$Q_2_$C + x$Q_$G_3[$S] * bv$Q_3_$C;
#endfor
#endfor
#endfor
#endfor
#else
    let j = b0 + k * p.ldb;
#for C COLUMNS
    let bv$C = load_b(j + col$C);
#for G GROUPS
#for S SPAN
    acc$G_$S_$C += av$G[$S] * bv$C;
#endfor
#endfor
#endfor
#endif
  }
#else
#for A ROWS_READ
#ifdef TILED
  let slot$A = thread + $Au * THREADS;
  let row$A = min(p.row_first + wg.x * ROWS_HELD + slot$A / DEPTH, p.m - 1u);
#else
  let row$A = min(row + $Au * SPAN + lane, p.m - 1u);
#endif
#ifdef STRIDED
  let place$A = place(row$A, phase);
#else
#ifdef GATHERED
  let place$A = place(row$A);
#endif
#endif
#endfor
#ifdef STRIDED
  let begin = first_tap(phase);
  let count = (p.kernel + p.stride - 1u - begin) / p.stride;
  for (var tap = 0u; tap < count.x * count.y; tap++) {
    let xy = vec2u(tap % count.y, tap / count.y);
    let b1 = b0 + dot(begin + xy.yx * p.stride, vec2u(p.kernel, 1u)) * p.b_tap;
#else
  for (var tap = 0u; tap < p.taps; tap++) {
    let b1 = b0 + tap * p.b_tap;
#ifdef GATHERED
    let xy = vec2u(tap % p.kernel, tap / p.kernel);
#endif
#endif
#for A ROWS_READ
#ifdef GATHERED
    let s$A = source(place$A, xy);
    let w$A = select(0.0, 1.0, s$A >= 0);
    let i$A = a0 + u32(max(s$A, 0)) * p.lda;
#else
    let w$A = 1.0;
    let i$A = a0 + row$A * p.lda;
#endif
#endfor
#ifdef TILED
    for (var first = 0u; first < p.k; first += DEPTH) {
#for A ROWS_READ
      let k$A = first + slot$A % DEPTH;
      left[slot$A] = FACTOR(select(0.0, w$A, k$A < p.k) * load_a(i$A + min(k$A, p.k - 1u)));
#endfor
      for (var slot = thread; slot < 4u * COLUMNS_HELD * DEPTH; slot += THREADS) {
        // Neighbours read neighbouring memory: columns where B has rows of n, else k.
#ifdef B_ROWS
        let c = slot % COLUMNS_HELD;
        let e = slot / COLUMNS_HELD % 4u;
        let k = slot / (4u * COLUMNS_HELD);
#else
        let k = slot % DEPTH;
        let e = slot / DEPTH % 4u;
        let c = slot / (4u * DEPTH);
#endif
        let column = min(wg.y * COLUMNS_HELD + c, p.n4 - 1u);
        right[(4u * k + e) * COLUMNS_HELD + c] = FACTOR(load_b(place_b(b1, column, min(first + k, p.k - 1u)) + e * p.ldb));
      }
      workgroupBarrier();
      for (var k = 0u; k < DEPTH; k++) {
#for G GROUPS
        let av$G = left[(lid.y * GROUPS + $Gu) * DEPTH + k];
#endfor
#for C COLUMNS
        let q$C = 4u * k * COLUMNS_HELD + $Cu * TILE_X + lid.x;
        let bm$C = FACTORS(right[q$C], right[q$C + COLUMNS_HELD], right[q$C + 2u * COLUMNS_HELD], right[q$C + 3u * COLUMNS_HELD]);
#endfor
#else
    for (var k = 0u; k < p.k; k++) {
#for G GROUPS
#ifdef GATHERED
      let av$G = w$G * load_a(i$G + k);
#else
      let av$G = load_a(i$G + k);
#endif
#endfor
#for C COLUMNS
      let q$C = place_b(b1, col$C, k);
      let bm$C = FACTORS(FACTOR(load_b(q$C)), FACTOR(load_b(q$C + p.ldb)), FACTOR(load_b(q$C + 2u * p.ldb)), FACTOR(load_b(q$C + 3u * p.ldb)));
#endfor
#endif
#for G GROUPS
#for S SPAN
#ifdef TILED
      let x$G_$S = av$G;
#else
      let x$G_$S = FACTOR(SHARED(av$G, $Su));
#endif
#for C COLUMNS
#ifdef B_ROWS
      acc$G_$S_$C += vec4f(bm$C * x$G_$S);
#else
      acc$G_$S_$C += vec4f(x$G_$S * bm$C);
#endif
#endfor
#endfor
#endfor
    }
#ifdef TILED
      workgroupBarrier();
    }
#endif
  }
#endif
#for C COLUMNS
  if (col + $Cu * TILE_X < p.n4) {
#for G GROUPS
#for S SPAN
    if (row + $Gu * SPAN + $Su < p.m) {
#ifdef STRIDED
      let at$G_$S = pixel_of(row + $Gu * SPAN + $Su, phase);
      if (at$G_$S.y < p.out_h && at$G_$S.z < p.out_w) {
        store(((at$G_$S.x * p.out_h + at$G_$S.y) * p.out_w + at$G_$S.z) * p.ldc + col$C, col$C, acc$G_$S_$C);
      }
#else
      store(c0 + (row + $Gu * SPAN + $Su) * p.ldc + col$C, col$C, acc$G_$S_$C);
#endif
    }
#endfor
#endfor
  }
#endfor
}
