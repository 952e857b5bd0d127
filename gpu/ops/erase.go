package ops

import (
	"reverie/gpu"
	"reverie/shaders"
)

// RefErase makes x [n, h, w, c] zero within each image's box; one without an area erases nothing.
func RefErase(x []float64, h, w, c int, boxes []Box) []float64 {
	y := append([]float64{}, x...)
	for img, b := range boxes {
		for row := b.Y; row < min(b.Y+b.H, h); row++ {
			for column := b.X; column < min(b.X+b.W, w); column++ {
				at := ((img*h+row)*w + column) * c
				clear(y[at : at+c])
			}
		}
	}
	return y
}

// RefEraseBackward is dx for RefErase: the same pixels of dy are erased.
func RefEraseBackward(dy []float64, h, w, c int, boxes []Box) []float64 {
	return RefErase(dy, h, w, c, boxes)
}

type eraseParams struct{ Vecs, H, W, C4 uint32 }

// Erase makes x zero within each image's box. Boxes holds N encoded boxes, which the host may overwrite before each run.
func (t *Tape) Erase(x *Tensor, boxes *gpu.Buffer) *Tensor {
	y := t.like(x)
	t.erase(x, boxes, y, nil)
	t.onBackward(y, func(dy *Tensor) {
		dx, accumulate, _ := t.grad(x)
		t.erase(dy, boxes, dx, accumulate)
	}, x)
	return y
}

func (t *Tape) erase(x *Tensor, boxes *gpu.Buffer, y *Tensor, defines shaders.Defines) {
	t.Plan.Dispatch("erase.wgsl", defines, workgroupsOf(x), float64(2*x.Len()),
		eraseParams{uint32(x.vecs()), uint32(x.H), uint32(x.W), uint32(x.Stride() / 4)}, x.Buf, boxes, y.Buf)
}
