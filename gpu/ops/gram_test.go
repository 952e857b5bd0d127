package ops

import (
	"fmt"
	"math"
	"testing"

	"reverie/gpu"
)

func gramCases() []opCase {
	var cases []opCase
	for _, s := range [][4]int{{1, 1, 1, 1}, {1, 3, 5, 4}, {3, 4, 7, 6}, {2, 9, 11, 70}} { // of one picture and of several, with and without padding
		cases = append(cases, opCase{
			name: fmt.Sprintf("gram %v", s), shapes: [][4]int{s},
			ref:    func(in [][]float64) []float64 { return RefGram(in[0], s[3]) },
			back:   func(in [][]float64, dy []float64) [][]float64 { return [][]float64{RefGramBackward(in[0], dy, s[3])} },
			record: func(t *Tape, in []*Tensor) *Tensor { return t.Gram(in[0]) },
		})
	}
	return cases
}

func styleLossCases() []lossCase {
	var cases []lossCase
	for _, c := range []int{1, 5, 36} {
		name := fmt.Sprintf("style loss of %d", c)
		goal := normals(name+" goal", c*c)
		cases = append(cases, lossCase{name: name, shape: [4]int{1, 1, c, c},
			losses: func(g []float64) []float64 { return []float64{RefStyleLoss(g, goal, 1.5)} },
			back:   func(g []float64) []float64 { return RefStyleLossBackward(g, goal, 1.5) },
			record: func(t *Tape, g *Tensor, losses *gpu.Buffer, first int) {
				to := t.Input(1, 1, c, c, false)
				t.Write(to, float32s(goal))
				t.StyleLoss(g, to, testBytes(t, EncodeFloats([]float32{1.5})), losses, first)
			}})
	}
	return cases
}

// What is in a picture counts for its style, and not where.
func TestStyleKnowsNoPlaces(t *testing.T) {
	goal := RefGram([]float64{1, 2, 3, 4, 0, 1}, 2)
	if got := RefStyleLoss(RefGram([]float64{0, 1, 3, 4, 1, 2}, 2), goal, 1); got > 1e-24 {
		t.Errorf("of the same pixels elsewhere the loss is %g, want 0", got)
	}
	if got := RefStyleLoss(make([]float64, 4), goal, 0.75); math.Abs(got-0.75) > 1e-12 {
		t.Errorf("of nothing the loss is %g, want the weight 0.75", got)
	}
}
