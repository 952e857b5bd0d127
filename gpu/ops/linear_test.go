package ops

import (
	"fmt"

	"reverie/weights"
)

func linearCases() []opCase {
	var cases []opCase
	for _, s := range []struct {
		rows, in, out        int
		act                  Activation
		bias, residual, half bool
	}{
		{rows: 1, in: 1, out: 1, bias: true},
		{rows: 3, in: 7, out: 3},
		{rows: 7, in: 3, out: 333, bias: true, residual: true},
		{rows: 333, in: 64, out: 7, bias: true},
		{rows: 50, in: 96, out: 130, bias: true, act: QuickGELU},
		{rows: 5, in: 12, out: 31, bias: true, act: GELU},
		{rows: 33, in: 333, out: 65, residual: true},
		{rows: 9, in: 70, out: 37, bias: true, half: true},
	} {
		name := fmt.Sprintf("linear %dx%d to %d %s", s.rows, s.in, s.out, s.act)
		w := normals(name+" w", s.in*s.out)
		upload := testMatrix
		if s.half {
			name += " half"
			upload = testHalfMatrix
			for i := range w {
				w[i] = float64(weights.F32(weights.F16(float32(w[i]))))
			}
		}
		var b []float64
		if s.bias {
			b = normals(name+" b", s.out)
		}
		c := opCase{name: name, shapes: [][4]int{{1, 1, s.rows, s.in}}}
		if s.act == GELU {
			c.tol, c.gradTol = 1e-5, 1e-5 // erfc's fit adds 1.2e-7 of relative error to factors that reach 30
		}
		if s.residual {
			c.shapes = append(c.shapes, [4]int{1, 1, s.rows, s.out})
		}
		c.ref = func(in [][]float64) []float64 {
			y := RefLinear(in[0], w, b, s.rows, s.in, s.out)
			for i := range y {
				y[i], _ = RefActivation(s.act, y[i])
				if s.residual {
					y[i] += in[1][i]
				}
			}
			return y
		}
		c.back = func(in [][]float64, dy []float64) [][]float64 {
			pre := RefLinear(in[0], w, b, s.rows, s.in, s.out)
			inner := make([]float64, len(dy))
			for i := range dy {
				_, d := RefActivation(s.act, pre[i])
				inner[i] = dy[i] * d
			}
			grads := [][]float64{RefLinearBackward(inner, w, s.rows, s.in, s.out)}
			if s.residual {
				grads = append(grads, dy)
			}
			return grads
		}
		c.record = func(t *Tape, in []*Tensor) *Tensor {
			o := LinearOptions{Activation: s.act}
			if s.bias {
				o.Bias = testVector(t, b)
			}
			if s.residual {
				o.Residual = in[1]
			}
			return t.Linear(in[0], upload(t, w, 1, s.out, s.in), o)
		}
		cases = append(cases, c)
	}
	return append(cases, sideBySideCases()...)
}

// Layers whose weights are bound one by one give what one layer of all their rows gives.
func sideBySideCases() []opCase {
	var cases []opCase
	for _, s := range []struct {
		rows, in int
		outs     []int
	}{{5, 7, []int{8, 4}}, {33, 24, []int{24, 24, 24}}, {50, 96, []int{192, 96}}} {
		name, out := fmt.Sprintf("side by side %dx%d to %v", s.rows, s.in, s.outs), 0
		for _, n := range s.outs {
			out += n
		}
		w, b := normals(name+" w", s.in*out), normals(name+" b", out)
		cases = append(cases, opCase{
			name: name, shapes: [][4]int{{1, 1, s.rows, s.in}},
			ref: func(in [][]float64) []float64 { return RefLinear(in[0], w, b, s.rows, s.in, out) },
			back: func(in [][]float64, dy []float64) [][]float64 {
				return [][]float64{RefLinearBackward(dy, w, s.rows, s.in, out)}
			},
			record: func(t *Tape, in []*Tensor) *Tensor {
				var layers []ConvLayer
				first := 0
				for _, n := range s.outs {
					layers = append(layers, ConvLayer{Weight: testMatrix(t, w[first*s.in:(first+n)*s.in], 1, n, s.in), Bias: testVector(t, b[first:first+n])})
					first += n
				}
				return t.SideBySide(in[0], layers)
			},
		})
	}
	return cases
}
