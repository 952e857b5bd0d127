package ops

import (
	"fmt"
	"math/rand/v2"
)

// shifted makes normal values around an offset.
func shifted(offset float64) func(int, *rand.Rand) float64 {
	return func(_ int, r *rand.Rand) float64 { return offset + r.NormFloat64() }
}

func attentionCases() []opCase {
	var cases []opCase
	for _, s := range []struct {
		n, tokens, width, heads int
		causal                  bool
	}{
		{1, 1, 4, 1, false},
		{2, 3, 8, 2, true},
		{3, 7, 24, 2, false},
		{2, 50, 128, 2, false},
		{1, 77, 64, 1, true},
		{1, 65, 96, 3, true},
		{1, 130, 96, 1, false},
		{2, 1, 64, 1, false},
		{2, 5, 128, 2, false},
		{1, 197, 64, 1, false},
		{1, 257, 128, 2, false},
		{1, 77, 88, 1, true},
		{1, 64, 80, 1, false},
	} {
		name := fmt.Sprintf("attention %d images %d tokens width %d heads %d causal %v", s.n, s.tokens, s.width, s.heads, s.causal)
		cases = append(cases, opCase{
			name: name, shapes: [][4]int{{s.n, 1, s.tokens, 3 * s.width}}, tol: 1e-5, gradTol: 2e-5,
			ref: func(in [][]float64) []float64 { return RefAttention(in[0], s.n, s.tokens, s.width, s.heads, s.causal) },
			back: func(in [][]float64, dy []float64) [][]float64 {
				return [][]float64{RefAttentionBackward(in[0], dy, s.n, s.tokens, s.width, s.heads, s.causal)}
			},
			record: func(t *Tape, in []*Tensor) *Tensor { return t.Attention(in[0], s.heads, s.causal) },
		})
	}
	return cases
}
