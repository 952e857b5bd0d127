package ops

import "fmt"

func groupNormCases() []opCase {
	var cases []opCase
	for _, s := range []struct {
		n, h, w, c int
		swish      bool
		offset     float64
	}{
		{1, 1, 3, 32, true, 0},
		{1, 7, 9, 64, true, 0},
		{2, 13, 11, 96, false, 3},
		{1, 16, 16, 256, true, 0},
		{1, 33, 5, 32, false, 50}, // a mean far from zero must not eat the variance
	} {
		const groups, eps = 32, 1e-6
		name := fmt.Sprintf("group norm %dx%dx%dx%d swish %v offset %g", s.n, s.h, s.w, s.c, s.swish, s.offset)
		gamma, beta := normals(name+" gamma", s.c), normals(name+" beta", s.c)
		rows := s.h * s.w
		c := opCase{name: name, shapes: [][4]int{{s.n, s.h, s.w, s.c}}, tol: 1e-5, gradTol: 2e-5}
		if s.offset != 0 {
			c.values = shifted(s.offset)
			c.tol, c.gradTol = 5e-5, 1e-4 // the inputs themselves carry offset·2^-24 of rounding
		}
		c.ref = func(in [][]float64) []float64 {
			return RefGroupNorm(in[0], gamma, beta, s.n, rows, s.c, groups, eps, s.swish)
		}
		c.back = func(in [][]float64, dy []float64) [][]float64 {
			return [][]float64{RefGroupNormBackward(in[0], dy, gamma, beta, s.n, rows, s.c, groups, eps, s.swish)}
		}
		c.record = func(t *Tape, in []*Tensor) *Tensor {
			return t.GroupNorm(in[0], GroupNorm{groups, eps, testVector(t, gamma), testVector(t, beta), s.swish})
		}
		cases = append(cases, c)
	}
	return cases
}

func layerNormCases() []opCase {
	var cases []opCase
	for _, s := range [][2]int{{1, 3}, {3, 7}, {7, 64}, {50, 192}, {5, 333}, {33, 768}} {
		rows, width := s[0], s[1]
		const eps = 1e-5
		name := fmt.Sprintf("layer norm %dx%d", rows, width)
		gamma, beta := normals(name+" gamma", width), normals(name+" beta", width)
		cases = append(cases, opCase{
			name: name, shapes: [][4]int{{1, 1, rows, width}}, gradTol: 2e-5,
			ref: func(in [][]float64) []float64 { return RefLayerNorm(in[0], gamma, beta, rows, width, eps) },
			back: func(in [][]float64, dy []float64) [][]float64 {
				return [][]float64{RefLayerNormBackward(in[0], dy, gamma, rows, width, eps)}
			},
			record: func(t *Tape, in []*Tensor) *Tensor {
				return t.LayerNorm(in[0], testVector(t, gamma), testVector(t, beta), eps)
			},
		})
	}
	return cases
}
