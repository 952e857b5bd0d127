package ops

// ConvLayer is a convolution with its frozen weights. A kernel of one tap is a linear layer and needs no Spec.
type ConvLayer struct {
	Weight Matrix
	Bias   *Vector
	Spec   ConvSpec
}

// Forward records the layer on x, plus residual, which may be nil.
func (l ConvLayer) Forward(t *Tape, x, residual *Tensor) *Tensor {
	if l.Weight.Taps == 1 {
		return t.Linear(x, l.Weight, LinearOptions{Bias: l.Bias, Residual: residual})
	}
	return t.Conv(x, l.Weight, l.Bias, l.Spec, residual)
}
