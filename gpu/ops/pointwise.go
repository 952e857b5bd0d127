package ops

import (
	"math"

	"reverie/gpu"
	"reverie/shaders"
)

// RefActivation is act(x) and its derivative at x.
func RefActivation(a Activation, x float64) (y, derivative float64) {
	switch a {
	case QuickGELU:
		s := 1 / (1 + math.Exp(-1.702*x))
		return x * s, s + 1.702*x*s*(1-s)
	case GELU:
		cdf := 0.5 * math.Erfc(-x/math.Sqrt2)
		return x * cdf, cdf + x*math.Exp(-x*x/2)/math.Sqrt(2*math.Pi)
	}
	return x, 1
}

// vecParams is Params of the kernels that only count vec4f.
type vecParams struct{ Vecs uint32 }

// pointwise records one variant of pointwise.wgsl over x's elements.
func (t *Tape) pointwise(x *Tensor, defines shaders.Defines, buffers ...*gpu.Buffer) {
	t.Plan.Dispatch("pointwise.wgsl", defines, workgroupsOf(x), float64(8*x.Len()),
		vecParams{uint32(x.vecs())}, buffers...)
}

// timesDerivative is dy·act'(pre) in a new tensor.
func (t *Tape) timesDerivative(dy, pre *Tensor, a Activation) *Tensor {
	dx := t.gradLike(pre)
	t.pointwise(dy, shaders.Defines{"TIMES_DERIVATIVE": string(a) + "_derivative"}, dy.Buf, pre.Buf, dx.Buf)
	return dx
}

// passGrad adds dy to d(x). Where d(x) is empty it becomes dy itself, without a copy; so this must be the last thing that an
// op's backward does with dy.
func (t *Tape) passGrad(x, dy *Tensor) {
	switch {
	case !x.needsGrad:
	case x.d != nil:
		t.pointwise(dy, shaders.Defines{"COPY": "", "ACCUMULATE": ""}, dy.Buf, x.d.Buf)
	case dy.host: // a seed must be the same at the next replay
		t.setGrad(x, t.gradLike(x))
		t.pointwise(dy, shaders.Defines{"COPY": ""}, dy.Buf, x.d.Buf)
	default:
		t.setGrad(x, dy)
	}
}

// workgroupsOf is the grid of kernels that give one vec4f of x to each of 64 invocations.
func workgroupsOf(x *Tensor) gpu.Grid { return gpu.Workgroups(x.vecs(), 64) }
