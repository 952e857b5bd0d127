package ops

import (
	"fmt"

	"reverie/shaders"
)

// RefAvgPool is the mean of each whole k×k square of x [n, h, w, c], side by side: [n, h/k, w/k, c].
func RefAvgPool(x []float64, n, h, w, c, k int) []float64 {
	y := make([]float64, n*(h/k)*(w/k)*c)
	eachPooled(n, h, w, k, func(from, to int) {
		for j := range c {
			y[to*c+j] += x[from*c+j] / float64(k*k)
		}
	})
	return y
}

// RefAvgPoolBackward spreads each gradient over its square. Pixels in no whole square get none.
func RefAvgPoolBackward(dy []float64, n, h, w, c, k int) []float64 {
	dx := make([]float64, n*h*w*c)
	eachPooled(n, h, w, k, func(from, to int) {
		for j := range c {
			dx[from*c+j] = dy[to*c+j] / float64(k*k)
		}
	})
	return dx
}

func eachPooled(n, h, w, k int, visit func(from, to int)) {
	for img := range n {
		for y := range h / k * k {
			for x := range w / k * k {
				visit((img*h+y)*w+x, (img*(h/k)+y/k)*(w/k)+x/k)
			}
		}
	}
}

// avgPoolParams is Params of avgpool.wgsl; H and W are the input's.
type avgPoolParams struct{ Vecs, H, W, C4, K uint32 }

// AvgPool is the mean of k×k squares of x [N, H, W, C]: [N, H/k, W/k, C]. A CLIP ResNet shrinks by it where others stride.
func (t *Tape) AvgPool(x *Tensor, k int) *Tensor {
	if x.H < k || x.W < k {
		panic(fmt.Sprintf("ops: mean of %d×%d squares of %v", k, k, x))
	}
	y := t.activation(x.N, x.H/k, x.W/k, x.C)
	p := avgPoolParams{uint32(y.vecs()), uint32(x.H), uint32(x.W), uint32(x.Stride() / 4), uint32(k)}
	t.Plan.Dispatch("avgpool.wgsl", nil, workgroupsOf(y), float64(4*x.Len()), p, x.Buf, y.Buf)
	t.onBackward(y, func(dy *Tensor) {
		dx, accumulate, _ := t.grad(x)
		back := p
		back.Vecs = uint32(x.vecs())
		t.Plan.Dispatch("avgpool.wgsl", with(accumulate, shaders.Defines{"BACKWARD": ""}), workgroupsOf(x), float64(8*x.Len()), back,
			dy.Buf, dx.Buf)
	}, x)
	return y
}
