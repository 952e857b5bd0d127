// Functions whose built-in forms may be coarse: WGSL allows sin an error of 2^-11 and asin thousands of units in the last
// place. These keep about 1e-7 on every device, so that devices agree.

// sin(πx): the argument is brought to [−½, ½], where the Taylor series to the 11th power errs by less than 6e-8.
fn sin_pi(x: f32) -> f32 {
  let n = round(x);
  let f = x - n;
  let z = f * f;
  let s = f * (3.14159265 + z * (-5.16771278 + z * (2.55016404 + z * (-0.599264529 + z * (0.0821458866 - z * 0.00737043095)))));
  return select(s, -s, (i32(n) & 1) == 1);
}

// ln(x) for normal x > 0: x = m·2^e with m in [√½, √2), and ln m = 2·artanh((m − 1)/(m + 1)) by its series.
fn natural_log(x: f32) -> f32 {
  let bits = bitcast<i32>(x) - 0x3f3504f3; // √½
  let e = bits >> 23u;
  let m = bitcast<f32>(bitcast<i32>(x) - (e << 23u));
  let s = (m - 1.0) / (m + 1.0);
  let z = s * s;
  return f32(e) * 0.693147181 + 2.0 * s * (1.0 + z * (0.333333333 + z * (0.2 + z * (0.142857143 + z * 0.111111111))));
}

// asin(x)/x for x in [0, ½]: a least-squares fit weighted to even out the relative error, 5e-9.
fn arcsin_ratio(x: f32) -> f32 {
  let z = x * x;
  return 1.0 + z * (0.166667539 + z * (0.0749524177 + z * (0.045477099 + z * (0.0241476005 + z * 0.0422185677))));
}

// asin(x) for x in [0, 1], by asin x = π/2 − 2·asin √((1 − x)/2) in the upper half.
fn arcsin(x: f32) -> f32 {
  let upper = x > 0.5;
  let y = select(x, sqrt(max(0.5 - 0.5 * x, 0.0)), upper);
  let a = y * arcsin_ratio(y);
  return select(a, 1.57079633 - 2.0 * a, upper);
}
