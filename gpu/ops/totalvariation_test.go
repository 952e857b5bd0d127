package ops

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"reverie/gpu"
)

// The sizes are of one part, of several, and of more than the second stage has invocations.
func totalVariationCases() []lossCase {
	var cases []lossCase
	for _, s := range []struct {
		h, w   int
		weight float64
		ties   bool // many neighbours are equal
	}{{1, 1, 1, false}, {1, 7, 0.3, false}, {333, 1, 2, false}, {2, 2, 1, false}, {13, 31, 1, true}, {37, 29, 100, false}, {259, 257, 1, false}} {
		cases = append(cases, lossCase{
			name: fmt.Sprintf("total variation %+v", s), shape: [4]int{1, s.h, s.w, 3},
			values: func(i int, r *rand.Rand) float64 {
				if s.ties {
					return float64(r.IntN(3)) / 2
				}
				// Away from the kinks: pixels of the two colours of a chessboard lie on two grids, so that neighbours differ by 1/16 and more.
				x, y := i/3%s.w, i/3/s.w
				return float64(r.IntN(8))/8 + float64((x+y)%2)/16
			},
			gated:  s.ties,
			losses: func(x []float64) []float64 { return []float64{RefTotalVariation(x, s.h, s.w, s.weight)} },
			back:   func(x []float64) []float64 { return RefTotalVariationBackward(x, s.h, s.w, s.weight) },
			record: func(t *Tape, x *Tensor, losses *gpu.Buffer, first int) {
				t.TotalVariation(x, testBytes(t, EncodeVariation(s.h, s.w, s.weight)), losses, first)
			},
		})
	}
	return cases
}

func TestTotalVariationValues(t *testing.T) {
	grey := func(levels ...float64) []float64 {
		var x []float64
		for _, l := range levels {
			x = append(x, l, l, l)
		}
		return x
	}
	for _, c := range []struct {
		name     string
		x        []float64
		h, w     int
		want     float64
		gradient []float64
	}{
		{"one pixel", grey(0.7), 1, 1, 0, grey(0)},
		{"an even row", grey(0.5, 0.5, 0.5), 1, 3, 0, grey(0, 0, 0)},
		{"a stroke in a row", grey(0, 1, 0), 1, 3, 1, grey(-1./6, 2./6, -1./6)},
		{"a slope has pulled ends", grey(0, 0.25, 1), 3, 1, 0.5, grey(-1./6, 0, 1./6)},
		{"both means add", grey(0, 1, 0.5, 0.5), 2, 2, 0.5 + 0.5, grey(-1./6-1./6, 1./6+1./6, 1./6, -1./6)},
		{"one channel", []float64{0, 0, 0, 0, 0.6, 0}, 1, 2, 0.2, []float64{0, -1. / 3, 0, 0, 1. / 3, 0}},
	} {
		got, gradient := RefTotalVariation(c.x, c.h, c.w, 2), RefTotalVariationBackward(c.x, c.h, c.w, 2)
		near := func(a, b float64) bool { return math.Abs(a-b) < 1e-15 }
		for i := range gradient {
			gradient[i] /= 2
		}
		if !near(got/2, c.want) || !slices.EqualFunc(gradient, c.gradient, near) {
			t.Errorf("%s: %g with gradient %v, want %g and %v", c.name, got/2, gradient, c.want, c.gradient)
		}
	}
}
