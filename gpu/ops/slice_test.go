package ops

import "fmt"

func sliceCases() []opCase {
	var cases []opCase
	for _, s := range []struct{ n, h, w, c, first, count int }{{1, 1, 1, 1, 0, 1}, {3, 5, 7, 3, 1, 1}, {5, 1, 3, 9, 2, 3}, {4, 33, 2, 4, 0, 3}} {
		size := s.h * s.w * s.c
		cases = append(cases, opCase{
			name: fmt.Sprintf("slice %+v", s), shapes: [][4]int{{s.n, s.h, s.w, s.c}},
			ref: func(in [][]float64) []float64 { return RefSlice(in[0], size, s.first, s.count) },
			back: func(_ [][]float64, dy []float64) [][]float64 {
				return [][]float64{RefSliceBackward(dy, s.n, size, s.first)}
			},
			record: func(t *Tape, in []*Tensor) *Tensor { return t.Slice(in[0], s.first, s.count) },
		})
	}
	return cases
}
