package ui

import (
	"fmt"
	"math"
	"strings"
)

// The sparkline's own coordinates.
const (
	sparkWidth  = 240
	sparkHeight = 48
	sparkPoints = 120 // a longer history is thinned to this many
)

// sparkline gives the points of a polyline that shows values from left to right, the greatest at the top. It is empty for fewer
// than two values.
func sparkline(values []float64) string {
	if len(values) < 2 {
		return ""
	}
	values = thin(values, sparkPoints)
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		low, high = math.Min(low, v), math.Max(high, v)
	}
	span := high - low
	if span == 0 {
		span = 1
	}
	var b strings.Builder
	for i, v := range values {
		x := float64(i) / float64(len(values)-1) * sparkWidth
		y := 2 + (high-v)/span*(sparkHeight-4)
		fmt.Fprintf(&b, "%.1f,%.1f ", x, y)
	}
	return strings.TrimSpace(b.String())
}

// thin replaces values by at most n means of equal stretches.
func thin(values []float64, n int) []float64 {
	if len(values) <= n {
		return values
	}
	means := make([]float64, n)
	for i := range means {
		stretch := values[i*len(values)/n : (i+1)*len(values)/n]
		for _, v := range stretch {
			means[i] += v / float64(len(stretch))
		}
	}
	return means
}
