package guide

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"reverie/gpu"
	"reverie/gpu/ops"
	"reverie/weights"
)

// Footprint is what a run takes of its device.
type Footprint struct {
	Bytes   int64   // of memory, with the model's weights
	Seconds float64 // of one update
}

// TooLarge is the error of a run for which the device has no room, with what would fit. Its text is a sentence for the person.
type TooLarge struct {
	Width, Height, Cutouts int // what was asked for
	Needs, Has             int64
	// FitWidth and FitHeight are the largest picture of like shape with as many cutouts, Fewer the most cutouts of a picture of that
	// size; 0 where there is none.
	FitWidth, FitHeight, Fewer int
	Half                       bool // in half precision it would fit
	Unsought                   bool // nobody looked for what would fit
}

func (e *TooLarge) Error() string {
	s := fmt.Sprintf("A picture of %d×%d with %d cutouts takes about %s of graphics memory and this device has about %s for it: ",
		e.Width, e.Height, e.Cutouts, gigabytes(e.Needs), gigabytes(e.Has))
	var choices []string
	if e.Unsought {
		choices = append(choices, "a smaller size", "fewer cutouts")
	}
	if e.FitWidth > 0 {
		choices = append(choices, fmt.Sprintf("a size up to %d×%d", e.FitWidth, e.FitHeight))
	}
	if e.Fewer > 0 {
		choices = append(choices, fmt.Sprintf("up to %d cutouts", e.Fewer))
	}
	if e.Half {
		choices = append(choices, "half precision")
	}
	if len(choices) == 0 {
		choices = append(choices, "a smaller model")
	}
	return s + "choose " + strings.Join(choices, " or ") + "."
}

func gigabytes(n int64) string { return fmt.Sprintf("%.1f GB", float64(n)/1e9) }

