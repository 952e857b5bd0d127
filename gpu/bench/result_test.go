package main

import (
	"strings"
	"testing"
)

func TestSummarise(t *testing.T) {
	r := summarise("w", 4, []float64{30, 10, 20, 100})
	if r.Median != 25 || r.Min != 10 || r.Max != 100 || r.Runs != 4 {
		t.Errorf("got %+v, want median 25, min 10, max 100 of 4", r)
	}
	if got := r.rate(); got != 160 {
		t.Errorf("4 GFLOP in 25 ms is %g GFLOP/s, want 160", got)
	}
}

func TestTableShowsTheShareOfThePeak(t *testing.T) {
	var b strings.Builder
	table(&b, []result{summarise(peakWorkload, 1, []float64{100}), summarise("half", 1, []float64{200})})
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) != 3 || !strings.HasSuffix(lines[1], "100 %") || !strings.HasSuffix(lines[2], "50 %") {
		t.Errorf("got\n%s", b.String())
	}
}
