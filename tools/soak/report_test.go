//go:build linux && !js

package main

import (
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
)

// grown is a report of a run in which the GPU process grows and steps get slower, after steps in which everything does.
func grown(perThousand, slower float64) *report {
	r := &report{}
	for step := 1; step <= 2000; step++ {
		r.paces = append(r.paces, 100*(1+slower*float64(step-settled)/1200)) // from one fifth's middle to the other's
		if step%100 == 0 {
			s := sample{step: step}
			s.bytes[gpuProcess] = 300e6 + 1e6*perThousand*float64(step)/1e3
			if step < settled {
				s.bytes[gpuProcess] /= 2
			}
			r.samples = append(r.samples, s)
		}
	}
	return r
}

func TestWhatGrowsIsNamed(t *testing.T) {
	for _, c := range []struct {
		growth, slower float64
		want           string
	}{
		{1.9, 0, ""},
		{2.1, 0, "GPU process: 2.1 MB more per 1,000 steps"},
		{-9, 0, ""},
		{0, 0.03, ""},
		{0, 0.1, "steps get slower by"},
	} {
		r := grown(c.growth, c.slower)
		if got := r.slope(gpuProcess); math.Abs(got-c.growth) > 1e-6 {
			t.Errorf("the slope is %g, want %g", got, c.growth)
		}
		err := r.verdict(io.Discard)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("growth %g, slower %g: %v, want %q", c.growth, c.slower, err, c.want)
		}
	}
}

// Of a process's memory the stacks of one size are told, with what the allocator writes for each, and no others.
func TestStacks(t *testing.T) {
	var smaps strings.Builder
	for _, m := range []struct{ size, anonymous int }{{4, 4}, {1028, 20}, {1028, 8}, {1028, 0}, {2048, 900}, {1024, 100}, {1028, 50}} {
		fmt.Fprintf(&smaps, "7f00-7f01 rw-p 00000000 00:00 0\nSize:           %8d kB\nRss: 7 kB\nAnonymous:      %8d kB\nVmFlags: rd wr\n", m.size, m.anonymous)
	}
	if got, want := stackKilobytes(smaps.String()), 20+8+50+3*8.0; got != want {
		t.Errorf("%g kB are counted, want %g", got, want)
	}
}

// What SwiftShader keeps is told and no fault.
func TestStacksMayGrow(t *testing.T) {
	r := grown(0, 0)
	for i := range r.samples {
		r.samples[i].bytes[stacks] = 1e6 * float64(i)
	}
	var said strings.Builder
	if err := r.verdict(&said); err != nil || !strings.Contains(said.String(), "SwiftShader's stacks: +10.00 MB") {
		t.Errorf("%v, %s", err, said.String())
	}
}

// A step's processor time is told of the steps that settled, early and late.
func TestEffort(t *testing.T) {
	r := grown(0, 0)
	for i := range r.samples { // 9 seconds for each hundred steps that settle, 1 until 1,500 and 2 after that
		step := float64(r.samples[i].step)
		r.samples[i].spent = min(step, settled)*0.09 + max(0, step-settled)*0.01 + max(0, step-1500)*0.01
	}
	if first, last, ok := r.effort(); !ok || math.Abs(first-0.01) > 1e-9 || math.Abs(last-0.02) > 1e-9 {
		t.Errorf("a step takes %g s, then %g s, %t", first, last, ok)
	}
	if _, _, ok := (&report{samples: r.samples[:6]}).effort(); ok {
		t.Error("two samples tell a trend")
	}
}
