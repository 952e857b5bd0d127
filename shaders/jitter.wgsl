// Each image's colours changed in up to four steps, in the image's own order; jitter.go has the formulas. BACKWARD makes the steps again and
// goes back through them.
//
// For hue and saturation a colour is turned in the circle red, green, blue until its largest channel comes first. With Δ from the smallest
// channel to the largest, v, hue and saturation as in HSV give y = v − v·s·(1 − tent(u)), where u is how far the hue is from the channel's
// own, in sixths of the circle: so v·s, which is Δ·v/(v + 1e-6), is all that is needed of s.
struct Params {
  vecs: u32, image_vecs: u32,
}
struct Jitter {
  steps: vec4u, amounts: vec4f,
}
#tensor x read
BINDING var<storage, read> jitters: array<Jitter>;
#ifdef BACKWARD
#tensor dy read
#endif
#tensor y read_write
BINDING var<uniform> p: Params;
#include "each.wgsl"

const brightness = 1u;
const contrast = 2u;
const saturation = 3u;
const hue = 4u;

// The largest channel, of two that tie the later one in the circle.
fn largest_of(c: vec3f) -> u32 {
  let first = (c > c.yzx) & (c >= c.zxy);
  return select(select(0u, 2u, first.z), 1u, first.y);
}

fn turned(c: vec3f, by: u32) -> vec3f {
  return select(select(c, c.yzx, by == 1u), c.zxy, by == 2u);
}

fn turned_back(c: vec3f, by: u32) -> vec3f {
  return turned(c, (3u - by) % 3u);
}

// What v·s is of Δ. Below zero s is Δ/v.
fn share(v: f32) -> f32 {
  return select(v / (v + 1e-6), 1.0, v < 0.0);
}

// How far hue e, moved by a turns, lies from each channel's, from −3 to below 3.
fn distances(e: f32, a: f32) -> vec3f {
  let u = e + 6.0 * a - vec3f(0.0, 2.0, 4.0);
  return u - 6.0 * floor((u + 3.0) / 6.0);
}

fn tent(u: vec3f) -> vec3f {
  return clamp(2.0 - abs(u), vec3f(0.0), vec3f(1.0));
}

// The hue of a turned colour, from −1 to 1; of a grey one, for its gradient, half a sixth.
fn hue_of(c: vec3f, delta: f32) -> f32 {
  return select((c.y - c.z) / select(delta, 1.0, delta == 0.0), 0.5, delta == 0.0);
}

fn change(c: vec3f, step: u32, a: f32) -> vec3f {
  if (step == brightness || step == contrast) {
    return clamp(select(c * a, c + a, step == brightness), vec3f(0.0), vec3f(1.0));
  }
  if (step != saturation && step != hue) {
    return c;
  }
  let by = largest_of(c);
  let t = turned(c, by);
  let v = t.x;
  let delta = v - min(t.y, t.z);
  if (step == hue) {
    return turned_back(v - share(v) * delta * (1.0 - tent(distances(hue_of(t, delta), a))), by);
  }
  if (v < 0.0) {
    return vec3f(v);
  }
  if (a * delta > v + 1e-6) { // s is bounded to 1
    return v - v / delta * (v - c);
  }
  return v - a * share(v) * (v - c);
}

#ifdef BACKWARD
fn gradient(c: vec3f, step: u32, a: f32, d: vec3f) -> vec3f {
  if (step == brightness || step == contrast) {
    let u = select(c * a, c + a, step == brightness);
    return select(vec3f(0.0), select(d * a, d, step == brightness), (u >= vec3f(0.0)) & (u <= vec3f(1.0)));
  }
  if (step != saturation && step != hue) {
    return d;
  }
  let by = largest_of(c);
  let t = turned(c, by);
  let dt = turned(d, by);
  let sum = dt.x + dt.y + dt.z;
  let v = t.x;
  let smallest = select(vec3f(0.0, 0.0, 1.0), vec3f(0.0, 1.0, 0.0), t.y < t.z);
  let delta = v - min(t.y, t.z);
  if (step == hue) {
    let e = hue_of(t, delta);
    let u = distances(e, a);
    let rising = (u >= vec3f(-2.0)) & (u < vec3f(-1.0));
    let falling = (u >= vec3f(1.0)) & (u < vec3f(2.0));
    let along = dot(dt, select(vec3f(0.0), vec3f(1.0), rising) - select(vec3f(0.0), vec3f(1.0), falling));
    let of_delta = -along * e - dot(dt, 1.0 - tent(u));
    return turned_back(vec3f(sum + of_delta, along, -along) - of_delta * smallest, by);
  }
  if (v < 0.0) {
    return turned_back(vec3f(sum, 0.0, 0.0), by);
  }
  if (a * delta > v + 1e-6) {
    let up = (t - min(t.y, t.z)) / delta;
    let q = v / delta;
    return turned_back(q * dt + vec3f((1.0 - q) * dot(dt, up), 0.0, 0.0) - q * dot(dt, 1.0 - up) * smallest, by);
  }
  return turned_back(a * dt + vec3f((1.0 - a) * sum, 0.0, 0.0), by);
}
#endif

fn each(i: u32) {
  let j = jitters[i / p.image_vecs];
  let c0 = load_x(i).xyz;
  let c1 = change(c0, j.steps.x, j.amounts.x);
  let c2 = change(c1, j.steps.y, j.amounts.y);
  let c3 = change(c2, j.steps.z, j.amounts.z);
#ifdef BACKWARD
  var d = gradient(c3, j.steps.w, j.amounts.w, load_dy(i).xyz);
  d = gradient(c2, j.steps.z, j.amounts.z, d);
  d = gradient(c1, j.steps.y, j.amounts.y, d);
  d = gradient(c0, j.steps.x, j.amounts.x, d);
  store_y(i, vec4f(d, 0.0));
#else
  store_y(i, vec4f(change(c3, j.steps.w, j.amounts.w), 0.0));
#endif
}
