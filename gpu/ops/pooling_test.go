package ops

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

func poolCases() []opCase {
	var cases []opCase
	for _, s := range []struct {
		h, w, c, side int
		boxes         []Box
		ties          bool
	}{
		{1, 1, 3, 1, []Box{{0, 0, 1, 1}}, false},
		{9, 7, 3, 7, []Box{{0, 0, 7, 7}, {0, 0, 7, 9}}, false},
		{13, 9, 1, 16, []Box{{0, 4, 9, 9}, {8, 12, 1, 1}, {1, 2, 5, 3}}, false},
		{23, 33, 3, 8, []Box{{10, 0, 23, 23}, {0, 0, 33, 23}, {5, 6, 12, 7}, {5, 6, 12, 7}}, false},
		{31, 29, 4, 7, []Box{{0, 0, 29, 31}, {1, 2, 22, 22}}, true},
	} {
		c := opCase{
			name: fmt.Sprintf("pool %+v", s), shapes: [][4]int{{1, s.h, s.w, s.c}},
			ref: func(in [][]float64) []float64 { return RefPool(in[0], s.w, s.c, s.boxes, s.side) },
			back: func(in [][]float64, dy []float64) [][]float64 {
				return [][]float64{RefPoolBackward(in[0], dy, s.w, s.c, s.boxes, s.side)}
			},
			record: func(t *Tape, in []*Tensor) *Tensor {
				return t.Pool(in[0], testBytes(t, EncodeBoxes(s.boxes)), len(s.boxes), s.side, nil)
			},
		}
		if s.ties {
			c.values = func(_ int, r *rand.Rand) float64 { return float64(r.IntN(3)) }
			c.skipDifferences = true // a maximum has no derivative where two are equal
		}
		cases = append(cases, c)
	}
	return cases
}

func TestPoolBinsOverlap(t *testing.T) {
	// Five samples to three: bins 0–1, 1–3 and 3–4.
	x := []float64{10, 2, 6, 4, 4}
	got := RefPool(x, 5, 1, []Box{{0, 0, 5, 1}}, 3)[:3]
	if want := []float64{8, 5, 4}; !slices.Equal(got, want) {
		t.Errorf("pooled to %v, want %v", got, want)
	}
	// The maximum's half goes to the first of equal elements.
	dx := RefPoolBackward(x, []float64{0, 0, 1, 0, 0, 0, 0, 0, 0}, 5, 1, []Box{{0, 0, 5, 1}}, 3)
	if want := []float64{0, 0, 0, 0.75, 0.25}; !slices.Equal(dx, want) {
		t.Errorf("gradient %v, want %v", dx, want)
	}
}

func averageCases() []opCase {
	boxes := []Box{{0, 0, 9, 7}, {2, 1, 3, 3}, {4, 3, 5, 2}}
	const h, w, c, side = 7, 9, 3, 4
	return []opCase{{name: "average pool", shapes: [][4]int{{1, h, w, c}},
		ref: func(in [][]float64) []float64 { return RefAverage(in[0], w, c, boxes, side) },
		back: func(in [][]float64, dy []float64) [][]float64 {
			return [][]float64{RefAverageBackward(in[0], dy, w, c, boxes, side)}
		},
		record: func(t *Tape, in []*Tensor) *Tensor {
			return t.Average(in[0], testBytes(t, EncodeBoxes(boxes)), len(boxes), side, nil)
		}}}
}
