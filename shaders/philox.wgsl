// Philox4x32-10, Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011). gpu/ops/random.go draws the same words.

// The high and low words of a·b, from products of halves: WGSL has no 64-bit integers.
fn multiply_wide(a: u32, b: u32) -> vec2u {
  let a0 = a & 0xffffu;
  let a1 = a >> 16u;
  let b0 = b & 0xffffu;
  let b1 = b >> 16u;
  let low = a0 * b0;
  let mid = a1 * b0 + (low >> 16u); // at most (2^16 − 1)² + 2^16 − 2: no overflow
  let mid2 = a0 * b1 + (mid & 0xffffu);
  return vec2u(a1 * b1 + (mid >> 16u) + (mid2 >> 16u), a * b);
}

fn philox(first_key: vec2u, counter: vec4u) -> vec4u {
  var key = first_key;
  var c = counter;
  for (var round = 0u; round < 10u; round++) {
    let p0 = multiply_wide(0xD2511F53u, c.x);
    let p1 = multiply_wide(0xCD9E8D57u, c.z);
    c = vec4u(p1.x ^ c.y ^ key.x, p1.y, p0.x ^ c.w ^ key.y, p0.y);
    key += vec2u(0x9E3779B9u, 0xBB67AE85u);
  }
  return c;
}
