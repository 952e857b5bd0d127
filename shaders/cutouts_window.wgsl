// Where the samples lie that an output of a cutout's axis is made of; see cutouts.go for the filter. Boxes are x, y, width, height.
fn box_of(n: u32, h: u32, w: u32, largest: u32) -> vec4u {
  let b = boxes[n];
  let size = clamp(b.zw, vec2u(1u), vec2u(largest));
  return vec4u(min(b.xy, vec2u(w, h) - size), size); // inside the picture, whatever the host wrote
}

// The reach of the low-pass to either side: the largest n with n·side/size < 2, or none where the axis does not shrink.
fn radius_of(side: u32, size: u32) -> u32 {
  return select(0u, (2u * size + side - 1u) / side - 1u, size > side);
}

// The first sample of output o's window, which is reach samples long, or all of them where there are fewer.
fn window_start(o: u32, side: u32, size: u32) -> u32 {
  let radius = radius_of(side, size);
  let base = o * (size - 1u) / (side - 1u);
  let last = max(size, 2u * radius + 4u) - (2u * radius + 4u);
  return min(max(base, radius + 1u) - (radius + 1u), last);
}

fn window_reach(side: u32, size: u32) -> u32 {
  return min(2u * radius_of(side, size) + 4u, size);
}

// The outputs whose windows hold sample s: from x up to below y. Windows start at floor(o·(size−1)/(side−1)) − radius − 1, bounded to
// 0 … size − reach, which never falls with o.
fn window_owners(s: u32, side: u32, size: u32) -> vec2u {
  let radius = radius_of(side, size);
  let reach = 2u * radius + 4u;
  let a = max(size, 2u) - 1u;
  let b = side - 1u;
  var owners = vec2u(0u, side);
  if (s + reach < size) {
    owners.y = min(side, ((s + 2u + radius) * b + a - 1u) / a);
  }
  if (s + 1u > reach) {
    owners.x = ((s + 2u + radius - reach) * b + a - 1u) / a;
  }
  return owners;
}
