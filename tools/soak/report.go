//go:build linux && !js

package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// The kinds of memory that are looked at.
const (
	pageHeap = iota
	pageMemory
	engineMemory
	pages
	gpuProcess
	stacks // of SwiftShader's fibers, which gpuProcess does not count
	stored
	kinds
)

var names = [kinds]string{"page's JavaScript heap", "page's WebAssembly memory", "engine's WebAssembly memory", "pages' processes", "GPU process", "SwiftShader's stacks", "site's storage"}

// sample is what a browser takes after so many steps; NaN is a kind of memory that it does not tell.
type sample struct {
	step  int
	pace  float64 // of the last steps at their median, in milliseconds
	spent float64 // processor time of the browser's processes since they started, in seconds
	bytes [kinds]float64
}

func (s sample) String() string {
	list := []string{fmt.Sprintf("step %d, %.0f ms a step", s.step, s.pace)}
	for i, n := range s.bytes {
		if math.IsNaN(n) {
			continue
		}
		list = append(list, fmt.Sprintf("%s %.1f MB", names[i], n/1e6))
	}
	return strings.Join(list, ", ")
}

// settled is the step from which on memory should stand still, mostSlope the MB per 1,000 steps by which it may grow, and mostSlowdown the
// share of their time by which steps may get slower.
const (
	settled      = 500
	mostSlope    = 2
	mostSlowdown = 0.05
)

// report is what a run has shown.
type report struct {
	samples []sample
	paces   []float64 // of each step, in milliseconds
}

// slope is the growth of one kind of memory after the steps in which it settles, in MB per 1,000 steps: the line of least squares.
func (r *report) slope(kind int) float64 {
	var n, x, y, xx, xy float64
	for _, s := range r.samples {
		if s.step < settled {
			continue
		}
		step, mb := float64(s.step)/1e3, s.bytes[kind]/1e6
		n, x, y, xx, xy = n+1, x+step, y+mb, xx+step*step, xy+step*mb
	}
	if d := n*xx - x*x; d > 0 {
		return (n*xy - x*y) / d
	}
	return 0
}

// slowdown is by which share the median step of the last fifth takes longer than that of the first fifth, after the steps that settle.
func (r *report) slowdown() float64 {
	paces := r.paces[min(settled, len(r.paces)):]
	fifth := len(paces) / 5
	if fifth == 0 {
		return 0
	}
	return median(paces[len(paces)-fifth:])/median(paces[:fifth]) - 1
}

// effort is the processor time of a step in the first and in the last third after the steps that settle, in seconds.
func (r *report) effort() (first, last float64, ok bool) {
	list := slices.DeleteFunc(slices.Clone(r.samples), func(s sample) bool { return s.step < settled })
	third := (len(list) - 1) / 3
	if third < 1 {
		return 0, 0, false
	}
	between := func(a, b sample) float64 { return (b.spent - a.spent) / float64(b.step-a.step) }
	return between(list[0], list[third]), between(list[len(list)-1-third], list[len(list)-1]), true
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// verdict prints the slopes, and is an error that names what grows, or that steps get slower. SwiftShader's stacks may grow: README.md says why.
func (r *report) verdict(w io.Writer) error {
	var problems []error
	for kind, name := range names {
		slope := r.slope(kind)
		if math.IsNaN(slope) {
			continue
		}
		fmt.Fprintf(w, "%s: %+.2f MB per 1,000 steps after step %d\n", name, slope, settled)
		if slope > mostSlope && kind != stacks {
			problems = append(problems, fmt.Errorf("soak: %s: %.1f MB more per 1,000 steps, and %d are the limit", name, slope, mostSlope))
		}
	}
	if first, last, ok := r.effort(); ok {
		fmt.Fprintf(w, "processor: %.2f s a step at first, %.2f s at last, %+.1f %%, which other work on the machine hardly changes\n", first, last, 100*(last/first-1))
	}
	slower := r.slowdown()
	fmt.Fprintf(w, "steps: %.0f ms at the median, %+.1f %% from the first fifth to the last\n", median(r.paces), 100*slower)
	if slower > mostSlowdown {
		problems = append(problems, fmt.Errorf("soak: steps get slower by %.1f %%, and %.0f %% are the limit", 100*slower, 100*mostSlowdown))
	}
	return errors.Join(problems...)
}
