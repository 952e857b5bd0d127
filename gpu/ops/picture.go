package ops

import (
	"fmt"

	"reverie/gpu"
	"reverie/shaders"
)

// RefPixels turns x [rows, 3], in [0, 1], into bytes red, green, blue and opacity by the key. Like the peers it truncates 255·x and does not round.
func RefPixels(x []float32, key Key) []byte {
	var out []byte
	for i, v := range x {
		out = append(out, byte(min(max(v, 0), 1)*255))
		if i%3 == 2 {
			out = append(out, byte(key.Opacity([3]float64{float64(x[i-2]), float64(x[i-1]), float64(v)})*255))
		}
	}
	return out
}

type keyedParams struct {
	Vecs   uint32
	Unused [3]uint32
	Key    [4]float32
}

// Pixels turns x [N, H, W, 3], in [0, 1], into N·H·W pixels of four bytes, RGBA.
func (t *Tape) Pixels(x *Tensor) *gpu.Buffer { return t.KeyedPixels(x, Key{}) }

// KeyedPixels is Pixels of a picture that is transparent near the key.
func (t *Tape) KeyedPixels(x *Tensor, key Key) *gpu.Buffer {
	if x.C != 3 {
		panic(fmt.Sprintf("ops: pixels of %v", x))
	}
	out := t.Buffer("pixels", 4*x.Rows())
	var p any = vecParams{uint32(x.vecs())}
	defines := shaders.Defines{}
	if key.On {
		p, defines["KEYED"] = keyedParams{Vecs: uint32(x.vecs()), Key: vec4(key.Colour)}, ""
	}
	t.Plan.Dispatch("picture.wgsl", defines, workgroupsOf(x), float64(8*x.Len()), p, x.Buf, out)
	return out
}
