package ops

import (
	"fmt"
	"math"

	"reverie/gpu"
	"reverie/shaders"
)

// AdamConfig has the optimiser's constants.
type AdamConfig struct{ Beta1, Beta2, Eps float64 }

// DefaultAdam has PyTorch's defaults.
var DefaultAdam = AdamConfig{Beta1: 0.9, Beta2: 0.999, Eps: 1e-8}

// RefAdam is the t-th update (from 1) of x by Adam, Kingma & Ba, arXiv:1412.6980, as PyTorch 1 computes it; m and v are updated in
// place. Channel c is then bounded to [lowest[c], highest[c]] unless they are nil.
func RefAdam(x, dx, m, v, lowest, highest []float64, c int, a AdamConfig, rate float64, t int) []float64 {
	y := make([]float64, len(x))
	stepSize := rate / (1 - math.Pow(a.Beta1, float64(t)))
	bias2 := math.Sqrt(1 - math.Pow(a.Beta2, float64(t)))
	for i, g := range dx {
		m[i] = a.Beta1*m[i] + (1-a.Beta1)*g
		v[i] = a.Beta2*v[i] + (1-a.Beta2)*g*g
		y[i] = x[i] - stepSize*m[i]/(math.Sqrt(v[i])/bias2+a.Eps)
		if lowest != nil {
			y[i] = min(max(y[i], lowest[i%c]), highest[i%c])
		}
	}
	return y
}

type adamParams struct {
	Vecs, C4                                            uint32
	Beta1, OneMinusBeta1, Beta2, OneMinusBeta2, Epsilon float32
}

// Adam updates x in place by its gradient, which must be complete: it is recorded after Backward. State holds an encoded State.
// Lowest and highest bound each channel after the update, as VQGAN+CLIP bounds z to the codebook's range; nil leaves x free.
// It returns the moments, of x's shape and zero at first, which are not bounded.
func (t *Tape) Adam(x *Tensor, state *gpu.Buffer, a AdamConfig, lowest, highest []float32) (m, v *Tensor) {
	if x.d == nil {
		panic(fmt.Sprintf("ops: adam on %v, which has no gradient", x))
	}
	m, v = t.Input(x.N, x.H, x.W, x.C, false), t.Input(x.N, x.H, x.W, x.C, false)
	p := adamParams{uint32(x.vecs()), uint32(x.Stride() / 4), float32(a.Beta1), float32(1 - a.Beta1), float32(a.Beta2), float32(1 - a.Beta2), float32(a.Eps)}
	defines := shaders.Defines{}
	buffers := []*gpu.Buffer{x.d.Buf, state}
	if lowest != nil {
		defines["RANGE"] = ""
		bounds := t.Input(1, 1, 2, x.C, false)
		t.Write(bounds, append(append([]float32{}, lowest...), highest...))
		buffers = append(buffers, bounds.Buf)
	}
	t.Plan.Dispatch("adam.wgsl", defines, workgroupsOf(x), float64(16*x.Len()), p, append(buffers, m.Buf, v.Buf, x.Buf)...)
	return m, v
}
