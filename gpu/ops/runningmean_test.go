package ops

import (
	"math"
	"slices"
	"testing"
)

// With the shares of weights that decay, the mean is their weighted sum over the sum of the weights, whatever it began with; held rows stay.
func TestRunningMeanIsTheWeightedMean(t *testing.T) {
	const decay = 0.75
	held := []bool{false, true, false}
	start := []float64{9, 8, 7, 6, 5, 4}
	mean, weights, sums := slices.Clone(start), 0.0, make([]float64, len(start))
	for step := range 5 {
		x := normals("mean of "+string(rune('a'+step)), len(start))
		weights = decay*weights + 1
		for i, v := range x {
			sums[i] = decay*sums[i] + v
		}
		mean = RefRunningMean(mean, x, 1/weights, held)
		for i := range mean {
			want := sums[i] / weights
			if held[i/2] {
				want = start[i]
			}
			if math.Abs(mean[i]-want) > 1e-14 {
				t.Errorf("after %d updates element %d is %g, want %g", step+1, i, mean[i], want)
			}
		}
	}
}
