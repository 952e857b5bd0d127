// Package tune finds out which variants of the kernels a device runs fastest, by running them.
//
// Package ops names the candidates of each class of products, and records a sample of each class. All candidates give the same bits, so a
// tuning changes how long a step takes and nothing else. What was found is kept by adapter, browser and kernels; adapters that were at hand
// when Reverie was made need none, for what was found there is shipped: see ops.Shipped.
package tune

import (
	"context"
	"errors"
	"maps"
	"math"
	"slices"
	"time"

	"reverie/gpu"
	"reverie/gpu/ops"
	"reverie/gpu/store"
)

// Mode says when to tune.
type Mode string

const (
	Auto  Mode = ""      // when nothing is known of the adapter
	Off   Mode = "off"   // never, and nothing that is kept is used
	Again Mode = "again" // always
)

// Choice is the variant for one class.
type Choice struct {
	Class        string  `json:"class"`
	Variant      string  `json:"variant"`
	Milliseconds float64 `json:"ms,omitempty"` // of the class's sample; 0 where it was not timed
}

// Kernels are the variants that a device uses.
type Kernels struct {
	device *gpu.Device
	store  store.Store
	mode   Mode
	tuned  []Choice // what Tune chose, in this visit or an earlier one
	due    bool
}

// Open makes the device use what the store keeps for it, unless the mode forbids.
func Open(ctx context.Context, d *gpu.Device, s store.Store, mode Mode) *Kernels {
	k := &Kernels{device: d, store: s, mode: mode, due: mode == Again || mode == Auto && ops.Shipped(d.Info()) == nil}
	if mode == Auto {
		kept := recall(ctx, s, d.Info())
		if len(kept.Choices) > 0 {
			k.use(kept.Choices)
		}
		if kept.Speed > 0 {
			d.SetSpeed(kept.Speed)
		}
	}
	return k
}

// Due says that Tune is worth its time.
func (k *Kernels) Due() bool { return k.due }

// use makes the device record with these variants from now on.
func (k *Kernels) use(choices []Choice) {
	tuning := gpu.Tuning{}
	k.tuned, k.due = choices, false
	for _, c := range choices {
		tuning[c.Class] = c.Variant
	}
	k.device.SetTuning(tuning)
}

// Choices tells what the device uses for each class.
func (k *Kernels) Choices() []Choice {
	var all []Choice
	for _, class := range ops.Classes() {
		c := Choice{Class: class, Variant: ops.Chosen(k.device, class)}
		for _, t := range k.tuned {
			if t.Class == class && t.Variant == c.Variant {
				c.Milliseconds = t.Milliseconds
			}
		}
		all = append(all, c)
	}
	if ops.Multipliers(k.device.Info()) != nil {
		c := Choice{Class: ops.Multiply, Variant: ops.Multiplies(k.device)}
		if i := slices.IndexFunc(k.tuned, func(t Choice) bool { return t.Class == c.Class && t.Variant == c.Variant }); i >= 0 {
			c = k.tuned[i]
		}
		all = append(all, c)
	}
	return all
}

// Keep stores what was found, and the speed that the device has shown, for the next visit.
func (k *Kernels) Keep(ctx context.Context) error {
	if k.mode == Off {
		return nil
	}
	speed, known := k.device.Speed()
	if !known {
		speed = 0
	}
	return remember(ctx, k.store, k.device.Info(), k.tuned, speed)
}

// Limit is how long tuning may take while a person waits, and a fifth longer for the candidate under way. Where the device is slow, or
// its compiler, the classes that come last stay with their defaults.
const Limit = 4 * time.Second

// Tune times the candidates, makes the device use the fastest ones and keeps them. When it fails the device goes on as before.
func (k *Kernels) Tune(ctx context.Context, limit time.Duration, progress func(done, total int)) error {
	b := &bench{device: k.device, fence: k.device.NewBuffer("fence", 16)}
	defer b.fence.Destroy()
	before, info := k.device.Tuning(), k.device.Info()
	begin, forTiles, multipliers := time.Now(), limit, ops.Multipliers(info)
	if multipliers != nil {
		forTiles -= limit / 8
	}
	choices, err := search(ctx, ops.Classes(), ops.Candidates(info), forTiles, time.Now, b.time, progress)
	if err == nil && multipliers != nil {
		b.tiles = gpu.Tuning{}
		for _, c := range choices {
			b.tiles[c.Class] = c.Variant
		}
		var multiply []Choice
		multiply, err = search(ctx, []string{ops.Multiply}, multipliers, limit-time.Since(begin), time.Now, b.time, func(int, int) {})
		choices = append(choices, multiply...)
	}
	k.device.SetTuning(before)
	if err == nil {
		err = k.device.Err()
	}
	if err != nil {
		k.due = ctx.Err() != nil // what failed would fail again
		return err
	}
	if len(choices) == 0 { // so slow that the next visit would find no more
		choices = k.Choices()
	}
	k.use(choices)
	k.Keep(ctx) // else they are found again at the next visit
	return nil
}

