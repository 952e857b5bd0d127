package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// peakWorkload is the register-only kernel that all others are shown as a share of.
const peakWorkload = "fma peak"

// partSeparator stands between a step's name and its part's.
const partSeparator = ": "

// sameWork is the largest error up to which two results count as the same work in float32.
const sameWork = 1e-3

// report is all measurements of one run, by workload and engine.
type report struct {
	adapter   string
	workloads []string // in the order they were measured
	peers     []string
	cells     map[string]map[string]measurement // workload → peer
	absent    []measurement                     // engines that did not start
}

func newReport(adapter string, all []measurement) *report {
	r := &report{adapter: adapter, cells: map[string]map[string]measurement{}}
	for _, m := range all {
		if m.Workload == "" {
			r.absent = append(r.absent, m)
			continue
		}
		if r.cells[m.Workload] == nil {
			r.cells[m.Workload] = map[string]measurement{}
			r.workloads = append(r.workloads, m.Workload)
		}
		if m.Peer != self && !slices.Contains(r.peers, m.Peer) {
			r.peers = append(r.peers, m.Peer)
		}
		r.cells[m.Workload][m.Peer] = m
	}
	for _, row := range r.cells {
		own := row[self]
		for peer, m := range row {
			if m.Failure != "" || len(own.Sample) == 0 {
				continue
			}
			if m.Error = maxError(own.Sample, m.Sample); !(m.Error <= sameWork) {
				m.Failure = fmt.Sprintf("its result differs from Reverie's by %.2g of the root mean square", m.Error)
			}
			row[peer] = m
		}
	}
	return r
}

// results are the measurements that stand, for bench.jsonl.
func (r *report) results() []result {
	var out []result
	for _, w := range r.workloads {
		for _, peer := range append([]string{self}, r.peers...) {
			if m, ok := r.cells[w][peer]; ok && m.Failure == "" {
				out = append(out, m.result)
			}
		}
	}
	return out
}

// ratio is how many times faster than the peer Reverie did the workload.
func (r *report) ratio(workload, peer string) (float64, bool) {
	own, other := r.cells[workload][self], r.cells[workload][peer]
	ok := own.Median > 0 && own.Failure == "" && other.Median > 0 && other.Failure == ""
	return other.Median / own.Median, ok
}

// print writes the table: Reverie's time, its spread, speed and share of the peak, and beside them each peer's time and how many times
// Reverie's that is.
func (r *report) print(w io.Writer) {
	peak := r.cells[peakWorkload][self].rate()
	fmt.Fprintf(w, "%s\n\n%-44s %8s %10s %17s %9s %6s", r.adapter, "workload", "GFLOP", "reverie ms", "min–max", "GFLOP/s", "peak")
	for _, p := range r.peers {
		fmt.Fprintf(w, " %18s", p+" ms")
	}
	fmt.Fprintln(w)
	for _, name := range r.workloads {
		own := r.cells[name][self]
		if own.Failure != "" {
			fmt.Fprintf(w, "%-44s %8.2f %10s %17s %9s %6s", label(name), own.GFLOP, "failed", "", "", "")
		} else {
			fmt.Fprintf(w, "%-44s %8.2f %10.2f %17s %9s %6s", label(name), own.GFLOP, own.Median, fmt.Sprintf("%.2f–%.2f", own.Min, own.Max), speed(own), share(own, peak))
		}
		for _, p := range r.peers {
			fmt.Fprintf(w, " %18s", r.cell(name, p))
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w)
	r.printRatios(w)
	r.printFailures(w)
}

// label is a workload's name in the table: a part stands below its step.
func label(workload string) string {
	if _, part, ok := strings.Cut(workload, partSeparator); ok {
		return "  " + part
	}
	return workload
}

func speed(m measurement) string {
	if m.GFLOP == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f", m.rate())
}

func share(m measurement, peak float64) string {
	if m.GFLOP == 0 || !(peak > 0) {
		return "–"
	}
	return fmt.Sprintf("%.0f %%", 100*m.rate()/peak)
}

func (r *report) cell(workload, peer string) string {
	m, ok := r.cells[workload][peer]
	switch ratio, comparable := r.ratio(workload, peer); {
	case !ok:
		return ""
	case m.Failure != "":
		return "failed"
	case !comparable:
		return fmt.Sprintf("%.2f", m.Median)
	default:
		return fmt.Sprintf("%.2f (%.2f×)", m.Median, ratio)
	}
}

// printRatios sums each peer up: the geometric mean of its ratios, and the lowest.
func (r *report) printRatios(w io.Writer) {
	for _, p := range r.peers {
		logs, n, lowest, at := 0.0, 0, math.Inf(1), ""
		for _, name := range r.workloads {
			if ratio, ok := r.ratio(name, p); ok {
				logs, n = logs+math.Log(ratio), n+1
				if ratio < lowest {
					lowest, at = ratio, name
				}
			}
		}
		if n > 0 {
			fmt.Fprintf(w, "%s: geometric mean %.2f× over %d workloads, lowest %.2f× (%s)\n", p, math.Exp(logs/float64(n)), n, lowest, at)
		}
	}
}

func (r *report) printFailures(w io.Writer) {
	for _, m := range r.absent {
		fmt.Fprintf(w, "%s did not start: %s\n", m.Peer, firstLine(m.Failure))
	}
	for _, name := range r.workloads {
		for _, p := range append([]string{self}, r.peers...) {
			if m := r.cells[name][p]; m.Failure != "" {
				fmt.Fprintf(w, "%s on %s: %s\n", p, name, firstLine(m.Failure))
			}
		}
	}
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