// Thrifts are ways to save memory for a number of cutouts, the one that costs the least time first: parts cost only that kernels get smaller,
// recomputing a tenth of a step in the decoder and a sixth in CLIP.
func Thrifts(cutouts int) []Thrift {
	part := func(least, parts int) int { return max(least, ceilDiv(cutouts, parts)) }
	list := []Thrift{{}}
	for _, t := range []Thrift{{Part: part(16, 8)}, {Part: part(8, 16)}, {Part: part(8, 16), Decoder: true},
		{Part: part(4, 32), Decoder: true, CLIP: true}, {Part: part(1, 64), Decoder: true, CLIP: true}} {
		if t.Part < cutouts || t.Decoder {
			list = append(list, t)
		}
	}
	return list
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

// record makes the least thrifty step that fits on the device.
func (r *Run) record(ctx context.Context, targets []Target, z []float32, progress Progress) error {
	list := Thrifts(r.config.Cutouts)
	if r.config.Thrift != (Thrift{}) {
		list = []Thrift{r.config.Thrift}
	}
	for _, thrift := range list {
		spec := r.spec(targets)
		spec.Thrift = thrift
		s, err := NewStep(r.model.device, spec)
		if err != nil {
			return err
		}
		if r.fits(s) {
			s.SetZ(z)
			if err = s.Compile(ctx, progress); err == nil {
				r.step = s
				return nil
			}
		}
		r.needs = r.bytes(s)
		s.Close()
		if err != nil && !errors.Is(err, gpu.ErrMemory) {
			return err
		}
	}
	return r.tooLarge(ctx, targets)
}

// fits says whether the device has room for a recorded step.
func (r *Run) fits(s *Step) bool {
	return s.tape.Plan.Memory().Largest <= r.model.device.Info().MaxBinding && r.bytes(s) <= r.room()
}

// bytes is what the device holds once the step is compiled.
func (r *Run) bytes(s *Step) int64 {
	used, _ := r.model.device.Used()
	return used + s.tape.Plan.Memory().Total + MostSubmitted*int64(s.reportBytes())
}

// room is the most that the device may hold.
func (r *Run) room() int64 {
	if r.config.Memory > 0 {
		return r.config.Memory
	}
	return r.model.device.Info().Memory
}

// tooLarge looks for what would fit.
func (r *Run) tooLarge(ctx context.Context, targets []Target) error {
	if err := r.model.wait(ctx, weights.PartImage); err != nil {
		return err
	}
	c := r.config
	e := &TooLarge{Width: c.Width, Height: c.Height, Cutouts: c.Cutouts, Needs: r.needs, Has: r.room(), Unsought: r.hasty, Half: r.hasty && !c.HalfPrecision}
	if r.hasty {
		return e
	}
	list := Thrifts(c.Cutouts)
	probe := func(height, width, cutouts int, half bool) (fits bool, bytes int64) {
		spec := r.spec(targets)
		spec.Height, spec.Width, spec.Cutouts, spec.HalfPrecision, spec.Thrift = height, width, cutouts, half, list[len(list)-1]
		s, err := NewStep(r.model.device, spec)
		if err != nil {
			return false, 0
		}
		defer s.Close()
		return r.fits(s), r.bytes(s)
	}
	f := r.model.Factor()
	h, w := c.Height/f, c.Width/f
	_, e.Needs = probe(h, w, c.Cutouts, c.HalfPrecision)
	longer := max(h, w)
	if k := most(longer, func(k int) bool {
		ok, _ := probe(max(1, h*k/longer), max(1, w*k/longer), c.Cutouts, c.HalfPrecision)
		return ok
	}); k > 0 {
		e.FitWidth, e.FitHeight = max(1, w*k/longer)*f, max(1, h*k/longer)*f
	}
	e.Fewer = most(c.Cutouts, func(k int) bool { ok, _ := probe(h, w, k, c.HalfPrecision); return ok })
	if !c.HalfPrecision {
		e.Half, _ = probe(h, w, c.Cutouts, true)
	}
	return e
}

// most is the largest number below n for which ok holds, or 0 if there is none; ok holds up to some number and not beyond.
func most(n int, ok func(int) bool) int {
	low := 0
	for high := n; high-low > 1; {
		if middle := (low + high) / 2; ok(middle) {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

// Footprint tells what the run takes.
func (r *Run) Footprint() Footprint {
	used, _ := r.model.device.Used()
	speed, _ := r.model.device.Speed()
	return Footprint{Bytes: used, Seconds: r.step.tape.Plan.Work() / speed}
}

// Calibrate measures the device's speed unless it is known, with a convolution as the decoder has them, of more and more pixels until
// the time can be told from that of a submission. It is an estimate: every update measures the speed anew.
func Calibrate(ctx context.Context, d *gpu.Device) error {
	const channels, enough = 128, 20 * time.Millisecond
	// A step has small kernels, too: 0.72 to 0.80 of the convolution's speed with the small pair on SwiftShader, at 64² and 128² with 4 and 16 cutouts.
	const wholeStep = 0.75
	for side := 16; side <= 256; side *= 2 {
		if _, known := d.Speed(); known {
			return nil
		}
		t := ops.NewTape(d)
		w := ops.Matrix{Taps: 9, Out: channels, In: channels, Buf: t.Buffer("calibration", 4*9*channels*channels)}
		bias := &ops.Vector{N: channels, Buf: t.Buffer("calibration", 4*channels)}
		y := t.Keep(t.Conv(t.Input(1, side, side, channels, false), w, bias, ops.Conv3x3, nil))
		took, err := timed(ctx, t, y)
		if err == nil && (took >= enough || side == 256) {
			d.SetSpeed(wholeStep * t.Plan.Work() / took.Seconds())
		}
		t.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// timed compiles a tape and tells how long its second run takes; the first one may still compile.
func timed(ctx context.Context, t *ops.Tape, y *ops.Tensor) (took time.Duration, err error) {
	if err := t.Compile(ctx, nil); err != nil {
		return 0, err
	}
	for range 2 {
		begin := time.Now()
		if err := t.Plan.Run(); err != nil {
			return 0, err
		}
		if _, err := t.Plan.Device().Read(ctx, y.Buf, 0, 16); err != nil {
			return 0, err
		}
		took = time.Since(begin)
	}
	return took, nil
}