// search times all candidates of all classes in their order, as far as the limit allows, and returns the fastest of each class that it
// came to. A candidate begins only if the longest one so far would still end in time. One that fails is out, and so is one that goes on for
// a fifth longer than all had.
func search(ctx context.Context, classes, candidates []string, limit time.Duration, now func() time.Time,
	timed func(ctx context.Context, class, candidate string) (milliseconds float64, err error), progress func(done, total int)) ([]Choice, error) {
	var choices []Choice
	begin := now()
	last, longest := begin, time.Duration(0)
	for i, class := range classes {
		best := Choice{Class: class, Milliseconds: math.Inf(1)}
		for j, candidate := range candidates {
			if last.Sub(begin)+longest > limit {
				break
			}
			progress(i*len(candidates)+j, len(classes)*len(candidates))
			own, cancel := context.WithTimeout(ctx, limit*6/5-last.Sub(begin))
			ms, err := timed(own, class, candidate)
			cancel()
			if ctx.Err() != nil || errors.Is(err, gpu.ErrLost) {
				return nil, errors.Join(err, ctx.Err())
			}
			if err == nil && ms < best.Milliseconds {
				best.Variant, best.Milliseconds = candidate, ms
			}
			at := now()
			longest, last = max(longest, at.Sub(last)), at
		}
		if best.Variant != "" {
			choices = append(choices, best)
		}
	}
	return choices, nil
}

// bench times candidates on a device.
type bench struct {
	device *gpu.Device
	fence  *gpu.Buffer
	tiles  gpu.Tuning // for the classes that are not timed
	class  string     // that was timed last
	times  int        // that its sample runs at once, so that the time can be told from a submission's
	runs   int        // in all
}

const (
	counted  = 3                    // runs that are timed; the fastest is what the device can do
	tellable = 4 * time.Millisecond // the least time of a run
	most     = 256                  // samples of a run
)

// time is how long the class's sample takes with a candidate, in milliseconds.
func (b *bench) time(ctx context.Context, class, candidate string) (float64, error) {
	if b.class != class {
		b.class, b.times = class, 1
		if err := b.compile(ctx, class); err != nil {
			return 0, err
		}
		took, err := b.fastest(ctx, candidate)
		if err != nil {
			return 0, err
		}
		if b.times = int(min(most, tellable/max(took, time.Microsecond))); b.times <= 1 {
			b.times = 1
			return milliseconds(took), nil
		}
	}
	took, err := b.fastest(ctx, candidate)
	return milliseconds(took) / float64(b.times), err
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// compile builds all candidates of a class at once. A processor compiles them one by one, because the limit may come before the last.
func (b *bench) compile(ctx context.Context, class string) error {
	if b.device.Info().Software || class == ops.Multiply { // a tape has one precision
		return nil
	}
	t := ops.NewTape(b.device)
	defer t.Close()
	for _, c := range ops.Candidates(b.device.Info()) {
		b.use(class, c)
		t.Sample(class, 1)
	}
	return t.Compile(ctx, nil)
}

// use makes the device record with a candidate.
func (b *bench) use(class, candidate string) {
	tuning := maps.Clone(b.tiles)
	if tuning == nil {
		tuning = gpu.Tuning{}
	}
	tuning[class] = candidate
	b.device.SetTuning(tuning)
}

// fastest is the shortest run of b.times samples. The first run, which may still compile something, does not count.
func (b *bench) fastest(ctx context.Context, candidate string) (time.Duration, error) {
	b.use(b.class, candidate)
	t := ops.NewTape(b.device)
	defer t.Close()
	t.Sample(b.class, b.times)
	if err := t.Compile(ctx, nil); err != nil {
		return 0, err
	}
	best := time.Duration(math.MaxInt64)
	for run := range 1 + counted {
		begin := time.Now()
		if err := t.Plan.Run(); err != nil {
			return 0, err
		}
		if _, err := b.device.Read(ctx, b.fence, 0, 16); err != nil {
			return 0, err
		}
		b.runs++
		if run > 0 {
			best = min(best, time.Since(begin))
		}
	}
	return best, nil
}
