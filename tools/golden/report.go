package main

import (
	"fmt"
	"io"
	"math"
	"strings"
)

// The tolerances of golden/README.md, relative to the largest expected magnitude.
const (
	valueTolerance    = 1e-4
	gradientTolerance = 1e-3
	lossTolerance     = 1e-3 // along a whole run
	gradientCosine    = 0.99999
	integerShare      = 0.001 // of integers that a tie of float32 may decide otherwise
	bytesShare        = 0.001 // of bytes off by one
	latentOff         = 1e-2  // an element of z counts as off beyond this,
	latentShare       = 0.005 // and so many may be: Adam's first steps are sign steps
	latentIndices     = 0.01
)

// report prints one line of four words per tensor (name, largest difference, the same relative, verdict), a second one on
// what failed, and remembers whether all were right.
type report struct {
	out    io.Writer
	failed int
	passed int
}

func (r *report) line(name string, maxAbs, maxRel float64, ok bool, note string) {
	verdict := "ok"
	if ok {
		r.passed++
	} else {
		r.failed++
		verdict = "FAIL"
	}
	fmt.Fprintf(r.out, "%-58s %.3e %.3e %s\n", name, maxAbs, maxRel, verdict)
	if !ok && note != "" {
		fmt.Fprintln(r.out, "    "+strings.TrimSpace(note))
	}
}

// fail reports a tensor that could not be computed.
func (r *report) fail(name string, err error) {
	r.line(name, math.NaN(), math.NaN(), false, "  "+err.Error())
}

// difference is the largest difference of got and want, alone and relative to the largest magnitude of want.
func difference(got, want []float32) (maxAbs, maxRel float64) {
	largest := 0.0
	for i, w := range want {
		largest = max(largest, math.Abs(float64(w)))
		d := math.Abs(float64(got[i]) - float64(w))
		if d > maxAbs || math.IsNaN(d) {
			maxAbs = d
			if math.IsNaN(d) {
				return d, d
			}
		}
	}
	if largest == 0 {
		return maxAbs, maxAbs
	}
	return maxAbs, maxAbs / largest
}

func cosine(a, b []float32) float64 {
	dot, aa, bb := 0.0, 0.0, 0.0
	for i := range a {
		dot += float64(a[i]) * float64(b[i])
		aa += float64(a[i]) * float64(a[i])
		bb += float64(b[i]) * float64(b[i])
	}
	if aa == 0 && bb == 0 {
		return 1
	}
	return dot / math.Sqrt(aa*bb)
}

// floats compares values or gradients by the rule for their name.
func (r *report) floats(name string, got, want []float32) {
	if len(got) != len(want) {
		r.fail(name, fmt.Errorf("%d elements, want %d", len(got), len(want)))
		return
	}
	maxAbs, maxRel := difference(got, want)
	array := name[strings.LastIndex(name, "/")+1:]
	switch {
	case strings.HasPrefix(array, "z_after"):
		off := 0
		for i := range want {
			if !(math.Abs(float64(got[i])-float64(want[i])) <= latentOff) {
				off++
			}
		}
		share := float64(off) / float64(len(want))
		r.line(name, maxAbs, maxRel, share <= latentShare, fmt.Sprintf("  %.2f%% off", 100*share))
	case strings.Contains(array, "losses_per_step"):
		r.line(name, maxAbs, maxRel, maxRel <= lossTolerance, "")
	case strings.Contains(array, "grad") || strings.HasSuffix(array, "_dx"):
		c := cosine(got, want)
		r.line(name, maxAbs, maxRel, maxRel <= gradientTolerance && c >= gradientCosine, fmt.Sprintf("  cosine %.7f", c))
	case strings.HasPrefix(array, "image_after"):
		// Follows z_after: the same elements are off.
		off := 0
		for i := range want {
			if !(math.Abs(float64(got[i])-float64(want[i])) <= latentOff) {
				off++
			}
		}
		share := float64(off) / float64(len(want))
		r.line(name, maxAbs, maxRel, maxRel <= valueTolerance || share <= latentShare, fmt.Sprintf("  %.2f%% off", 100*share))
	default:
		r.line(name, maxAbs, maxRel, maxRel <= valueTolerance, "")
	}
}

// integers compares indices or tokens; share may differ.
func (r *report) integers(name string, got, want []int32, share float64) {
	if len(got) != len(want) {
		r.fail(name, fmt.Errorf("%d elements, want %d", len(got), len(want)))
		return
	}
	off, largest := 0, 0.0
	for i := range want {
		if got[i] != want[i] {
			off++
			largest = max(largest, math.Abs(float64(got[i]-want[i])))
		}
	}
	r.line(name, largest, float64(off)/float64(max(1, len(want))), float64(off) <= share*float64(len(want)), fmt.Sprintf("  %d differ", off))
}

// bytes compares pictures of 8 bits: few may differ, by one.
func (r *report) bytes(name string, got, want []byte) {
	if len(got) != len(want) {
		r.fail(name, fmt.Errorf("%d bytes, want %d", len(got), len(want)))
		return
	}
	off, largest := 0, 0
	for i := range want {
		if got[i] != want[i] {
			off++
			largest = max(largest, int(max(got[i], want[i])-min(got[i], want[i])))
		}
	}
	share := float64(off) / float64(max(1, len(want)))
	r.line(name, float64(largest), share, largest <= 1 && share <= bytesShare, fmt.Sprintf("  %d differ", off))
}
