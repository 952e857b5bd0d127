package ops

import (
	"fmt"
	"slices"
	"testing"
)

func eraseCases() []opCase {
	var cases []opCase
	for _, s := range []struct {
		h, w, c int
		boxes   []Box
	}{
		{1, 1, 1, []Box{{}, {W: 1, H: 1}}},
		{7, 333, 3, []Box{{X: 300, Y: 2, W: 20, H: 5}, {X: 5, Y: 0, W: 1, H: 7}}},
		{33, 31, 3, []Box{{}, {X: 0, Y: 3, W: 31, H: 9}, {X: 30, Y: 32, W: 1, H: 1}}},
		{5, 6, 13, []Box{{X: 2, Y: 1, W: 3, H: 2}, {X: 4, Y: 4, W: 9, H: 9}, {X: 0, Y: 0, W: 6, H: 5}}},
	} {
		cases = append(cases, opCase{
			name: fmt.Sprintf("erase %+v", s), shapes: [][4]int{{len(s.boxes), s.h, s.w, s.c}},
			ref: func(in [][]float64) []float64 { return RefErase(in[0], s.h, s.w, s.c, s.boxes) },
			back: func(in [][]float64, dy []float64) [][]float64 {
				return [][]float64{RefEraseBackward(dy, s.h, s.w, s.c, s.boxes)}
			},
			record: func(t *Tape, in []*Tensor) *Tensor { return t.Erase(in[0], testBytes(t, EncodeBoxes(s.boxes))) },
		})
	}
	return cases
}

func TestErase(t *testing.T) {
	x := []float64{
		1, 2, 3,
		4, 5, 6,
	}
	if got, want := RefErase(x, 2, 3, 1, []Box{{X: 1, Y: 1, W: 2, H: 1}}), []float64{1, 2, 3, 4, 0, 0}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
