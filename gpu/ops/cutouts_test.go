package ops

import (
	"fmt"
	"math"
	"testing"
)

func cutoutCases() []opCase {
	var many []Box // so many that they are taken in turns
	for i := range 520 {
		many = append(many, Box{X: 7 * i % 60, Y: 11 * i % 60, W: 1 + i%4, H: 1 + i%4})
	}
	var cases []opCase
	for _, s := range []struct {
		h, w, c, side int
		boxes         []Box
	}{
		{64, 64, 1, 64, many},
		{1, 1, 3, 3, []Box{{0, 0, 1, 1}}},
		{9, 7, 3, 7, []Box{{0, 0, 7, 7}, {0, 2, 7, 7}}},                                     // as they are
		{13, 9, 1, 16, []Box{{0, 4, 9, 9}, {3, 3, 2, 2}, {8, 12, 1, 1}, {1, 2, 5, 3}}},      // enlarged
		{23, 33, 3, 8, []Box{{10, 0, 23, 23}, {0, 0, 9, 9}, {32, 22, 1, 1}, {5, 6, 12, 7}}}, // shrunk, by several ratios and along one axis only
		{61, 50, 3, 3, []Box{{0, 0, 50, 50}, {0, 11, 49, 48}}},                              // shrunk so far that the filter reflects half the crop
		{16, 16, 4, 15, []Box{{0, 0, 16, 16}, {1, 1, 15, 15}}},
	} {
		cases = append(cases, opCase{
			name: fmt.Sprintf("cutouts %dx%dx%d to %d of side %d", s.h, s.w, s.c, len(s.boxes), s.side), shapes: [][4]int{{1, s.h, s.w, s.c}},
			ref: func(in [][]float64) []float64 { return RefCutouts(in[0], s.w, s.c, s.boxes, s.side) },
			back: func(in [][]float64, dy []float64) [][]float64 {
				return [][]float64{RefCutoutsBackward(dy, len(in[0]), s.w, s.c, s.boxes, s.side)}
			},
			record: func(t *Tape, in []*Tensor) *Tensor {
				return t.Cutouts(in[0], testBytes(t, EncodeBoxes(s.boxes)), len(s.boxes), s.side, nil)
			},
		})
	}
	return cases
}

func TestLanczosTaps(t *testing.T) {
	for _, c := range []struct{ dst, src, taps int }{{224, 225, 5}, {224, 256, 5}, {224, 512, 9}, {64, 200, 13}, {32, 224, 27}} {
		taps := LanczosTaps(c.dst, c.src)
		if len(taps) != c.taps {
			t.Errorf("%d to %d: %d taps, want %d", c.src, c.dst, len(taps), c.taps)
		}
		sum := 0.0
		for i, v := range taps {
			sum += v
			if v != taps[len(taps)-1-i] {
				t.Errorf("%d to %d: tap %d is not symmetric", c.src, c.dst, i)
			}
		}
		if math.Abs(sum-1) > 1e-12 {
			t.Errorf("%d to %d: the taps' sum is %g", c.src, c.dst, sum)
		}
	}
}

func TestResamplingKeepsWhatItShould(t *testing.T) {
	for _, c := range []struct{ dst, src int }{{7, 7}, {7, 3}, {7, 1}, {7, 8}, {7, 50}} {
		for i, row := range resampleMatrix(c.dst, c.src) {
			sum := 0.0
			for j, v := range row {
				sum += v
				if want := map[bool]float64{true: 1}[i == j]; c.dst == c.src && v != want {
					t.Errorf("%d to %d: weight of sample %d in output %d is %g", c.src, c.dst, j, i, v)
				}
			}
			if math.Abs(sum-1) > 1e-12 {
				t.Errorf("%d to %d: weights of output %d sum to %g", c.src, c.dst, i, sum)
			}
		}
	}
}

// The weights of a point midway are those of a = −0.75; −0.5, Catmull and Rom's, would give ±1/16.
func TestCubicWeights(t *testing.T) {
	if got, want := cubicWeights(0.5), ([4]float64{-0.09375, 0.59375, 0.59375, -0.09375}); got != want {
		t.Errorf("midway: %v, want %v", got, want)
	}
	if got, want := cubicWeights(0), ([4]float64{0, 1, 0, 0}); got != want {
		t.Errorf("on a sample: %v, want %v", got, want)
	}
}
