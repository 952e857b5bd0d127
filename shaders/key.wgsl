// Where a picture is transparent: near a colour, the key. ops.Key is the same in Go.
const CLEAR_WITHIN = 0.05;
const OPAQUE_FROM = 0.25;

fn opacity(pixel: vec4f, key: vec4f) -> f32 {
  return clamp((length(pixel.xyz - key.xyz) - CLEAR_WITHIN) / (OPAQUE_FROM - CLEAR_WITHIN), 0.0, 1.0);
}
