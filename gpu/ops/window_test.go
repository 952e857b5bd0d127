package ops

import (
	"fmt"
	"slices"
	"testing"
)

// windowCases are windows in the middle, at each edge, and as wide or as high as the picture.
func windowCases() []opCase {
	var cases []opCase
	for _, s := range [][7]int{{1, 1, 1, 1, 1, 0, 0}, {5, 7, 3, 2, 3, 1, 2}, {5, 7, 5, 3, 2, 2, 5}, {4, 6, 8, 4, 5, 0, 1}, {6, 3, 4, 1, 3, 5, 0}} {
		h, w, c, rows, columns, top, left := s[0], s[1], s[2], s[3], s[4], s[5], s[6]
		cases = append(cases, opCase{name: fmt.Sprintf("window %v", s), shapes: [][4]int{{1, h, w, c}},
			ref: func(in [][]float64) []float64 { return RefWindow(in[0], w, c, rows, columns, top, left) },
			back: func(_ [][]float64, dy []float64) [][]float64 {
				return [][]float64{RefWindowBackward(dy, h, w, c, rows, columns, top, left)}
			},
			record: func(t *Tape, in []*Tensor) *Tensor {
				return t.Window(in[0], testBytes(t, EncodeWindow(top, left)), rows, columns)
			}})
	}
	return cases
}

func TestWindowValues(t *testing.T) {
	x := []float64{1, 2, 3, 4, 5, 6} // two rows
	if got := RefWindow(x, 3, 1, 1, 2, 1, 1); !slices.Equal(got, []float64{5, 6}) {
		t.Errorf("the window is %v", got)
	}
	if got := RefWindowBackward([]float64{7, 8}, 2, 3, 1, 1, 2, 1, 1); !slices.Equal(got, []float64{0, 0, 0, 0, 7, 8}) {
		t.Errorf("its gradient comes back as %v", got)
	}
}
