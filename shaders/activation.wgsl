// Activations and their derivatives. The exponent is capped so that no intermediate is infinite: WGSL lets a
// compiler assume there are none.
fn sigmoid4(x: vec4f) -> vec4f {
  return 1.0 / (1.0 + exp(min(-x, vec4f(80.0))));
}
// x·σ(1.702x): https://github.com/hendrycks/GELUs, CLIP's form.
fn quick_gelu(x: vec4f) -> vec4f {
  return x * sigmoid4(1.702 * x);
}
fn quick_gelu_derivative(x: vec4f) -> vec4f {
  let s = sigmoid4(1.702 * x);
  return s + 1.702 * x * s * (1.0 - s);
}
// Φ(x) = (1 + erf(x/√2))/2 with erf by Abramowitz & Stegun 7.1.26 would cost 1.5e-7; OpenCLIP's exact GELU needs better, so
// erfc follows Numerical Recipes' Chebyshev fit (fractional error below 1.2e-7).
fn normal_cdf(x: vec4f) -> vec4f {
  let z = abs(x) * 0.7071067811865476;
  let t = 1.0 / (1.0 + 0.5 * z);
  let poly = -1.26551223 + t * (1.00002368 + t * (0.37409196 + t * (0.09678418 + t * (-0.18628806 +
    t * (0.27886807 + t * (-1.13520398 + t * (1.48851587 + t * (-0.82215223 + t * 0.17087277))))))));
  let erfc = t * exp(max(-z * z + poly, vec4f(-80.0)));
  return select(1.0 - 0.5 * erfc, 0.5 * erfc, x < vec4f(0.0));
}
fn gelu(x: vec4f) -> vec4f {
  return x * normal_cdf(x);
}
fn gelu_derivative(x: vec4f) -> vec4f {
  return normal_cdf(x) + x * 0.3989422804014327 * exp(max(-0.5 * x * x, vec4f(-80.0)));
}
fn swish(x: vec4f) -> vec4f {
  return x * sigmoid4(x);
}
fn swish_derivative(x: vec4f) -> vec4f {
  let s = sigmoid4(x);
  return s * (1.0 + x * (1.0 - s));
}
