package ops

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"reverie/gpu"
)

func TestCoherence(t *testing.T) {
	boxes := []Box{{0, 0, 2, 1}, {0, 0, 2, 1}, {1, 0, 2, 1}}
	gradients := [][]float64{{1, 2, 0}, {1, -2, 0}, {0, 1, 0}}
	for _, c := range []struct {
		strength float64
		want     []float64
	}{
		{0, []float64{2, 1, 0}},
		{1, []float64{2, 1.0 / 27, 0}}, // the second is seen by three: 1² / (3·9)
		{0.5, []float64{2, 14.0 / 27, 0}},
	} {
		got := RefCoherent(gradients, 3, 1, boxes, c.strength)
		if !slices.EqualFunc(got, c.want, func(a, b float64) bool { return math.Abs(a-b) < 1e-15 }) {
			t.Errorf("strength %g: %v, want %v", c.strength, got, c.want)
		}
	}
}

// coherenceCases are cutouts of each kind, of which only the way back differs from the plain ones'.
func coherenceCases() []opCase {
	const strength = 0.75
	var many []Box // so many that they are taken in turns
	for i := range 520 {
		many = append(many, Box{X: 7 * i % 60, Y: 11 * i % 60, W: 1 + i%4, H: 1 + i%4})
	}
	var cases []opCase
	for _, s := range []struct {
		name          string
		h, w, c, side int
		boxes         []Box
	}{
		{"cutouts", 1, 1, 3, 3, []Box{{0, 0, 1, 1}}},
		{"cutouts", 23, 33, 3, 8, []Box{{10, 0, 23, 23}, {0, 0, 9, 9}, {32, 22, 1, 1}, {5, 6, 12, 7}}},
		{"cutouts", 64, 64, 1, 64, many},
		{"pool", 23, 33, 3, 8, []Box{{10, 0, 23, 23}, {0, 0, 33, 23}, {5, 6, 12, 7}, {5, 6, 12, 7}}},
		{"average", 7, 9, 2, 4, []Box{{0, 0, 9, 7}, {2, 1, 3, 3}, {4, 3, 5, 2}}},
	} {
		ref := map[string]func(x []float64) []float64{
			"cutouts": func(x []float64) []float64 { return RefCutouts(x, s.w, s.c, s.boxes, s.side) },
			"pool":    func(x []float64) []float64 { return RefPool(x, s.w, s.c, s.boxes, s.side) },
			"average": func(x []float64) []float64 { return RefAverage(x, s.w, s.c, s.boxes, s.side) },
		}[s.name]
		back := map[string]func(x, dy []float64, box Box) []float64{
			"cutouts": func(x, dy []float64, box Box) []float64 {
				return RefCutoutsBackward(dy, len(x), s.w, s.c, []Box{box}, s.side)
			},
			"pool": func(x, dy []float64, box Box) []float64 {
				return RefPoolBackward(x, dy, s.w, s.c, []Box{box}, s.side)
			},
			"average": func(x, dy []float64, box Box) []float64 {
				return RefAverageBackward(x, dy, s.w, s.c, []Box{box}, s.side)
			},
		}[s.name]
		cases = append(cases, opCase{
			name: fmt.Sprintf("coherence of %s %dx%dx%d to %d", s.name, s.h, s.w, s.c, s.side), shapes: [][4]int{{1, s.h, s.w, s.c}},
			ref: func(in [][]float64) []float64 { return ref(in[0]) },
			back: func(in [][]float64, dy []float64) [][]float64 {
				var gradients [][]float64
				each := len(dy) / len(s.boxes)
				for n, box := range s.boxes {
					gradients = append(gradients, back(in[0], dy[n*each:(n+1)*each], box))
				}
				return [][]float64{RefCoherent(gradients, s.w, s.c, s.boxes, strength)}
			},
			record: func(t *Tape, in []*Tensor) *Tensor {
				cut := map[string]func(*Tensor, *gpu.Buffer, int, int, *gpu.Buffer) *Tensor{"cutouts": t.Cutouts, "pool": t.Pool, "average": t.Average}[s.name]
				return cut(in[0], testBytes(t, EncodeBoxes(s.boxes)), len(s.boxes), s.side, testBytes(t, EncodeFloats([]float32{strength})))
			},
			skipDifferences: true, // what is weakened is no derivative
		})
	}
	return cases
}
