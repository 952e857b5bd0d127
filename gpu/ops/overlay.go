package ops

import "fmt"

// RefOverlay is a picture x [n, 3] in [0, 1] with another one, over [n, 4], laid on it by its last channel, the alpha: x + alpha·(over − x), in [-1, 1] as
// encoders take it.
func RefOverlay(x, over []float64) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		pixel := over[i/3*4:]
		y[i] = 2*(v+pixel[3]*(pixel[i%3]-v)) - 1
	}
	return y
}

type overlayParams struct{ Vecs uint32 }

// Overlay computes RefOverlay of x [1, H, W, 3] and over [1, H, W, 4]. It has no gradient.
func (t *Tape) Overlay(x, over *Tensor) *Tensor {
	if x.N != 1 || x.C != 3 || over.C != 4 || over.Rows() != x.Rows() {
		panic(fmt.Sprintf("ops: %v laid over %v", over, x))
	}
	y := t.New(1, x.H, x.W, 3)
	t.Plan.Dispatch("overlay.wgsl", nil, workgroupsOf(x), float64(5*x.Len()), overlayParams{uint32(x.vecs())}, x.Buf, over.Buf, y.Buf)
	return y
}
