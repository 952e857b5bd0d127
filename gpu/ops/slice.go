package ops

import (
	"fmt"

	"reverie/shaders"
)

// RefSlice takes count images of x [n, size] from the first on.
func RefSlice(x []float64, size, first, count int) []float64 {
	return append([]float64{}, x[first*size:(first+count)*size]...)
}

// RefSliceBackward is zero but for the images that were taken.
func RefSliceBackward(dy []float64, n, size, first int) []float64 {
	dx := make([]float64, n*size)
	copy(dx[first*size:], dy)
	return dx
}

type sliceParams struct{ Vecs, First, Count uint32 }

// Slice takes count images of x from the first on.
func (t *Tape) Slice(x *Tensor, first, count int) *Tensor {
	if first < 0 || count < 1 || first+count > x.N {
		panic(fmt.Sprintf("ops: images %d to %d of %v", first, first+count, x))
	}
	y := t.New(count, x.H, x.W, x.C)
	image := x.vecs() / x.N
	p := sliceParams{uint32(y.vecs()), uint32(first * image), uint32(y.vecs())}
	t.Plan.Dispatch("slice.wgsl", nil, workgroupsOf(y), float64(4*y.Len()), p, x.Buf, y.Buf)
	t.onBackward(y, func(dy *Tensor) {
		dx, accumulate, _ := t.grad(x)
		back, of := p, y // what is there already needs no zeros
		if len(accumulate) == 0 {
			back.Vecs, of = uint32(x.vecs()), x
		}
		t.Plan.Dispatch("slice.wgsl", with(accumulate, shaders.Defines{"BACKWARD": ""}), workgroupsOf(of), float64(4*of.Len()), back,
			dy.Buf, dx.Buf)
	}, x)
	return y
}
