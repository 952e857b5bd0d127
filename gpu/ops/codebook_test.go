package ops

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func codebookCases() []opCase {
	var cases []opCase
	for _, s := range []struct{ h, w, c, codes int }{{1, 1, 1, 1}, {3, 7, 5, 3}, {7, 9, 48, 333}, {2, 2, 256, 1025}} {
		name := fmt.Sprintf("quantise %+v", s)
		e := normals(name+" e", s.codes*s.c)
		cases = append(cases, opCase{
			name: name, shapes: [][4]int{{1, s.h, s.w, s.c}},
			ref:  func(in [][]float64) []float64 { return RefGather(RefNearest(in[0], e, s.c), e, s.c) },
			back: func(in [][]float64, dy []float64) [][]float64 { return [][]float64{dy} },
			record: func(t *Tape, in []*Tensor) *Tensor {
				zq, _ := t.Quantise(in[0], t.NewCodebook(testMatrix(t, e, 1, s.codes, s.c)))
				return zq
			},
			skipDifferences: true,
		})
		cases = append(cases, opCase{
			name: "argmax " + name, shapes: [][4]int{{1, s.h, s.w, s.codes}},
			values: func(_ int, r *rand.Rand) float64 { return float64(r.IntN(5)) }, // with many ties
			ref:    func(in [][]float64) []float64 { return RefGather(RefArgmax(in[0], s.codes), e, s.c) },
			record: func(t *Tape, in []*Tensor) *Tensor {
				return t.Gather(t.Argmax(in[0]), 1, s.h, s.w, t.NewCodebook(testMatrix(t, e, 1, s.codes, s.c)))
			},
		})
	}
	return cases
}

func TestNearestTakesTheFirstOfEqualRows(t *testing.T) {
	e := []float64{5, 5, 1, 0, 0, 1, 1, 0} // rows 1 and 2 are equally far from the origin, rows 1 and 3 are equal
	for _, c := range []struct {
		z    []float64
		want int
	}{{[]float64{0, 0}, 1}, {[]float64{1, 0}, 1}, {[]float64{0.1, 0.2}, 2}, {[]float64{9, 9}, 0}} {
		if got := RefNearest(c.z, e, 2)[0]; got != c.want {
			t.Errorf("nearest to %v is row %d, want %d", c.z, got, c.want)
		}
	}
}
