package ops

import "fmt"

func overlayCases() []opCase {
	var cases []opCase
	for _, s := range pictureSizes {
		h, w := s[0], s[1]
		cases = append(cases, opCase{
			name: fmt.Sprintf("overlay %v", s), shapes: [][4]int{{1, h, w, 3}, {1, h, w, 4}},
			ref:    func(in [][]float64) []float64 { return RefOverlay(in[0], in[1]) },
			record: func(t *Tape, in []*Tensor) *Tensor { return t.Overlay(in[0], in[1]) },
		})
	}
	return cases
}
