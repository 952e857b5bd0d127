package ops

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

func sharpenCases() []opCase {
	var cases []opCase
	for _, s := range []struct {
		n, h, w, c int
		factors    []float64
	}{
		{1, 1, 1, 1, []float64{0.25}}, {1, 2, 5, 3, []float64{0.25}}, {1, 3, 3, 3, []float64{0}}, {2, 7, 333, 3, []float64{0.125, 1}},
		{3, 33, 31, 3, []float64{1, 0.28125, 0.0625}}, {2, 9, 4, 2, []float64{0.75, 0.5}},
	} {
		cases = append(cases, opCase{
			name: fmt.Sprintf("sharpen %+v", s), shapes: [][4]int{{s.n, s.h, s.w, s.c}},
			// Eighths and half a thirteenth of an eighth: thirteen of them add up to no multiple of an eighth, so no smoothed value comes
			// near to the bounds, where the gradient has steps.
			values: func(_ int, r *rand.Rand) float64 { return float64(r.IntN(21)-6)/8 + 1.0/208 },
			ref:    func(in [][]float64) []float64 { return RefSharpen(in[0], s.factors, s.n, s.h, s.w, s.c) },
			back: func(in [][]float64, dy []float64) [][]float64 {
				return [][]float64{RefSharpenBackward(in[0], dy, s.factors, s.n, s.h, s.w, s.c)}
			},
			record: func(t *Tape, in []*Tensor) *Tensor {
				return t.Sharpen(in[0], testBytes(t, EncodeFloats(float32s(s.factors))))
			},
		})
	}
	return cases
}

func TestSharpen(t *testing.T) {
	x := []float64{
		0, 0, 0, 0,
		0, 13, 0, 0,
		0, 0, -1, 0,
		0, 0, 0, 0,
	}
	// Smoothed the inner pixels are 64/13, 12/13, 12/13 and 8/13, of which the first is bounded to 1.
	want := []float64{
		0, 0, 0, 0,
		0, 7, 6.0 / 13, 0,
		0, 6.0 / 13, 4.0/13 - 0.5, 0,
		0, 0, 0, 0,
	}
	got := RefSharpen(x, []float64{0.5}, 1, 4, 4, 1)
	if !slices.EqualFunc(got, want, func(a, b float64) bool { return a-b < 1e-12 && b-a < 1e-12 }) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := RefSharpen(x, []float64{1}, 1, 4, 4, 1); !slices.Equal(got, x) {
		t.Errorf("with factor 1: %v, want %v", got, x)
	}
}
