package ops

import "reverie/shaders"

// RefClampWithGrad is v = x·scale + shift bounded to [lo, hi].
func RefClampWithGrad(x []float64, scale, shift, lo, hi float64) []float64 {
	y := make([]float64, len(x))
	for i := range x {
		y[i] = min(max(x[i]*scale+shift, lo), hi)
	}
	return y
}

// RefClampWithGradBackward lets a gradient pass where v is in range, and else where a descent step would lead back towards the range.
func RefClampWithGradBackward(x, dy []float64, scale, shift, lo, hi float64) []float64 {
	dx := make([]float64, len(x))
	for i := range x {
		v := x[i]*scale + shift
		if dy[i]*(v-min(max(v, lo), hi)) >= 0 {
			dx[i] = dy[i] * scale
		}
	}
	return dx
}

type clampParams struct {
	Vecs, C4, C          uint32
	Scale, Shift, Lo, Hi float32
}

// ClampWithGrad is x·scale + shift bounded to [lo, hi], with the gradient of the notebooks' ClampWithGrad: what is out of range can
// come back, but is not driven further out.
func (t *Tape) ClampWithGrad(x *Tensor, scale, shift, lo, hi float32) *Tensor {
	y := t.like(x)
	p := clampParams{uint32(x.vecs()), uint32(x.Stride() / 4), uint32(x.C), scale, shift, lo, hi}
	t.Plan.Dispatch("clamp.wgsl", nil, workgroupsOf(x), float64(8*x.Len()), p, x.Buf, y.Buf)
	t.onBackward(y, func(dy *Tensor) {
		dx, accumulate, _ := t.grad(x)
		t.Plan.Dispatch("clamp.wgsl", with(accumulate, shaders.Defines{"BACKWARD": ""}), workgroupsOf(x), float64(8*x.Len()), p,
			x.Buf, dy.Buf, dx.Buf)
	}, x)
	return y
}
