package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"reverie/gpu"
	"reverie/gpu/store"
	"reverie/gpu/tune"
)

func main() {
	host := flag.String("host", "", "what the results say they ran on; the adapter's name if empty")
	only := flag.String("run", "", "only the workloads whose name has this in it")
	peers := flag.String("peers", "", "the engines to measure beside, separated by commas")
	seconds := flag.Float64("seconds", 3, "how long an engine is measured on one workload")
	runs := flag.Int("runs", 3, "how often at least, unless it takes very long")
	tuning := flag.Bool("tune", false, "print the adapter's tuning and measure nothing else")
	kernels := flag.Bool("kernels", false, "print what each workload's kernels take instead of measuring it")
	half := flag.Bool("f16", false, "let Reverie compute in half precision")
	flag.Parse()
	if *tuning {
		if err := printTuning(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	b := &bench{host: *host, only: *only, kernels: *kernels, half: *half, enough: time.Duration(*seconds * float64(time.Second)), leastRuns: *runs}
	if err := b.run(context.Background(), *peers); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// printTuning takes its time and prints what tuning finds, as gpu/ops/shipped.go lists it.
func printTuning(ctx context.Context) error {
	d, err := gpu.Open(ctx)
	if err != nil {
		return err
	}
	k := tune.Open(ctx, d, store.Nothing{}, tune.Again)
	if err := k.Tune(ctx, time.Hour, func(int, int) {}); err != nil {
		return err
	}
	info := d.Info()
	fmt.Printf("// %v, subgroups of %d\n%q: {\n", info, info.SubgroupSize, info.Vendor+" "+info.Architecture)
	for _, c := range k.Choices() {
		fmt.Printf("\t%q: %q, // %.3g ms\n", c.Class, c.Variant, c.Milliseconds)
	}
	fmt.Println("},")
	return nil
}

// bench measures engines on one device.
type bench struct {
	device    *gpu.Device
	fence     *gpu.Buffer
	host      string
	only      string
	kernels   bool
	half      bool
	engines   []engine
	enough    time.Duration
	leastRuns int
}

// engine is Reverie or a peer.
type engine interface {
	name() string
	prepare(ctx context.Context, w workload) (job, error) // no job for what the engine does not have
}

// job is a workload made ready on an engine. Run returns when the device has finished.
type job interface {
	run(ctx context.Context) error
	output(ctx context.Context) ([]float32, error)
	close()
}

func (b *bench) run(ctx context.Context, peers string) error {
	d, err := gpu.Open(ctx)
	if err != nil {
		return err
	}
	b.device, b.fence = d, d.NewBuffer("fence", 16)
	if b.host == "" {
		b.host = d.Info().String()
	}
	fmt.Println("adapter:", d.Info())
	b.engines = append(b.engines, reverie{b})
	for name := range strings.SplitSeq(peers, ",") {
		if name == "" {
			continue
		}
		if p, err := openPeer(ctx, name); err != nil {
			b.emit(measurement{result: result{Peer: name}, Failure: err.Error()})
		} else {
			b.engines = append(b.engines, p)
		}
	}
	if err := b.peak(ctx); err != nil {
		return err
	}
	for _, w := range workloads() {
		if !strings.Contains(w.Name, b.only) {
			continue
		}
		if b.kernels {
			if err := b.workloadKernels(ctx, w); err != nil {
				return err
			}
			continue
		}
		b.compare(ctx, w)
	}
	for _, s := range steps() {
		if strings.Contains(s.Name, b.only) && !(s.NeedsGPU && d.Info().Software) {
			if err := b.step(ctx, s); err != nil {
				return fmt.Errorf("bench: %s: %w", s.Name, err)
			}
		}
	}
	return nil
}

// emit hands a measurement to the driver.
func (b *bench) emit(m measurement) {
	m.Host = b.host
	line, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(line))
}

// contender is an engine's part in one workload.
type contender struct {
	engine engine
	job    job
	times  []float64 // milliseconds
	total  time.Duration
	err    error
}

// measured says whether the contender has had enough runs.
func (b *bench) measured(c *contender) bool {
	return c.err != nil || c.total >= patience || len(c.times) >= b.leastRuns && c.total >= b.enough
}

func (c *contender) once(ctx context.Context) {
	begin := time.Now()
	c.err = c.job.run(ctx)
	took := time.Since(begin)
	c.total += took
	c.times = append(c.times, float64(took)/float64(time.Millisecond))
}

// compare measures a workload on all engines in turn, run by run, so that whatever else the machine does meets all of them alike. The
// first run, with its compilations, does not count. An engine that fails tells why and leaves the others to go on.
func (b *bench) compare(ctx context.Context, w workload) {
	var all []*contender
	for _, e := range b.engines {
		c := &contender{engine: e}
		if c.job, c.err = e.prepare(ctx, w); c.job != nil {
			c.err = c.job.run(ctx)
		}
		if c.job != nil || c.err != nil {
			all = append(all, c)
		}
	}
	for waiting := true; waiting; {
		waiting = false
		for _, c := range all {
			if !b.measured(c) {
				c.once(ctx)
				waiting = true
			}
		}
	}
	for _, c := range all {
		var v []float32
		if c.err == nil {
			v, c.err = c.job.output(ctx)
		}
		if c.job != nil {
			c.job.close()
		}
		m := measurement{result: summarise(w.Name, w.GFLOP, c.times), Sample: sample(v)}
		if c.err != nil {
			m.Failure = c.err.Error()
		}
		m.Peer = c.engine.name()
		b.emit(m)
	}
}

// alone measures what only Reverie runs.
func (b *bench) alone(ctx context.Context, name string, gflop float64, replay func() error) error {
	c := &contender{job: replayed{replay: replay}}
	if err := c.job.run(ctx); err != nil {
		return err
	}
	for !b.measured(c) {
		c.once(ctx)
	}
	if c.err != nil {
		return c.err
	}
	b.emit(measurement{result: summarise(name, gflop, c.times)})
	return nil
}

// wait returns when the device has done what was submitted.
func (b *bench) wait(ctx context.Context) error {
	_, err := b.device.Read(ctx, b.fence, 0, 16)
	return err
}

// peak runs eight chains of multiply-adds in registers.
func (b *bench) peak(ctx context.Context) error {
	const invocations, rounds = 1 << 14, 1 << 12
	p := b.device.NewPlan()
	defer p.Close()
	y := b.device.NewBuffer("peak", 4*invocations)
	defer y.Destroy()
	p.Dispatch("peak.wgsl", nil, gpu.Workgroups(invocations, 64), 0, struct{ Rounds uint32 }{rounds}, y)
	if err := p.Compile(ctx, nil); err != nil {
		return err
	}
	return b.alone(ctx, peakWorkload, 2*8*float64(rounds)*invocations/1e9, func() error {
		if err := p.Run(); err != nil {
			return err
		}
		return b.wait(ctx)
	})
}

// replayed is a job without a result to compare.
type replayed struct{ replay func() error }

func (r replayed) run(context.Context) error                 { return r.replay() }
func (r replayed) output(context.Context) ([]float32, error) { return nil, nil }
func (r replayed) close()                                    {}
