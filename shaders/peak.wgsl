// Register-only multiply-adds: what the device can compute when nothing is loaded. Eight chains hide the latency of one.
struct Params {
  rounds: u32,
}
BINDING var<storage, read_write> y: array<f32>;
BINDING var<uniform> p: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let m = 0.999 + f32(id.x) * 1e-9;
#for I 8
  var a$I = f32(id.x + $Iu);
#endfor
  for (var i = 0u; i < p.rounds; i++) {
#for I 8
    a$I = fma(a$I, m, 0.5);
#endfor
  }
  var sum = 0.0;
#for I 8
  sum += a$I;
#endfor
  y[id.x] = sum;
}
