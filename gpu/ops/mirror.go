package ops

import (
	"fmt"

	"reverie/shaders"
)

// Axes are the directions in a picture along which something holds.
type Axes struct {
	X bool `json:"x,omitempty"` // left to right
	Y bool `json:"y,omitempty"` // top to bottom
}

// Any says whether it holds along one at least.
func (a Axes) Any() bool { return a.X || a.Y }

// RefMirror is the picture x [h, w, c] whose right half is its left one mirrored, along X, and whose lower half is its upper one, along Y.
func RefMirror(x []float64, h, w, c int, along Axes) []float64 {
	y := make([]float64, len(x))
	eachMirrored(h, w, c, along, func(from, to int) { y[to] = x[from] })
	return y
}

// RefMirrorBackward is dx for RefMirror: each element takes from all places that show it.
func RefMirrorBackward(dy []float64, h, w, c int, along Axes) []float64 {
	dx := make([]float64, len(dy))
	eachMirrored(h, w, c, along, func(from, to int) { dx[from] += dy[to] })
	return dx
}

func eachMirrored(h, w, c int, along Axes, visit func(from, to int)) {
	for to := range h * w * c {
		row, column := to/c/w, to/c%w
		if along.Y {
			row = min(row, h-1-row)
		}
		if along.X {
			column = min(column, w-1-column)
		}
		visit((row*w+column)*c+to%c, to)
	}
}

// Mirror makes a picture x [1, H, W, C] the mirror image of its left half, along X, and of its upper one, along Y.
func (t *Tape) Mirror(x *Tensor, along Axes) *Tensor {
	if x.N != 1 {
		panic(fmt.Sprintf("ops: mirror image of %v", x))
	}
	defines := shaders.Defines{}
	if along.X {
		defines["ACROSS"] = ""
	}
	if along.Y {
		defines["DOWN"] = ""
	}
	y := t.like(x)
	p := warpParams{uint32(x.vecs()), uint32(x.H), uint32(x.W), uint32(x.Stride() / 4)}
	t.Plan.Dispatch("mirror.wgsl", defines, workgroupsOf(x), float64(x.Len()), p, x.Buf, y.Buf)
	t.onBackward(y, func(dy *Tensor) {
		dx, accumulate, _ := t.grad(x)
		t.Plan.Dispatch("mirror.wgsl", with(accumulate, defines, shaders.Defines{"BACKWARD": ""}), workgroupsOf(x), float64(4*x.Len()), p, dy.Buf, dx.Buf)
	}, x)
	return y
}
