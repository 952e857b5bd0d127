package ops

import "reverie/shaders"

// RefReLU is max(x, 0).
func RefReLU(x []float64) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = max(v, 0)
	}
	return y
}

// RefReLUBackward is dy where x is above zero.
func RefReLUBackward(x, dy []float64) []float64 {
	dx := make([]float64, len(x))
	for i, v := range x {
		if v > 0 {
			dx[i] = dy[i]
		}
	}
	return dx
}

// ReLU is max(x, 0). Its backward reads the output, so that x need not be kept.
func (t *Tape) ReLU(x *Tensor) *Tensor {
	y := t.activationLike(x)
	p := vecParams{uint32(x.vecs())}
	t.Plan.Dispatch("relu.wgsl", nil, workgroupsOf(x), float64(8*x.Len()), p, x.Buf, y.Buf)
	t.onBackward(y, func(dy *Tensor) {
		dx, accumulate, _ := t.grad(x)
		t.Plan.Dispatch("relu.wgsl", with(accumulate, shaders.Defines{"BACKWARD": ""}), workgroupsOf(x), float64(12*x.Len()), p,
			dy.Buf, y.Buf, dx.Buf)
	}, x)
	return y
}
