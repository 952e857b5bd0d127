// A picture before a colour, which is seen where the picture is transparent; ops.RefBackdrop is the same in Go.
struct Params {
  vecs: u32,
}
// As ops.EncodeBackdrop lays it out.
struct Backdrop {
  key: vec4f, behind: vec4f,
}
#tensor x read
BINDING var<storage, read> backdrop: Backdrop;
#ifdef BACKWARD
#tensor dy read
#tensor dx read_write
#else
#tensor y read_write
#endif
BINDING var<uniform> p: Params;
#include "each.wgsl"
#include "key.wgsl"

fn each(i: u32) {
  let x = load_x(i);
  let seen = opacity(x, backdrop.key);
#ifdef BACKWARD
  let dy = load_dy(i);
  let away = x - backdrop.key;
  let distance = length(away);
  var more = 0.0;
  if (CLEAR_WITHIN < distance && distance < OPAQUE_FROM) {
    more = dot(dy, x - backdrop.behind) / (OPAQUE_FROM - CLEAR_WITHIN) / distance;
  }
  store_dx(i, seen * dy + more * away);
#else
  set_y(i, backdrop.behind + seen * (x - backdrop.behind));
#endif
}
