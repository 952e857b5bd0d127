package guide

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"reverie/gpu"
	"reverie/recipe"
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
	Window                     int  // in windows of so many pixels it would fit, or, unsought, may; 0 where it would not
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
	if e.Window > 0 {
		choices = append(choices, fmt.Sprintf("a window of %d pixels", e.Window))
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

// record makes the least thrifty step of a recipe that fits on the device, with a state in it, and its view.
func (s *Session) record(ctx context.Context, r recipe.Recipe, state *State, progress Progress) error {
	list := Thrifts(recipe.Cutouts.In(r))
	if s.thrift != (Thrift{}) {
		list = []Thrift{s.thrift}
	}
	for _, thrift := range list {
		breathe()
		spec := s.spec(r, s.targetsOf(r))
		spec.Thrift = thrift
		step, err := NewStep(s.model.device, spec)
		if err != nil {
			return err
		}
		if s.fits(step) {
			s.carry(step, state)
			if err = step.Compile(ctx, progress); err == nil {
				s.step, s.pulled = step, changedTargets
				if s.view, err = NewView(ctx, step); err != nil {
					return err
				}
				if s.motion, err = s.equip(ctx, r, progress); err != nil {
					return err
				}
				if s.overlay, err = s.newOverlay(ctx, r, progress); err != nil {
					return err
				}
				if err = s.setPictures(ctx); err != nil {
					return err
				}
				return s.setFirst(ctx)
			}
		}
		s.needs = s.bytes(step)
		step.Close()
		if err != nil && !errors.Is(err, gpu.ErrMemory) {
			return err
		}
	}
	return s.tooLarge(ctx, r)
}

// setPictures hands the step the pictures of the image prompts that pull by their pixels, or their styles.
func (s *Session) setPictures(ctx context.Context) error {
	images := s.perceptors[0].images // of a forecast there are none
	for i, x := range s.step.pictures[:min(len(s.step.pictures), len(images))] {
		s.step.tape.Write(x, images[i].colours())
	}
	for i, x := range s.step.styles[:min(len(s.step.styles), len(images))] {
		goal, err := s.styleOf(ctx, i, images[i].colours())
		if err != nil {
			return err
		}
		s.step.tape.Write(x, goal)
	}
	return nil
}

// colours are those of an image prompt's pixels, in [0, 1].
func (i ImageState) colours() []float32 {
	values := make([]float32, 0, len(i.Pixels)/4*3)
	for pixel := range slices.Chunk(i.Pixels, 4) {
		values = append(values, scaled(pixel[:3], 1.0/255, 0)...)
	}
	return values
}

// setFirst hands the step the picture that the run started from, as the model draws it, if a loss pulls there.
func (s *Session) setFirst(ctx context.Context) error {
	if s.step.first == nil {
		return nil
	}
	t := s.step.tape
	shown, err := t.Read(ctx, s.step.Shown)
	if err != nil {
		return err
	}
	t.Write(s.step.Shown, s.z0)
	defer t.Write(s.step.Shown, shown)
	if err := s.view.Tape.Plan.Run(); err != nil {
		return err
	}
	picture, err := s.view.Tape.Read(ctx, s.view.Picture)
	if err != nil {
		return err
	}
	t.Write(s.step.first, picture)
	return nil
}

// fits says whether the device has room for a recorded step.
func (s *Session) fits(step *Step) bool {
	return step.tape.Plan.Memory().Largest <= s.model.device.Info().MaxBinding && s.bytes(step) <= s.room()
}

// bytes is what the device holds once the step is compiled.
func (s *Session) bytes(step *Step) int64 {
	used, _ := s.model.device.Used()
	return used + step.tape.Plan.Memory().Total + MostSubmitted*int64(step.reportBytes())
}

// room is the most that the device may hold.
func (s *Session) room() int64 {
	if s.config.Memory > 0 {
		return s.config.Memory
	}
	return s.model.device.Info().Memory
}

// tooLarge looks for what would fit.
func (s *Session) tooLarge(ctx context.Context, r recipe.Recipe) error {
	if err := s.waitForImages(ctx); err != nil {
		return err
	}
	width, height := s.Size()
	cuts, half := recipe.Cutouts.In(r), recipe.Precision.In(r) == "half"
	e := &TooLarge{Width: width, Height: height, Cutouts: cuts, Needs: s.needs, Has: s.room(), Unsought: s.hasty, Half: s.hasty && !half}
	if s.hasty {
		if inWindows(r, usualWindow) {
			e.Window = usualWindow
		}
		return e
	}
	list := Thrifts(cuts)
	probe := func(height, width, cutouts int, half bool) (fits bool, bytes int64) {
		spec := s.spec(r, s.targetsOf(r))
		spec.Height, spec.Width, spec.Cutouts, spec.HalfPrecision, spec.Thrift = height, width, cutouts, half, list[len(list)-1]
		if ctx.Err() != nil {
			return false, 0
		}
		breathe()
		step, err := NewStep(s.model.device, spec)
		if err != nil {
			return false, 0
		}
		defer step.Close()
		return s.fits(step), s.bytes(step)
	}
	f := s.model.Factor()
	h, w := s.tokens()
	_, e.Needs = probe(h, w, cuts, half)
	longer := max(h, w)
	if k := most(longer, func(k int) bool {
		ok, _ := probe(max(1, h*k/longer), max(1, w*k/longer), cuts, half)
		return ok
	}); k > 0 {
		e.FitWidth, e.FitHeight = max(1, w*k/longer)*f, max(1, h*k/longer)*f
	}
	e.Fewer = most(cuts, func(k int) bool { ok, _ := probe(h, w, k, half); return ok })
	if !half {
		e.Half, _ = probe(h, w, cuts, true)
	}
	whole := r
	for side := usualWindow; e.Window == 0 && side >= 2*f; side /= 2 {
		if !inWindows(whole, side) {
			continue
		}
		r = whole.With(recipe.Window.Is(side)) // for probe
		if ok, _ := probe(h, w, cuts, half); ok {
			e.Window = side
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return e
}

// usualWindow is the side in pixels of the largest windows that are proposed.
const usualWindow = 512

// inWindows says whether a recipe can be drawn in windows of that side, and is not yet in any.
func inWindows(r recipe.Recipe, side int) bool {
	with := r.With(recipe.Window.Is(side))
	_, _, err := with.Check(1)
	return !r.Windowed() && with.Windowed() && err == nil
}

// breathe lets the browser's event loop turn, which it does while no goroutine runs: a worker that records one step after another must not seem
// to be dead.
func breathe() { time.Sleep(time.Millisecond) }

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
func (s *Session) Footprint() Footprint {
	used, _ := s.model.device.Used()
	speed, _ := s.model.device.Speed()
	return Footprint{Bytes: used, Seconds: s.step.tape.Plan.Work() / speed}
}
