package ops

import (
	"fmt"

	"reverie/shaders"
)

// Margin is what Pad puts around a picture.
type Margin string

const (
	BlackMargin  Margin = ""       // nothing
	MirrorMargin Margin = "MIRROR" // its mirror image, without the edge itself
	WrapMargin   Margin = "WRAP"   // its other side
	SmearMargin  Margin = "SMEAR"  // its edge
)

// RefPad is a picture x [h, w, c] with margins of right pixels at its left and right and of down pixels above and below, at most a side less one of
// a mirror's and a side of the others': [h + 2·down, w + 2·right, c].
func RefPad(x []float64, h, w, c, right, down int, how Margin) []float64 {
	y := make([]float64, (h+2*down)*(w+2*right)*c)
	eachPadded(h, w, c, right, down, how, func(from, to int) { y[to] = x[from] })
	return y
}

// RefPadBackward is dx for RefPad.
func RefPadBackward(dy []float64, h, w, c, right, down int, how Margin) []float64 {
	dx := make([]float64, h*w*c)
	eachPadded(h, w, c, right, down, how, func(from, to int) { dx[from] += dy[to] })
	return dx
}

func eachPadded(h, w, c, right, down int, how Margin, visit func(from, to int)) {
	for to := range (h + 2*down) * (w + 2*right) * c {
		row, inside := how.source(to/c/(w+2*right)-down, h)
		column, beside := how.source(to/c%(w+2*right)-right, w)
		if inside && beside {
			visit((row*w+column)*c+to%c, to)
		}
	}
}

// source is what of n pixels is seen at a place i; ok is false where that is nothing.
func (m Margin) source(i, n int) (place int, ok bool) {
	switch {
	case 0 <= i && i < n:
	case m == MirrorMargin && i < 0:
		i = -i
	case m == MirrorMargin:
		i = 2*n - 2 - i
	case m == WrapMargin:
		i = (i + n) % n
	case m == SmearMargin:
		i = max(0, min(n-1, i))
	default:
		return 0, false
	}
	return i, true
}

type padParams struct{ Vecs, H, W, C4, Right, Down uint32 }

// Pad gives a picture x [1, H, W, C] margins as RefPad does.
func (t *Tape) Pad(x *Tensor, right, down int, how Margin) *Tensor {
	if x.N != 1 || right < 0 || down < 0 || right >= x.W || down >= x.H {
		panic(fmt.Sprintf("ops: margins of %d and %d pixels of %v", right, down, x))
	}
	y := t.New(1, x.H+2*down, x.W+2*right, x.C)
	params := func(of *Tensor) padParams {
		return padParams{uint32(of.vecs()), uint32(x.H), uint32(x.W), uint32(x.Stride() / 4), uint32(right), uint32(down)}
	}
	defines := shaders.Defines{}
	if how != BlackMargin {
		defines[string(how)] = ""
	}
	t.Plan.Dispatch("pad.wgsl", defines, workgroupsOf(y), float64(y.Len()), params(y), x.Buf, y.Buf)
	t.onBackward(y, func(dy *Tensor) {
		dx, accumulate, _ := t.grad(x)
		t.Plan.Dispatch("pad.wgsl", with(accumulate, defines, shaders.Defines{"BACKWARD": ""}), workgroupsOf(x), float64(y.Len()), params(x), dy.Buf, dx.Buf)
	}, x)
	return y
}
