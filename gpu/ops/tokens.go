package ops

import (
	"fmt"

	"reverie/gpu"
	"reverie/shaders"
)

// RefJoinTokens puts the class row before each image's tokens and adds the positions: x [n, tokens, c] gives [n, tokens+1, c].
func RefJoinTokens(x, class, position []float64, n, tokens, c int) []float64 {
	y := make([]float64, n*(tokens+1)*c)
	for img := range n {
		for t := range tokens + 1 {
			for j := range c {
				v := class[j]
				if t > 0 {
					v = x[(img*tokens+t-1)*c+j]
				}
				y[(img*(tokens+1)+t)*c+j] = v + position[t*c+j]
			}
		}
	}
	return y
}

// RefJoinTokensBackward is dy without the class rows.
func RefJoinTokensBackward(dy []float64, n, tokens, c int) []float64 {
	dx := make([]float64, 0, n*tokens*c)
	for img := range n {
		dx = append(dx, dy[(img*(tokens+1)+1)*c:(img+1)*(tokens+1)*c]...)
	}
	return dx
}

// RefPick takes row index[n] of each image of x [n, tokens, c].
func RefPick(x []float64, index []int, tokens, c int) []float64 {
	var y []float64
	for img, i := range index {
		y = append(y, x[(img*tokens+i)*c:(img*tokens+i+1)*c]...)
	}
	return y
}

// RefPickBackward is zero but for the picked rows.
func RefPickBackward(dy []float64, index []int, tokens, c int) []float64 {
	dx := make([]float64, len(index)*tokens*c)
	for img, i := range index {
		copy(dx[(img*tokens+i)*c:], dy[img*c:(img+1)*c])
	}
	return dx
}

type tokensParams struct{ Vecs, C4, Tokens uint32 }

// tokens records one variant of tokens.wgsl that writes y.
func (t *Tape) tokens(kind string, y *Tensor, tokens int, defines shaders.Defines, buffers ...*gpu.Buffer) {
	t.Plan.Dispatch("tokens.wgsl", with(defines, shaders.Defines{kind: ""}), workgroupsOf(y), float64(8*y.Len()),
		tokensParams{uint32(y.vecs()), uint32(y.Stride() / 4), uint32(tokens)}, append(buffers, y.Buf)...)
}

// JoinTokens puts the class row before the tokens of each image of x [N, H, W, C] and adds position [H·W+1, C].
func (t *Tape) JoinTokens(x *Tensor, class, position *Vector) *Tensor {
	n := x.H*x.W + 1
	if class.N != x.C || position.N != n*x.Stride() {
		panic(fmt.Sprintf("ops: %d positions for %v", position.N, x))
	}
	y := t.activation(x.N, 1, n, x.C)
	t.tokens("JOIN", y, n, nil, x.Buf, class.Buf, position.Buf)
	t.onBackward(y, func(dy *Tensor) {
		dx, accumulate, _ := t.grad(x)
		t.tokens("JOIN_BACKWARD", dx, n, accumulate, dy.Buf)
	}, x)
	return y
}

// Pick takes one token of each image of x: token index[n], a buffer of N uint32.
func (t *Tape) Pick(x *Tensor, index *gpu.Buffer) *Tensor {
	n := x.H * x.W
	y := t.activation(x.N, 1, 1, x.C)
	t.tokens("PICK", y, n, nil, x.Buf, index)
	t.onBackward(y, func(dy *Tensor) {
		dx, accumulate, _ := t.grad(x)
		t.tokens("PICK_BACKWARD", dx, n, accumulate, dy.Buf, index)
	}, x)
	return y
}
