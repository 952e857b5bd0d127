package ops

import (
	"fmt"

	"reverie/shaders"
)

// Activation is a pointwise function in a linear layer's epilogue. The zero value is none.
type Activation string

const (
	QuickGELU Activation = "quick_gelu" // x·σ(1.702x), OpenAI's CLIP
	GELU      Activation = "gelu"       // x·Φ(x), some of OpenCLIP's
)

// RefLinear is y[r] = W·x[r] + b (b may be nil) for W [out, in].
func RefLinear(x, w, b []float64, rows, in, out int) []float64 {
	y := make([]float64, rows*out)
	for r := range rows {
		for o := range out {
			sum := 0.0
			if b != nil {
				sum = b[o]
			}
			for i := range in {
				sum += x[r*in+i] * w[o*in+i]
			}
			y[r*out+o] = sum
		}
	}
	return y
}

// RefLinearBackward is dx[r] = Wᵀ·dy[r].
func RefLinearBackward(dy, w []float64, rows, in, out int) []float64 {
	dx := make([]float64, rows*in)
	for r := range rows {
		for o := range out {
			for i := range in {
				dx[r*in+i] += dy[r*out+o] * w[o*in+i]
			}
		}
	}
	return dx
}

// LinearOptions are a linear layer's epilogue.
type LinearOptions struct {
	Bias       *Vector
	Activation Activation
	Residual   *Tensor // added after the activation; takes its share of the gradient
}

// Linear is y = act(x·Wᵀ + bias) + residual over the rows of x [.., In], giving [.., Out].
func (t *Tape) Linear(x *Tensor, w Matrix, o LinearOptions) *Tensor {
	if x.C != w.In || w.Taps != 1 {
		panic(fmt.Sprintf("ops: linear layer [%d taps, %d, %d] on %v", w.Taps, w.Out, w.In, x))
	}
	y := t.activation(x.N, x.H, x.W, w.Out)
	r := linear(x, y, w, 0)
	if o.Bias != nil {
		r.bias = o.Bias.Buf
	}
	inputs := []*Tensor{x}
	if o.Residual != nil {
		sameShape("linear residual", y, o.Residual)
		r.residual = o.Residual.Buf
		inputs = append(inputs, o.Residual)
	}
	var pre *Tensor
	if o.Activation != "" {
		r.defines["ACTIVATION"] = string(o.Activation)
		if x.needsGrad {
			pre = t.activationLike(y)
			r.pre = pre.Buf
			r.defines["SAVE_PRE"] = ""
		}
	}
	t.contract(r)
	t.onBackward(y, func(dy *Tensor) {
		inner := dy
		if pre != nil {
			inner = t.timesDerivative(dy, pre, o.Activation)
		}
		t.linearBackward(x, inner, w, 0)
		if o.Residual != nil {
			t.passGrad(o.Residual, dy)
		}
	}, inputs...)
	return y
}

// linear is x·Wᵀ into the columns of y from vec4f first on.
func linear(x, y *Tensor, w Matrix, first int) contraction {
	return contraction{a: x.Buf, b: w.Buf, c: y.Buf, layer: true, defines: shaders.Defines{}, params: contractParams{
		M: uint32(x.Rows()), N4: uint32(Pad4(w.Out) / 4), K: uint32(x.Stride() / 4),
		LDA: uint32(x.Stride() / 4), LDB: uint32(Pad4(w.In) / 4), LDC: uint32(y.Stride() / 4), CFirst: uint32(first),
	}}
}

// linearBackward adds dy·W to d(x), for the columns of dy from vec4f first on.
func (t *Tape) linearBackward(x, dy *Tensor, w Matrix, first int) {
	dx, accumulate, ok := t.grad(x)
	if !ok {
		return
	}
	t.contract(contraction{a: dy.Buf, b: w.Buf, c: dx.Buf, defines: with(accumulate, shaders.Defines{"B_ROWS": ""}),
		params: contractParams{
			M: uint32(dy.Rows()), N4: uint32(dx.Stride() / 4), K: uint32(Pad4(w.Out) / 4), AFirst: uint32(first),
			LDA: uint32(dy.Stride() / 4), LDB: uint32(Pad4(w.In) / 4), LDC: uint32(dx.Stride() / 4),
		}})
}

// SideBySide is what several linear layers give of the rows of x, side by side: one layer's whose weight is theirs one below the other, and may be longer than
// a kernel may bind. Each gives a multiple of four columns.
func (t *Tape) SideBySide(x *Tensor, layers []ConvLayer) *Tensor {
	if len(layers) == 1 {
		return layers[0].Forward(t, x, nil)
	}
	columns := 0
	for _, l := range layers {
		if x.C != l.Weight.In || l.Weight.Taps != 1 || l.Weight.Out%4 != 0 {
			panic(fmt.Sprintf("ops: linear layer [%d taps, %d, %d] beside others on %v", l.Weight.Taps, l.Weight.Out, l.Weight.In, x))
		}
		columns += l.Weight.Out
	}
	y := t.activation(x.N, x.H, x.W, columns)
	each := func(do func(l ConvLayer, first int)) {
		first := 0
		for _, l := range layers {
			do(l, first)
			first += l.Weight.Out / 4
		}
	}
	each(func(l ConvLayer, first int) {
		r := linear(x, y, l.Weight, first)
		if l.Bias != nil {
			r.bias = l.Bias.Buf
		}
		t.contract(r)
	})
	t.onBackward(y, func(dy *Tensor) {
		each(func(l ConvLayer, first int) { t.linearBackward(x, dy, l.Weight, first) })
	}, x)
	return y
}
