package ops

import (
	"fmt"

	"reverie/gpu"
	"reverie/shaders"
)

// RefWindow is the window [rows, columns, c] of a picture x [h, w, c] whose first pixel is at (top, left).
func RefWindow(x []float64, w, c, rows, columns, top, left int) []float64 {
	y := make([]float64, 0, rows*columns*c)
	for row := range rows {
		at := ((top+row)*w + left) * c
		y = append(y, x[at:at+columns*c]...)
	}
	return y
}

// RefWindowBackward is dx [h, w, c] for RefWindow: zero beside the window.
func RefWindowBackward(dy []float64, h, w, c, rows, columns, top, left int) []float64 {
	dx := make([]float64, h*w*c)
	for row := range rows {
		copy(dx[((top+row)*w+left)*c:], dy[row*columns*c:(row+1)*columns*c])
	}
	return dx
}

// WindowSize is the number of bytes that EncodeWindow makes.
const WindowSize = 8

// EncodeWindow lays out where Window begins: so that the whole window lies in the picture.
func EncodeWindow(top, left int) []byte { return encode([2]uint32{uint32(left), uint32(top)}) }

type windowParams struct{ Vecs, H, W, Rows, Columns, C4 uint32 }

// Window takes a window [1, rows, columns, C] out of x [1, H, W, C]. At has what EncodeWindow makes, which the host may overwrite before each run.
func (t *Tape) Window(x *Tensor, at *gpu.Buffer, rows, columns int) *Tensor {
	if x.N != 1 || rows > x.H || columns > x.W {
		panic(fmt.Sprintf("ops: window of %d×%d of %v", rows, columns, x))
	}
	y := t.New(1, rows, columns, x.C)
	p := windowParams{uint32(y.vecs()), uint32(x.H), uint32(x.W), uint32(rows), uint32(columns), uint32(x.Stride() / 4)}
	t.Plan.Dispatch("window.wgsl", nil, workgroupsOf(y), float64(y.Len()), p, x.Buf, at, y.Buf)
	t.onBackward(y, func(dy *Tensor) {
		dx, accumulate, _ := t.grad(x)
		p := p
		p.Vecs = uint32(x.vecs())
		t.Plan.Dispatch("window.wgsl", with(accumulate, shaders.Defines{"BACKWARD": ""}), workgroupsOf(x), float64(x.Len()), p, dy.Buf, at, dx.Buf)
	}, x)
	return y
}
