package ops

import (
	"slices"
	"testing"
)

// Blocks of two of a grid of three columns: the last column and the last row stand alone.
func TestRefBlockNorm(t *testing.T) {
	x := []float64{3, 4, 1, 0, 0, 0, 6, 8, 2} // 3×3 of one channel
	if got := RefBlockNorm(x, nil, 3, 3, 1, 2); !slices.Equal(got, []float64{5, 1, 10, 2}) {
		t.Errorf("got %v", got)
	}
	if got := RefBlockNorm([]float64{3, 4, 1, 1}, []float64{0, 0, 1, 3}, 1, 2, 2, 1); !slices.Equal(got, []float64{5, 2}) {
		t.Errorf("the norm of the difference is %v", got)
	}
}
