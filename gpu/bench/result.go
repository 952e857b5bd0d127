// Command bench measures the engine: kernels, model parts and whole steps, on one device in one run.
//
//	go run ./gpu/bench [-adapter software|hardware] [-o bench.jsonl]
//
// prints a table and writes one JSON line per workload. The program is built twice: natively it is the driver, for js/wasm what
// runs in the browser.
package main

import (
	"fmt"
	"io"
	"slices"
)

// result is one line of bench.jsonl.
type result struct {
	Host     string  `json:"host"` // swiftshader, lavapipe, or the GPU's name
	Peer     string  `json:"peer"` // reverie
	Workload string  `json:"workload"`
	Median   float64 `json:"median_ms"`
	Min      float64 `json:"min_ms"`
	Max      float64 `json:"max_ms"`
	Runs     int     `json:"runs"`
	GFLOP    float64 `json:"gflop"`
}

// rate is the speed in GFLOP/s by the median.
func (r result) rate() float64 { return r.GFLOP / (r.Median / 1e3) }

// summarise makes a result of times in milliseconds.
func summarise(workload string, gflop float64, times []float64) result {
	times = slices.Sorted(slices.Values(times))
	n := len(times)
	return result{Peer: "reverie", Workload: workload, Median: (times[(n-1)/2] + times[n/2]) / 2, Min: times[0], Max: times[n-1], Runs: n, GFLOP: gflop}
}

// peakWorkload is the register-only kernel that all others are shown as a share of.
const peakWorkload = "fma peak"

// table prints the results, each with its share of the measured peak.
func table(w io.Writer, results []result) {
	peak := 0.0
	for _, r := range results {
		if r.Workload == peakWorkload {
			peak = r.rate()
		}
	}
	fmt.Fprintf(w, "%-44s %10s %21s %8s %9s %6s\n", "workload", "median ms", "min–max", "GFLOP", "GFLOP/s", "peak")
	for _, r := range results {
		share := "–"
		if peak > 0 {
			share = fmt.Sprintf("%.0f %%", 100*r.rate()/peak)
		}
		fmt.Fprintf(w, "%-44s %10.1f %10.1f–%-10.1f %8.2f %9.2f %6s\n", r.Workload, r.Median, r.Min, r.Max, r.GFLOP, r.rate(), share)
	}
}
