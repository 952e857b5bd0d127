// Cuts pictures into square patches and normalises the colours: patch row (ky, kx, channel) of patch (gy, gx) is
// (picture[gy·k + ky, gx·k + kx] − mean)/std. BACKWARD puts gradients back: every pixel lies in at most one patch.
struct Params {
  vecs: u32, h: u32, w: u32, kernel: u32,
  mean: vec4f,
  inverse_std: vec4f, // zero in the padding lane
}
#tensor x read
#tensor y read_write
BINDING var<uniform> p: Params;
#include "each.wgsl"

fn each(i: u32) {
  let k = p.kernel;
  let grid_w = p.w / k;
  let grid_h = p.h / k;
#ifdef BACKWARD
  let px = i % p.w;
  let py = (i / p.w) % p.h;
  let image = i / (p.w * p.h);
  let patch_row = (image * grid_h + py / k) * grid_w + px / k;
  // Pixels right of and below the last whole patch are read by none.
  let inside = px / k < grid_w && py / k < grid_h;
  let dx = select(vec4f(0.0), load_x((patch_row * k + py % k) * k + px % k) * p.inverse_std, inside);
  store_y(i, dx);
#else
  let kx = i % k;
  let ky = (i / k) % k;
  let patch_row = i / (k * k);
  let gx = patch_row % grid_w;
  let gy = (patch_row / grid_w) % grid_h;
  let image = patch_row / (grid_w * grid_h);
  store_y(i, (load_x((image * p.h + gy * k + ky) * p.w + gx * k + kx) - p.mean) * p.inverse_std);
#endif
}
