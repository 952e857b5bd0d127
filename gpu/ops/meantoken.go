package ops

import (
	"fmt"

	"reverie/shaders"
)

// RefJoinMean puts the mean of each image's tokens before them and adds the positions: x [n, tokens, c] gives [n, tokens+1, c].
func RefJoinMean(x, position []float64, n, tokens, c int) []float64 {
	y := make([]float64, n*(tokens+1)*c)
	for img := range n {
		for t := range tokens {
			for j := range c {
				v := x[(img*tokens+t)*c+j]
				y[img*(tokens+1)*c+j] += v / float64(tokens)
				y[(img*(tokens+1)+t+1)*c+j] = v
			}
		}
		for i := range (tokens + 1) * c {
			y[img*(tokens+1)*c+i] += position[i]
		}
	}
	return y
}

// RefJoinMeanBackward is each token's gradient and its share of the mean's.
func RefJoinMeanBackward(dy []float64, n, tokens, c int) []float64 {
	dx := make([]float64, n*tokens*c)
	for img := range n {
		for t := range tokens {
			for j := range c {
				dx[(img*tokens+t)*c+j] = dy[(img*(tokens+1)+t+1)*c+j] + dy[img*(tokens+1)*c+j]/float64(tokens)
			}
		}
	}
	return dx
}

// meanTokenParams is Params of meantoken.wgsl; Tokens are the input's.
type meanTokenParams struct{ Vecs, C4, Tokens uint32 }

// JoinMean puts the mean of the tokens of each image of x [N, H, W, C] before them and adds position [H·W+1, C]. The mean is the
// query of attention pooling.
func (t *Tape) JoinMean(x *Tensor, position *Vector) *Tensor {
	tokens := x.H * x.W
	if position.N != (tokens+1)*x.Stride() {
		panic(fmt.Sprintf("ops: %d positions for %v and its mean", position.N, x))
	}
	y := t.activation(x.N, 1, tokens+1, x.C)
	p := meanTokenParams{uint32(y.vecs()), uint32(x.Stride() / 4), uint32(tokens)}
	t.Plan.Dispatch("meantoken.wgsl", nil, workgroupsOf(y), float64(8*y.Len()), p, x.Buf, position.Buf, y.Buf)
	t.onBackward(y, func(dy *Tensor) {
		dx, accumulate, _ := t.grad(x)
		back := p
		back.Vecs = uint32(x.vecs())
		t.Plan.Dispatch("meantoken.wgsl", with(accumulate, shaders.Defines{"BACKWARD": ""}), workgroupsOf(x), float64(8*x.Len()), back,
			dy.Buf, dx.Buf)
	}, x)
	return y
}
