package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"syscall/js"
	"time"

	"reverie/gpu"
)

// workloadKernels profiles one workload on Reverie.
func (b *bench) workloadKernels(ctx context.Context, w workload) error {
	j, err := reverie{b}.prepare(ctx, w)
	if err != nil {
		return err
	}
	defer j.close()
	return b.profile(ctx, w.Name, j.(*recorded).tape.Plan)
}

// kernelTime is what one variant takes in a plan.
type kernelTime struct {
	name         string
	dispatches   int
	work         float64 // FLOP of all its dispatches
	milliseconds float64
}

// repeats is how often a dispatch is submitted before the device is waited for, so that the wait's own cost counts for little.
const repeats = 4

// profile prints what the plan's kernels take, the dearest first. Each dispatch counts by the shortest of its runs, which other work on
// the machine disturbs the least.
func (b *bench) profile(ctx context.Context, name string, p *gpu.Plan) error {
	fence := math.Inf(1)
	dispatches := p.Dispatches()
	least := make([]float64, len(dispatches))
	for run := -1; run < b.leastRuns; run++ { // the first one compiles
		idle, err := b.took(ctx, func() error { return nil })
		if err != nil {
			return err
		}
		fence = min(fence, idle)
		for i, s := range dispatches {
			took, err := b.took(ctx, func() error { return p.RunStretch(s) })
			if err != nil {
				return err
			}
			if run <= 0 || took < least[i] {
				least[i] = took
			}
		}
	}
	kernels := map[string]*kernelTime{}
	total := 0.0
	for i, s := range dispatches {
		k := kernels[s.Part]
		if k == nil {
			k = &kernelTime{name: s.Part}
			kernels[s.Part] = k
		}
		k.dispatches++
		k.work += s.Work
		k.milliseconds += least[i] - fence
		total += least[i] - fence
	}
	fmt.Printf("%s: %.2f ms in %d dispatches\n", name, total, len(dispatches))
	for _, k := range slices.SortedFunc(maps.Values(kernels), func(a, b *kernelTime) int { return cmp.Compare(b.milliseconds, a.milliseconds) }) {
		fmt.Printf("%8.2f ms %5.1f %% %4d × %7.2f GFLOP/s  %s\n", k.milliseconds, 100*k.milliseconds/total, k.dispatches,
			k.work/k.milliseconds/1e6, k.name)
	}
	return nil
}

// took is the milliseconds that the device takes for what run submits.
func (b *bench) took(ctx context.Context, run func() error) (float64, error) {
	begin := busy()
	for range repeats {
		if err := run(); err != nil {
			return 0, err
		}
	}
	err := b.wait(ctx)
	return float64(busy()-begin) / float64(time.Millisecond) / repeats, err
}

// busy is the processor's time of this program where the host tells it, as node does: on an adapter that computes on the processor, it is
// the kernels' time on all cores together, whatever else the machine does. Elsewhere it is the clock's.
func busy() time.Duration {
	usage := js.Global().Get("process").Get("cpuUsage")
	if usage.Type() != js.TypeFunction {
		return time.Since(start)
	}
	u := usage.Invoke()
	return time.Duration(u.Get("user").Int()+u.Get("system").Int()) * time.Microsecond
}

var start = time.Now()
