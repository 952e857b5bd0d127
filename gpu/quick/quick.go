// Package quick measures a device in seconds: a few kernels at the shapes of the published models, beside the most that the device can
// compute. It is what the page's Benchmark button runs; command tools/bench is the long form, with peers.
package quick

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"reverie/gpu"
	"reverie/gpu/load"
	"reverie/gpu/ops"
	"reverie/weights"
)

// Result is one workload's speed.
type Result struct {
	Workload     string
	Milliseconds float64 // median
	GFLOP        float64 // multiply-adds count as two
}

// Rate is the speed in GFLOP/s.
func (r Result) Rate() float64 { return r.GFLOP / (r.Milliseconds / 1e3) }

// Peak is the workload that loads nothing: eight chains of multiply-adds in registers. It comes first.
const Peak = "multiply-adds in registers"

const (
	leastRuns = 2
	enough    = time.Second
)

// workload records kernels on a tape, whose weights come from parts that close closes.
type workload struct {
	name   string
	gflop  float64
	record func(m *measure, t *ops.Tape)
}

func workloads() []workload {
	linear := func(rows, in, out int) workload {
		return workload{fmt.Sprintf("linear %d×%d→%d", rows, in, out), 2e-9 * float64(rows*in*out), func(m *measure, t *ops.Tape) {
			x := t.Input(1, 1, rows, in, false)
			t.Write(x, noise(rows*in))
			t.Keep(t.Linear(x, m.matrix(out, in), ops.LinearOptions{}))
		}}
	}
	conv := func(side, width int, gradient bool) workload {
		name := fmt.Sprintf("conv 3×3 %d→%d at %d²", width, width, side)
		if gradient {
			name += ", input gradient"
		}
		return workload{name, 2e-9 * float64(side*side*9*width*width), func(m *measure, t *ops.Tape) {
			x := t.Input(1, side, side, width, gradient)
			t.Write(x, noise(side*side*width))
			y := t.Keep(t.Conv(x, m.matrix(width, width, 3, 3), nil, ops.Conv3x3, nil))
			if gradient {
				t.Write(t.Seed(y), noise(side*side*width))
				t.Plan = m.device.NewPlan() // drops the forward kernel
				t.Backward()
			}
		}}
	}
	const cutouts, tokens, width, heads = 8, 50, 768, 12
	attention := workload{fmt.Sprintf("attention %d×%d, %d heads", cutouts, tokens, heads), 4e-9 * cutouts * tokens * tokens * width,
		func(m *measure, t *ops.Tape) {
			qkv := t.Input(cutouts, 1, tokens, 3*width, false)
			t.Write(qkv, noise(cutouts*tokens*3*width))
			t.Keep(t.Attention(qkv, heads, false))
		}}
	return []workload{linear(cutouts*tokens, width, 4*width), conv(64, 128, false), conv(64, 128, true), attention}
}

// Count is how many workloads Run measures.
func Count() int { return 1 + len(workloads()) }

// Run measures all workloads; progress hears how many are done.
func Run(ctx context.Context, d *gpu.Device, progress func(done int)) ([]Result, error) {
	m := &measure{ctx: ctx, device: d, fence: d.NewBuffer("fence", 16)}
	defer m.fence.Destroy()
	progress(0)
	r, err := m.peak()
	if err != nil {
		return nil, err
	}
	results := []Result{r}
	for _, w := range workloads() {
		progress(len(results))
		r, err := m.workload(w)
		if err != nil {
			return nil, err
		}
		results = append(results, r)
	}
	progress(len(results))
	return results, d.Err()
}

// measure is one run on a device.
type measure struct {
	ctx    context.Context
	device *gpu.Device
	fence  *gpu.Buffer
	parts  []*load.Weights // of the workload under way
}

func (m *measure) peak() (Result, error) {
	const invocations, rounds = 1 << 14, 1 << 12
	p := m.device.NewPlan()
	defer p.Close()
	y := m.device.NewBuffer("peak", 4*invocations)
	defer y.Destroy()
	p.Dispatch("peak.wgsl", nil, gpu.Workgroups(invocations, 64), 0, struct{ Rounds uint32 }{rounds}, y)
	if err := p.Compile(m.ctx, nil); err != nil {
		return Result{}, err
	}
	ms, err := m.time(p)
	return Result{Peak, ms, 2 * 8 * rounds * invocations / 1e9}, err
}

func (m *measure) workload(w workload) (Result, error) {
	t := ops.NewTape(m.device)
	defer func() {
		t.Close()
		for _, p := range m.parts {
			p.Close()
		}
		m.parts = nil
	}()
	w.record(m, t)
	if err := t.Compile(m.ctx, nil); err != nil {
		return Result{}, err
	}
	ms, err := m.time(t.Plan)
	return Result{w.name, ms, w.gflop}, err
}

// matrix is a frozen weight of that shape, laid out as a model's would be.
func (m *measure) matrix(shape ...int) ops.Matrix {
	n := 1
	for _, s := range shape {
		n *= s
	}
	w := load.Blank(m.ctx, m.device, "benchmark", []weights.Spec{{Name: "weight", Shape: shape}})
	w.Fill("weight", noise(n))
	m.parts = append(m.parts, w)
	return w.Linear("weight")
}

// noise is n numbers in [−1, 1), always the same.
func noise(n int) []float32 {
	r := rand.New(rand.NewPCG(1, 2))
	v := make([]float32, n)
	for i := range v {
		v[i] = 2*r.Float32() - 1
	}
	return v
}

// time is the median of a plan's runs in milliseconds. The first, which may still compile something, does not count.
func (m *measure) time(p *gpu.Plan) (float64, error) {
	var times []float64
	var total time.Duration
	for run := 0; len(times) < leastRuns || total < enough; run++ {
		begin := time.Now()
		if err := p.Run(); err != nil {
			return 0, err
		}
		if _, err := m.device.Read(m.ctx, m.fence, 0, 16); err != nil {
			return 0, err
		}
		if took := time.Since(begin); run > 0 {
			total += took
			times = append(times, float64(took)/float64(time.Millisecond))
		}
	}
	slices.Sort(times)
	return (times[(len(times)-1)/2] + times[len(times)/2]) / 2, nil
}
