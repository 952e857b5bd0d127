package ops

import (
	"math"

	"reverie/gpu"
	"reverie/shaders"
)

// Key is the colour, in [0, 1], that is transparent in a picture's pixels, if any is.
type Key struct {
	On     bool
	Colour [3]float64
}

// A pixel is transparent up to one distance from the key, opaque from another one on, and in part between them.
const (
	clearWithin = 0.05
	opaqueFrom  = 0.25
)

// Opacity is a pixel's, from 0 to 1.
func (k Key) Opacity(pixel [3]float64) float64 {
	if !k.On {
		return 1
	}
	distance, _ := k.from(pixel)
	return max(0, min(1, (distance-clearWithin)/(opaqueFrom-clearWithin)))
}

// from is a pixel's distance from the key, and the direction away from it.
func (k Key) from(pixel [3]float64) (distance float64, away [3]float64) {
	for c := range away {
		away[c] = pixel[c] - k.Colour[c]
		distance += away[c] * away[c]
	}
	distance = math.Sqrt(distance)
	for c := range away {
		away[c] /= max(distance, 1e-12)
	}
	return distance, away
}

// RefBackdrop is a picture x [n, 3] before a colour: where it is transparent that is seen.
func RefBackdrop(x []float64, key Key, behind [3]float64) []float64 {
	y := make([]float64, len(x))
	for at := 0; at < len(x); at += 3 {
		opacity := key.Opacity([3]float64(x[at:]))
		for c, b := range behind {
			y[at+c] = b + opacity*(x[at+c]-b)
		}
	}
	return y
}

// RefBackdropBackward is dx for RefBackdrop: of the colour that is seen, and of how much of it is.
func RefBackdropBackward(x, dy []float64, key Key, behind [3]float64) []float64 {
	dx := make([]float64, len(x))
	for at := 0; at < len(x); at += 3 {
		pixel := [3]float64(x[at:])
		opacity, more := key.Opacity(pixel), 0.0
		distance, away := key.from(pixel)
		if clearWithin < distance && distance < opaqueFrom {
			for c, b := range behind {
				more += dy[at+c] * (pixel[c] - b) / (opaqueFrom - clearWithin)
			}
		}
		for c := range behind {
			dx[at+c] = opacity*dy[at+c] + more*away[c]
		}
	}
	return dx
}

// backdrop is Backdrop of backdrop.wgsl.
type backdrop struct{ Key, Behind [4]float32 }

// BackdropSize is the number of bytes that EncodeBackdrop makes.
const BackdropSize = 32

// EncodeBackdrop lays out what Backdrop needs to know: the key's colour and the one behind.
func EncodeBackdrop(key Key, behind [3]float64) []byte {
	return encode(backdrop{vec4(key.Colour), vec4(behind)})
}

// Backdrop computes RefBackdrop of x [N, H, W, 3]. Numbers has what EncodeBackdrop makes of a key that is on, and may change between runs.
func (t *Tape) Backdrop(x *Tensor, numbers *gpu.Buffer) *Tensor {
	y := t.like(x)
	p := vecParams{uint32(x.vecs())}
	t.Plan.Dispatch("backdrop.wgsl", nil, workgroupsOf(x), float64(16*x.Len()), p, x.Buf, numbers, y.Buf)
	t.onBackward(y, func(dy *Tensor) {
		dx, accumulate, _ := t.grad(x)
		t.Plan.Dispatch("backdrop.wgsl", with(accumulate, shaders.Defines{"BACKWARD": ""}), workgroupsOf(x), float64(24*x.Len()), p, x.Buf, numbers, dy.Buf, dx.Buf)
	}, x)
	return y
}
