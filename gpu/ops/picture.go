package ops

import (
	"fmt"

	"reverie/gpu"
)

// RefPixels turns x [rows, 3], in [0, 1], into bytes red, green, blue, 255. Like the peers it truncates 255·x and does not round.
func RefPixels(x []float32) []byte {
	var out []byte
	for i, v := range x {
		out = append(out, byte(min(max(v, 0), 1)*255))
		if i%3 == 2 {
			out = append(out, 255)
		}
	}
	return out
}

// Pixels turns x [N, H, W, 3], in [0, 1], into N·H·W pixels of four bytes, RGBA.
func (t *Tape) Pixels(x *Tensor) *gpu.Buffer {
	if x.C != 3 {
		panic(fmt.Sprintf("ops: pixels of %v", x))
	}
	out := t.Buffer("pixels", 4*x.Rows())
	t.Plan.Dispatch("picture.wgsl", nil, workgroupsOf(x), float64(8*x.Len()), vecParams{uint32(x.vecs())}, x.Buf, out)
	return out
}
