// Sobel's filters at pixel i of a picture of p.w × p.h pixels, divided by 8: across of seen's first numbers, down of its second. Beyond the picture
// there is nothing.
const LUMA = vec4f(0.2989, 0.587, 0.114, 0.0);

fn sobel(i: u32) -> vec2f {
  let column = i32(i % p.w);
  let row = i32(i / p.w);
  var sum = vec2f(0.0);
  for (var y = -1; y <= 1; y++) {
    for (var x = -1; x <= 1; x++) {
      if (row + y >= 0 && column + x >= 0 && row + y < i32(p.h) && column + x < i32(p.w)) {
        let counts = vec2f(f32(x * (2 - y * y)), f32(y * (2 - x * x))) / 8.0;
        sum += counts * seen(u32((row + y) * i32(p.w) + column + x));
      }
    }
  }
  return sum;
}
