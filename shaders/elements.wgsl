// The elements of a stored tensor (weights/element.go) of the element type TYPE. The block types lie in planes that begin at the words 0,
// p.high and p.scales of the binding `stored`.
fn half_at(i: u32) -> f32 {
  return unpack2x16float(stored[i / 2u])[i % 2u];
}

fn low_bits(i: u32) -> u32 {
  return (stored[i / 8u] >> (4u * (i % 8u))) & 15u;
}

#if TYPE == q8
#define BLOCKS
fn quant(i: u32) -> i32 {
  return extractBits(bitcast<i32>(stored[i / 4u]), 8u * (i % 4u), 8u);
}
#endif
#if TYPE == q6
#define BLOCKS
fn quant(i: u32) -> i32 {
  let high = stored[p.high + i / 16u] >> (2u * (i % 16u));
  return extractBits(bitcast<i32>(low_bits(i) | (high << 4u)), 0u, 6u);
}
#endif
#if TYPE == q5
#define BLOCKS
fn quant(i: u32) -> i32 {
  let high = stored[p.high + i / 32u] >> (i % 32u);
  return extractBits(bitcast<i32>(low_bits(i) | (high << 4u)), 0u, 5u);
}
#endif
#if TYPE == q4
#define BLOCKS
fn quant(i: u32) -> i32 {
  return extractBits(bitcast<i32>(low_bits(i)), 0u, 4u);
}
#endif

fn element(i: u32) -> f32 {
#if TYPE == f32
  return bitcast<f32>(stored[i]);
#endif
#if TYPE == f16
  return half_at(i);
#endif
#ifdef BLOCKS
  return f32(quant(i)) * half_at(2u * p.scales + i / 32u);
#endif
}
