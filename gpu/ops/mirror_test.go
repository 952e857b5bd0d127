package ops

import (
	"fmt"
	"slices"
	"testing"
)

func mirrorCases() []opCase {
	var cases []opCase
	for _, s := range [][3]int{{1, 1, 1}, {4, 6, 3}, {5, 7, 3}, {1, 3, 5}} {
		h, w, c := s[0], s[1], s[2]
		for _, along := range []Axes{{X: true}, {Y: true}, {X: true, Y: true}} {
			cases = append(cases, opCase{name: fmt.Sprintf("mirror %v %+v", s, along), shapes: [][4]int{{1, h, w, c}},
				ref: func(in [][]float64) []float64 { return RefMirror(in[0], h, w, c, along) },
				back: func(_ [][]float64, dy []float64) [][]float64 {
					return [][]float64{RefMirrorBackward(dy, h, w, c, along)}
				},
				record: func(t *Tape, in []*Tensor) *Tensor { return t.Mirror(in[0], along) }})
		}
		right, down := (w+1)/2%w, h-1
		cases = append(cases, opCase{name: fmt.Sprintf("roll %v", s), shapes: [][4]int{{1, h, w, c}},
			ref: func(in [][]float64) []float64 { return RefRoll(in[0], h, w, c, right, down) },
			back: func(_ [][]float64, dy []float64) [][]float64 {
				return [][]float64{RefRollBackward(dy, h, w, c, right, down)}
			},
			record: func(t *Tape, in []*Tensor) *Tensor { return t.Roll(in[0], testBytes(t, EncodeRoll(right, down))) }})
	}
	return cases
}

func TestMirrorAndRollValues(t *testing.T) {
	x := []float64{1, 2, 3, 4, 5, 6} // two rows
	for _, c := range []struct {
		name      string
		got, want []float64
	}{
		{"across", RefMirror(x, 2, 3, 1, Axes{X: true}), []float64{1, 2, 1, 4, 5, 4}},
		{"down", RefMirror(x, 2, 3, 1, Axes{Y: true}), []float64{1, 2, 3, 1, 2, 3}},
		{"both", RefMirror(x, 2, 3, 1, Axes{X: true, Y: true}), []float64{1, 2, 1, 1, 2, 1}},
		{"rolled", RefRoll(x, 2, 3, 1, 1, 1), []float64{5, 6, 4, 2, 3, 1}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, c.got, c.want)
		}
	}
}
