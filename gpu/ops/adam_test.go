package ops

import (
	"math"
	"testing"
)

func TestAdamsFirstStepsAreSignSteps(t *testing.T) {
	x, m, v := []float64{1, 1, 1}, make([]float64, 3), make([]float64, 3)
	y := RefAdam(x, []float64{0.001, -30, 0}, m, v, nil, nil, 3, DefaultAdam, 0.1, 1)
	for i, want := range []float64{0.9, 1.1, 1} {
		if math.Abs(y[i]-want) > 1e-5 {
			t.Errorf("element %d moves from 1 to %g, want %g", i, y[i], want)
		}
	}
}

func TestAdamBoundsValuesAndNotMoments(t *testing.T) {
	m, v := make([]float64, 2), make([]float64, 2)
	y := RefAdam([]float64{1, 1}, []float64{-1, 1}, m, v, []float64{0.95, 0.95}, []float64{1.05, 1.05}, 2, DefaultAdam, 0.1, 1)
	if y[0] != 1.05 || y[1] != 0.95 {
		t.Errorf("bounded to %v, want [1.05 0.95]", y)
	}
	if math.Abs(m[0]+0.1) > 1e-15 || math.Abs(v[0]-0.001) > 1e-15 {
		t.Errorf("moments %g and %g, want -0.1 and 0.001", m[0], v[0])
	}
}
