package ops

import (
	"fmt"
	"testing"
)

func clampCases() []opCase {
	var cases []opCase
	for _, s := range []struct {
		n, h, w, c           int
		scale, shift, lo, hi float64
	}{{1, 1, 1, 1, 1, 0, 0, 1}, {1, 7, 333, 3, 0.5, 0.5, 0, 1}, {3, 5, 3, 7, -2, 0.25, -0.5, 0.75}, {1, 1, 3, 5, 1, 4, 0, 1}} {
		cases = append(cases, opCase{
			name: fmt.Sprintf("clamp %+v", s), shapes: [][4]int{{s.n, s.h, s.w, s.c}},
			ref: func(in [][]float64) []float64 { return RefClampWithGrad(in[0], s.scale, s.shift, s.lo, s.hi) },
			back: func(in [][]float64, dy []float64) [][]float64 {
				return [][]float64{RefClampWithGradBackward(in[0], dy, s.scale, s.shift, s.lo, s.hi)}
			},
			record: func(t *Tape, in []*Tensor) *Tensor {
				return t.ClampWithGrad(in[0], float32(s.scale), float32(s.shift), float32(s.lo), float32(s.hi))
			},
			skipDifferences: true, // what leads back passes although the value stands still
		})
	}
	return cases
}

func TestClampGradientRule(t *testing.T) {
	for _, c := range []struct {
		name        string
		x, dy, want float64
	}{
		{"in range passes up", 0.5, -1, -2},
		{"in range passes down", 0.5, 1, 2},
		{"at the bound passes", 1, -1, -2},
		{"above, a descent step leads back", 1.5, 1, 2},
		{"above, a descent step leads away", 1.5, -1, 0},
		{"below, a descent step leads back", -0.5, -1, -2},
		{"below, a descent step leads away", -0.5, 1, 0},
	} {
		// scale 2, shift −1/2 and range [−1/2, 3/2]: in range is x from 0 to 1.
		if got := RefClampWithGradBackward([]float64{c.x}, []float64{c.dy}, 2, -0.5, -0.5, 1.5)[0]; got != c.want {
			t.Errorf("%s: gradient %g, want %g", c.name, got, c.want)
		}
	}
}
