package ops

import "fmt"

func padCases() []opCase {
	var cases []opCase
	for _, how := range []Margin{BlackMargin, MirrorMargin, WrapMargin, SmearMargin} {
		for _, s := range [][5]int{{1, 1, 3, 0, 0}, {5, 7, 3, 3, 0}, {6, 4, 5, 2, 5}, {9, 33, 3, 16, 4}} {
			h, w, c, right, down := s[0], s[1], s[2], s[3], s[4]
			cases = append(cases, opCase{
				name: fmt.Sprintf("pad %s %v", how, s), shapes: [][4]int{{1, h, w, c}},
				ref: func(in [][]float64) []float64 { return RefPad(in[0], h, w, c, right, down, how) },
				back: func(in [][]float64, dy []float64) [][]float64 {
					return [][]float64{RefPadBackward(dy, h, w, c, right, down, how)}
				},
				record: func(t *Tape, in []*Tensor) *Tensor { return t.Pad(in[0], right, down, how) },
			})
		}
	}
	return cases
}
