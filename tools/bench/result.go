// Command bench measures the engine beside its peers: kernels, models and whole steps, on one device in one run.
//
//	go run ./tools/bench [-host lavapipe|swiftshader|chromium-gpu|dawn-gpu] [-peers LIST] [-run WORDS] [-o bench.jsonl] [-kernels] [-f16]
//
// prints a table and writes one JSON line per workload and engine. The program is built twice: natively it is the driver, for js/wasm
// it measures in the host, in one process with the peers and on the same adapter. The peers' results are held against Reverie's. With
// -kernels it prints instead what each workload's kernels take, one by one.
package main

import (
	"math"
	"slices"
)

// result is one line of bench.jsonl.
type result struct {
	Host     string  `json:"host"` // swiftshader, lavapipe, or the GPU's name
	Peer     string  `json:"peer"` // reverie, jax-js, tfjs, ort-web or torch
	Workload string  `json:"workload"`
	Median   float64 `json:"median_ms"`
	Min      float64 `json:"min_ms"`
	Max      float64 `json:"max_ms"`
	Runs     int     `json:"runs"`
	GFLOP    float64 `json:"gflop"`
	Error    float64 `json:"max_error"` // largest difference from Reverie's result, as a share of that result's root mean square
}

// measurement is what an engine tells of a workload.
type measurement struct {
	result
	Sample  []float32 `json:"sample,omitempty"`  // of the workload's result
	Failure string    `json:"failure,omitempty"` // why there is none; Workload is empty if the engine did not even start
}

// self is the peer that is no peer.
const self = "reverie"

// rate is the speed in GFLOP/s by the median.
func (r result) rate() float64 { return r.GFLOP / (r.Median / 1e3) }

// summarise makes a result of times in milliseconds.
func summarise(workload string, gflop float64, times []float64) result {
	r := result{Peer: self, Workload: workload, Runs: len(times), GFLOP: gflop}
	if n := len(times); n > 0 {
		times = slices.Sorted(slices.Values(times))
		r.Median, r.Min, r.Max = (times[(n-1)/2]+times[n/2])/2, times[0], times[n-1]
	}
	return r
}

// maxError is the largest difference between two samples as a share of the first one's root mean square.
func maxError(want, got []float32) float64 {
	if len(want) != len(got) {
		return math.Inf(1)
	}
	worst, squares := 0.0, 0.0
	for i, w := range want {
		squares += float64(w) * float64(w)
		if d := math.Abs(float64(w) - float64(got[i])); !(d <= worst) { // a NaN is the worst
			worst = d
		}
	}
	return worst / math.Sqrt(squares/float64(len(want)))
}
