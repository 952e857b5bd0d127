package ops

import (
	"strings"

	"reverie/shaders"
)

// size is that of a square convolution from as many channels to as many, or of a linear layer.
type size struct{ rows, width int } // rows of a picture, or of a matrix

// samples are the products that stand for the classes when tiles are timed, shaped like VQGAN's middle levels and CLIP's blocks. A
// processor gets smaller ones, so that it is done within a tuning's time, too.
var samples = map[string]struct{ gpu, processor size }{
	"large convolution": {size{128, 128}, size{64, 64}},
	"small convolution": {size{16, 256}, size{16, 128}},
	"large linear":      {size{1600, 768}, size{512, 512}},
	"small linear":      {size{50, 768}, size{50, 768}},
}

// Sample records the product that stands for a class a number of times, one after another. For Multiply these are two layers in half precision.
func (t *Tape) Sample(class string, times int) {
	if class == Multiply {
		t.HalfPrecision()
		t.Sample("large convolution", times)
		t.Sample("large linear", times)
		return
	}
	kind, gradient := strings.CutSuffix(class, " gradient")
	s, half := samples[kind].gpu, true // matrices are packed float16 where models' are: see load.Weights
	if t.device.Info().Software {
		s, half = samples[kind].processor, false
	}
	convolution, taps, height, width := strings.HasSuffix(kind, "convolution"), 1, 1, s.rows
	if convolution {
		taps, height = 9, s.rows
	}
	bytes := 4 * taps * s.width * s.width
	if half {
		bytes /= 2
	}
	w := Matrix{Taps: taps, Out: s.width, In: s.width, Buf: t.Buffer("sample", bytes)}
	if half {
		w.Buf.As(shaders.Float16)
	}
	x := t.Input(1, height, width, s.width, false)
	if t.float16 {
		x.Buf.As(shaders.Float16)
	}
	for range times {
		switch {
		case gradient && convolution:
			t.convBackward(t.wanting(x), x, w, Conv3x3)
		case gradient:
			t.linearBackward(t.wanting(x), x, w, 0)
		case convolution:
			t.Conv(x, w, nil, Conv3x3, nil)
		default:
			t.Linear(x, w, LinearOptions{})
		}
	}
}

// wanting is a tensor of x's shape that wants a gradient.
func (t *Tape) wanting(x *Tensor) *Tensor {
	y := t.like(x)
	y.needsGrad = true
	return y
}
