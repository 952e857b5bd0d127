// The sum of what cutouts hand back to a pixel of the picture, one after another. With SQUARES its alpha, which pictures have none of then, is the sum of the
// squared lengths of what each hands back; else these functions change nothing.
#ifdef SQUARES
var<private> others: vec4f; // what the cutouts before have handed back
var<private> squares: f32;
#endif

fn begin_cutout(sum: vec4f) -> vec4f {
#ifdef SQUARES
  others = sum;
  return vec4f(0.0);
#else
  return sum;
#endif
}

fn end_cutout(own: vec4f) -> vec4f {
#ifdef SQUARES
  squares += dot(own, own);
  return others + own;
#else
  return own;
#endif
}

fn all_cutouts(sum: vec4f) -> vec4f {
#ifdef SQUARES
  return vec4f(sum.xyz, squares);
#else
  return sum;
#endif
}
