//go:build !js

// Command lighthouse judges the page as Lighthouse does for a telephone on a slow network, on a first visit, with WebGPU and without, and fails
// where a median falls short of what the page promises. Its figures hold on an idle machine. make lighthouse installs what it needs.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"

	"reverie/tools/chromium"
	"reverie/tools/local"
	"reverie/web/wasm"
)

// promised are the least scores, by Lighthouse's categories.
var promised = []struct {
	category string
	least    float64
}{{"performance", 0.85}, {"accessibility", 1}, {"best-practices", 1}, {"seo", 0.95}}

// verdict is one run's.
type verdict struct {
	GPU     bool               `json:"gpu"`
	Scores  map[string]float64 `json:"scores"`
	Paint   float64            `json:"paint"`   // largest contentful paint, ms
	Blocked float64            `json:"blocked"` // total blocking time, ms
	Failed  []string           `json:"failed"`
}

func main() {
	runs := flag.Int("runs", 3, "how many runs the medians are of")
	flag.Parse()
	if err := run(context.Background(), *runs); err != nil {
		fmt.Fprintln(os.Stderr, "lighthouse:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, runs int) error {
	root, err := wasm.Root()
	if err != nil {
		return err
	}
	url, done, err := local.Serve(ctx)
	if err != nil {
		return err
	}
	defer done()
	verdicts, err := judge(ctx, filepath.Join(root, "tools", "lighthouse"), url, runs)
	if err != nil {
		return err
	}
	return report(verdicts)
}

// judge runs measure.mjs.
func judge(ctx context.Context, dir, url string, runs int) ([]verdict, error) {
	browser, err := chromium.Find()
	if err != nil {
		return nil, err
	}
	args := append([]string{"measure.mjs", url, browser, strconv.Itoa(runs)}, chromium.Arguments(chromium.Software)...)
	node := exec.CommandContext(ctx, "node", args...)
	node.Dir, node.Stderr = dir, os.Stderr
	out, err := node.Output()
	if err != nil {
		return nil, fmt.Errorf("node measure.mjs: %w", err)
	}
	var verdicts []verdict
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		var v verdict
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			return nil, fmt.Errorf("node measure.mjs said %q: %w", lines.Text(), err)
		}
		verdicts = append(verdicts, v)
	}
	return verdicts, nil
}

// report prints the medians and says what falls short.
func report(verdicts []verdict) error {
	short := 0
	for _, gpu := range []bool{true, false} {
		name := "without WebGPU"
		if gpu {
			name = "with WebGPU"
		}
		of := func(number func(verdict) float64) float64 {
			var all []float64
			for _, v := range verdicts {
				if v.GPU == gpu {
					all = append(all, number(v))
				}
			}
			return median(all)
		}
		for _, p := range promised {
			score := of(func(v verdict) float64 { return v.Scores[p.category] })
			verdict := "as promised"
			if score < p.least {
				verdict, short = fmt.Sprintf("SHORT of %.2f", p.least), short+1
			}
			fmt.Printf("%-14s  %-14s  %.2f  %s\n", name, p.category, score, verdict)
		}
		fmt.Printf("%-14s  largest paint after %.1f s, blocked for %.0f ms\n", name,
			of(func(v verdict) float64 { return v.Paint })/1000, of(func(v verdict) float64 { return v.Blocked }))
		for _, v := range verdicts {
			if v.GPU == gpu {
				fmt.Printf("%-14s  could be better: %q\n", name, v.Failed)
				break
			}
		}
	}
	if short > 0 {
		return fmt.Errorf("%d scores fall short", short)
	}
	return nil
}

// median is the middle one, or 0 of none.
func median(all []float64) float64 {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)/2]
}
