package guide

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"reverie/gpu/ops"
	"reverie/recipe"
	"reverie/recipe/preset"
	"reverie/recipe/prompt"
)

// moments that a run leaves behind: what it told, and where it was.
type trace struct {
	losses  []float64 // of all updates, one after another
	picture []byte
	state   *State
}

// goOn makes updates and the changes that are due up to a step, and adds what they tell.
func (tr *trace) goOn(t *testing.T, s *Session, until int) {
	t.Helper()
	ctx := context.Background()
	for s.Step() < until {
		if s.Due() {
			if _, err := s.Apply(ctx, quiet); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Submit(false); err != nil {
			t.Fatal(err)
		}
		report, err := s.Report(ctx)
		if err != nil {
			t.Fatal(err)
		}
		tr.losses = append(tr.losses, report.Losses...)
	}
}

// end is where the session is.
func (tr *trace) end(t *testing.T, s *Session) {
	t.Helper()
	ctx := context.Background()
	picture, err := s.Picture(ctx)
	if err != nil {
		t.Fatal(err)
	}
	tr.picture = picture.Pix
	if tr.state, err = s.Export(ctx); err != nil {
		t.Fatal(err)
	}
}

// same fails unless both runs are the same to the bit.
func (tr trace) same(t *testing.T, what string, want trace) {
	t.Helper()
	if !slices.Equal(tr.losses, want.losses) {
		t.Errorf("%s: other losses: %v, want %v", what, tr.losses, want.losses)
	}
	if !bytes.Equal(tr.picture, want.picture) {
		t.Errorf("%s: another picture", what)
	}
	if !bytes.Equal(bytesOf(t, tr.state), bytesOf(t, want.state)) {
		t.Errorf("%s: another state", what)
	}
}

// run makes a whole run.
func run(t *testing.T, c Config, steps int) trace {
	t.Helper()
	var tr trace
	s := open(t, c)
	defer s.Close()
	tr.goOn(t, s, steps)
	tr.end(t, s)
	return tr
}

// reopen takes a run up from the bytes of its state, with the ways to save memory that this chooses.
func reopen(t *testing.T, c Config, state *State) *Session {
	t.Helper()
	var err error
	if c.State, err = ParseState(bytesOf(t, state)); err != nil {
		t.Fatal(err)
	}
	c.Thrift = Thrift{}
	return open(t, c)
}

// gradual is a picture no two cutouts of which are alike.
var gradual = func() Picture {
	p := Picture{Width: 60, Height: 50}
	for y := range p.Height {
		for x := range p.Width {
			p.Pix = append(p.Pix, byte(4*x), byte(5*y), byte(2*x+2*y), 255)
		}
	}
	return p
}()

// A run that was taken up again goes on as if it had never been interrupted.
func TestRunsGoOnWhereTheyWere(t *testing.T) {
	const steps, half = 7, 3 // RAdam's rectification begins with the sixth
	r := small("a red apple | a blue heart:-0.5", preset.Upd, 7)
	for _, test := range []struct {
		name   string
		recipe recipe.Recipe
		thrift Thrift
	}{
		{"smooth, held to its start, with image prompts of one name", r.With(recipe.ImageLoss.Is("both"), recipe.Smoothness.Is(1), recipe.InitWeight.Is(1),
			recipe.ImagePrompts.Is([]prompt.Image{pull("p", 0.5), pull("p", 0.25)})), Thrift{}},
		{"with all losses of picture and latent", r.With(recipe.InitImage.Is("red"), recipe.InitClip.Is(1), recipe.InitSpherical.Is(1), recipe.InitCosine.Is(1), recipe.InitPixel.Is(1), recipe.InitDecay.Is("harmonic"),
			recipe.LatentSmoothness.Is(0.5), recipe.Saturation.Is(1), recipe.SymmetryWeight.Is(1), recipe.BorderWeight.Is(1), recipe.Palette.Is("ff0000 0000ff"), recipe.VignetteWeight.Is(1), recipe.InitEdges.Is(1),
			recipe.ImageLoss.Is("style"), recipe.ImagePrompts.Is([]prompt.Image{pull("p", 0.5)}), recipe.Transparent.Is("ffffff")), Thrift{}},
		{"with chosen augmentations", r.With(recipe.Augmentations.Is("elastic thinplate gauss resized rotation flip crop"), recipe.Regions.Is([]recipe.Region{{Prompt: 1, Mask: left}})), Thrift{}},
		{"with pixray's views", r.With(recipe.Preset.Is(preset.Pixray)), Thrift{}},
		{"with pytti's cutouts", r.With(recipe.Preset.Is(preset.Pytti), recipe.CutoutBorder.Is(0.25), recipe.BorderMode.Is("mirror")), Thrift{Part: 1}},
		{"nerdyrodent's latest", r.With(recipe.Preset.Is(preset.Latest)), Thrift{}},
		{"DiffGrad with plateaus", r.With(recipe.Optimizer.Is("diffgrad"), recipe.RateSchedule.Is("plateau"), recipe.Patience.Is(1), recipe.Keyframes.Is("smoothness 1:(0), 5:(2); learning_rate 0:(0.1), 6:(0.2)")), Thrift{}},
		{"shown as a mean, in part held", r.With(recipe.Averaging.Is(0.75), recipe.Hold.Is(left), recipe.InitPixel.Is(1)), Thrift{}},
		{"laid over again and again, in part held", r.With(recipe.Averaging.Is(0.5), recipe.Hold.Is(left), recipe.OverlayEvery.Is(2), recipe.OverlayOffset.Is(1), recipe.OverlayUntil.Is(6),
			recipe.InitImage.Is("red"), recipe.InitStrength.Is(0), recipe.OverlayAlpha.Is(0.5)), Thrift{}},
		{"half precision, AdamW, held to grey", r.With(recipe.Precision.Is("half"), recipe.Optimizer.Is("adamw"), recipe.InitWeight.Is(1), recipe.InitLoss.Is("nerdyrodent")), Thrift{}},
		{"thrifty, RAdam", r.With(recipe.Optimizer.Is("radam")), Thrift{Part: 1, Decoder: true, CLIP: true}},
		{"schedule-free, pooled", r.With(recipe.Optimizer.Is("schedule-free"), recipe.Preset.Is(preset.Pool)), Thrift{}},
		// The half comes between an update and a motion.
		{"moved, held to its frames", r.With(recipe.MotionEvery.Is(2), recipe.MotionFirst.Is(3), recipe.Keyframes.Is("zoom 0:(1), 6:(1.5); angle 0:(0), 6:(-20)"),
			recipe.MotionHold.Is("frame"), recipe.InitWeight.Is(1), recipe.InitPixel.Is(1), recipe.InitEdges.Is(1), recipe.Hold.Is(left)), Thrift{}},
		{"moved latent, schedule-free, which goes on", r.With(recipe.Optimizer.Is("schedule-free"), recipe.MotionEvery.Is(1), recipe.MotionIn.Is("latent"),
			recipe.MotionSampling.Is("bicubic"), recipe.MotionMemory.Is("keep"), recipe.ShiftX.Is(3), recipe.TurnX.Is(5), recipe.Precision.Is("half"), recipe.Averaging.Is(0.5)), Thrift{}},
		{"thrifty in half precision, schedule-free", r.With(recipe.Optimizer.Is("schedule-free"), recipe.Precision.Is("half")), Thrift{Part: 1, Decoder: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := config(test.recipe)
			c.Thrift, c.Init, c.Images = test.thrift, &red, map[string]Picture{"p": gradual}
			var before, want, got trace
			s := open(t, c)
			before.goOn(t, s, half)
			before.end(t, s)
			want.goOn(t, s, steps)
			want.end(t, s)
			s.Close()
			c.Init, c.Images = nil, nil // the state has what came of them
			s = reopen(t, c, before.state)
			if s.step.spec.Thrift != test.thrift {
				t.Errorf("taken up with %+v", s.step.spec.Thrift)
			}
			got.goOn(t, s, steps)
			got.end(t, s)
			got.same(t, "interrupted", want)
		})
	}
}

const steeredSteps = 12

// steeredWhole is the steered run, which is made once.
func steeredWhole(t *testing.T, c Config) trace {
	t.Helper()
	if wholeSteered.state == nil {
		wholeSteered = run(t, c, steeredSteps)
	}
	return wholeSteered
}

var wholeSteered trace

// What is steered by hand is a script, which does the same again.
func TestSteeringIsTheScript(t *testing.T) {
	ctx := context.Background()
	script, pictures := steered(), map[string]Picture{"p": gradual, "q": red}
	want := steeredWhole(t, Config{Script: script, Images: pictures})

	var got trace
	s := open(t, config(script.Recipe))
	for _, change := range script.Changes {
		got.goOn(t, s, change.Step)
		if _, err := s.Change(ctx, change.Set, pictures, quiet); err != nil {
			t.Fatal(err)
		}
	}
	got.goOn(t, s, steeredSteps)
	got.end(t, s)
	got.same(t, "by hand", want)
}

// At whatever step it is interrupted, a steered run goes on as if nothing had been. From each state one update leads to the next, so all
// further ones are the same.
func TestSteeredRunsGoOnFromEveryStep(t *testing.T) {
	script, pictures := steered(), map[string]Picture{"p": gradual, "q": red}
	c := Config{Script: script, Images: pictures}
	s := open(t, c)
	for step := range steeredSteps {
		var before, want, got trace
		before.end(t, s)
		want.goOn(t, s, step+1)
		want.end(t, s)
		again := reopen(t, c, before.state)
		got.goOn(t, again, step+1)
		got.end(t, again)
		again.Close()
		got.same(t, "interrupted", want)
	}
	var through trace
	through.end(t, s)
	if whole := steeredWhole(t, c); !bytes.Equal(whole.picture, through.picture) || !slices.Equal(whole.state.Z, through.state.Z) {
		t.Error("saving has changed the run")
	}
}

// Phases that follow at once are prompts that change.
func TestPhasesAreChangesOfThePrompt(t *testing.T) {
	const steps = 4
	const apple, heart, both = "a red apple", "a blue heart", "a red apple | a green tree:0.5"
	for _, test := range []struct {
		name, prompt, order string
		first               string
		changes             map[int]string
	}{
		{"the last phase holds", apple + " ^ " + heart, "hold", apple, map[int]string{1: heart}},
		{"the first phase follows", apple + " ^ " + heart, "loop", apple, map[int]string{1: heart, 2: apple, 3: heart}},
		{"a phase of fewer parts", both + " ^ " + heart, "hold", both, map[int]string{1: heart}},
	} {
		t.Run(test.name, func(t *testing.T) {
			phased := run(t, config(small(test.prompt, preset.Upd, 7, recipe.PhaseSteps.Is(1), recipe.PhaseOrder.Is(test.order))), steps)
			script := recipe.Script{Recipe: small(test.first, preset.Upd, 7)}
			for _, step := range slices.Sorted(maps.Keys(test.changes)) { // With takes away what was to change later
				script = script.With(step, recipe.Prompt.Is(test.changes[step]))
			}
			changed := run(t, Config{Script: script}, steps)
			if !slices.Equal(phased.state.Z, changed.state.Z) || !slices.EqualFunc(phased.state.Memory, changed.state.Memory, slices.Equal[[]float32]) ||
				!bytes.Equal(phased.picture, changed.picture) {
				t.Error("the phases gave another picture than the changes")
			}
			if told := slices.DeleteFunc(slices.Clone(phased.losses), func(l float64) bool { return l == 0 }); !slices.Equal(told, changed.losses) {
				t.Errorf("losses %v, with changes %v", phased.losses, changed.losses)
			}
		})
	}
}

// While phases blend, each update pulls to where they are just then.
func TestPhasesBlendOnTheDevice(t *testing.T) {
	ctx := context.Background()
	r := small("a red apple ^ a blue heart:-2:-0.5 | a green tree", preset.Upd, 7, recipe.PhaseSteps.Is(3), recipe.PhaseBlend.Is(2), recipe.PhaseOrder.Is("loop"))
	s := open(t, config(r))
	step := s.step
	var tr trace
	var before []Target
	for n := range 7 {
		tr.goOn(t, s, n+1)
		want := s.perceptors[0].targets.at(r, n)
		prompts, rows, err := s.step.spec.perceptors()[0].targetRows(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.step.tape.Read(ctx, s.step.goals[0].rows)
		if err != nil || !slices.Equal(got, rows) {
			t.Errorf("update %d pulls to other embeddings (%v)", n+1, err)
		}
		encoded := ops.EncodePrompts(prompts)
		if got, err := model.device.Read(ctx, s.step.goals[0].prompts, 0, len(encoded)); err != nil || !bytes.Equal(got, encoded) {
			t.Errorf("update %d has the prompts %x, want %x (%v)", n+1, got, encoded, err)
		}
		if sameTargets(want, before) {
			t.Errorf("update %d pulls to what the one before does", n+1)
		}
		before = want
	}
	if s.step != step {
		t.Error("phases recorded the step anew")
	}
}

// Numbers change in the step as it is; what makes another step keeps the state.
func TestChangesKeepTheState(t *testing.T) {
	ctx := context.Background()
	s := open(t, config(small("a red apple", preset.Upd, 7, recipe.InitWeight.Is(0.5), recipe.Smoothness.Is(1))))
	var tr trace
	tr.goOn(t, s, 2)
	for _, test := range []struct {
		anew bool
		set  recipe.Setting
	}{
		{false, recipe.LearningRate.Is(0.2)},
		{false, recipe.Prompt.Is("a red apple:3")},
		{false, recipe.Prompt.Is("a blue heart:0.5:-0.9")},
		{false, recipe.CutPow.Is(2)},
		{false, recipe.Flip.Is(0)},
		{false, recipe.Noise.Is(2)},
		{false, recipe.InitWeight.Is(0.25)},
		{false, recipe.Smoothness.Is(2)},
		{false, recipe.Steps.Is(1000)},
		{true, recipe.Smoothness.Is(0)},
		{true, recipe.Cutouts.Is(3)},
		{true, recipe.Preset.Is(preset.ZQ)},
		{true, recipe.Prompt.Is("a blue heart | a red apple")},
		{true, recipe.Precision.Is("half")},
		{true, recipe.Optimizer.Is("radam")}, // which remembers what Adam does
		{true, recipe.InitLoss.Is("nerdyrodent")},
	} {
		var before, after trace
		before.end(t, s)
		step := s.step
		if _, err := s.Change(ctx, recipe.Settings{test.set}, nil, quiet); err != nil {
			t.Fatal(err)
		}
		if anew := s.step != step; anew != test.anew {
			t.Errorf("%s %v: recorded anew: %t", test.set.Option.Name, test.set.Value, anew)
		}
		after.end(t, s)
		if !slices.Equal(before.state.Z, after.state.Z) || !slices.EqualFunc(before.state.Memory, after.state.Memory, slices.Equal[[]float32]) ||
			before.state.Count != after.state.Count || after.state.Step != 2 {
			t.Errorf("%s changed the state", test.set.Option.Name)
		}
		// Half precision makes another picture of the same latent.
		if test.set.Option != recipe.Precision.Option && !bytes.Equal(before.picture, after.picture) {
			t.Errorf("%s changed the picture", test.set.Option.Name)
		}
	}
}

// What does not fit is said, and the run goes on as if nobody had asked.
func TestChangesThatDoNotFit(t *testing.T) {
	ctx := context.Background()
	r := small("a red apple", preset.Upd, 7, recipe.ImagePrompts.Is([]prompt.Image{pull("p", 0.5)}))
	c := config(r)
	c.Images = map[string]Picture{"p": gradual}
	want := run(t, c, 3)
	var got trace
	s := open(t, c)
	got.goOn(t, s, 2)
	s.config.Memory = s.Footprint().Bytes + 1<<16
	_, err := s.Change(ctx, recipe.Settings{recipe.Prompt.Is("a blue heart"), recipe.Cutouts.Is(64), recipe.Optimizer.Is("schedule-free"),
		recipe.ImagePrompts.Is([]prompt.Image{pull("q", 1)})}, map[string]Picture{"q": red}, quiet)
	var large *TooLarge
	if !errors.As(err, &large) || large.Cutouts != 64 || large.Fewer >= 64 || !strings.HasPrefix(err.Error(), "A picture of 32×40 with 64 cutouts takes") {
		t.Fatalf("%v", err)
	}
	if !s.Usable() || len(s.Script().Changes) != 0 || s.Due() {
		t.Errorf("usable %t, due %t, %+v", s.Usable(), s.Due(), s.Script())
	}
	got.goOn(t, s, 3)
	got.end(t, s)
	got.same(t, "after a change that does not fit", want)
}

// poke makes an element of the latent no number.
func poke(s *Session, element int) {
	s.step.Device().Write(s.step.Z.Buf, 4*element, binary.LittleEndian.AppendUint32(nil, math.Float32bits(float32(math.NaN()))))
}

// A run that goes astray names the update, the kernel and the tensor, and gives the state before.
func TestAstrayRunsKeepTheLastSoundState(t *testing.T) {
	ctx := context.Background()
	script := recipe.Script{Recipe: small("a red apple", preset.Upd, 7, recipe.InitWeight.Is(1))}
	want := run(t, Config{Script: script}, 3)
	// So much that it is infinite as a float32, and times the distance of what has not moved no number.
	script = script.With(2, recipe.Cutouts.Is(2), recipe.Smoothness.Is(0)).With(3, recipe.InitWeight.Is(1e39)).With(4, recipe.LearningRate.Is(0.2))
	s := open(t, Config{Script: script})
	var tr trace
	tr.goOn(t, s, 4)
	if !finite(tr.losses[:6]) || finite(tr.losses) {
		t.Fatalf("losses %v, want that the fourth update's are no numbers", tr.losses)
	}
	if _, err := s.Export(ctx); !errors.Is(err, ErrAstray) {
		t.Errorf("exported: %v", err)
	}
	state, err := s.Astray(ctx)
	if err == nil || !strings.HasPrefix(err.Error(), "The run went astray at step 4 (loss, initloss.wgsl: element ") || !strings.Contains(err.Error(), "choose a lower") {
		t.Errorf("%v", err)
	}
	if state == nil || state.Step != 3 || len(state.Script.Changes) != 2 || s.Usable() {
		t.Fatalf("usable %t, state %+v", s.Usable(), state)
	}
	if !slices.Equal(state.Z, want.state.Z) || !slices.Equal(state.Tokens, want.state.Tokens) || !slices.EqualFunc(state.Memory, want.state.Memory, slices.Equal[[]float32]) {
		t.Error("the state is not that after the third update")
	}
	tr = trace{}
	tr.goOn(t, reopen(t, Config{Script: state.Script.Until(2)}, state), 4)
	if !finite(tr.losses) {
		t.Errorf("without the change that led astray the losses are %v", tr.losses)
	}
}

// A state that was astray from the beginning is found where it is read.
func TestAstrayFromTheBeginning(t *testing.T) {
	ctx := context.Background()
	c := config(small("a red apple", preset.Upd, 7, recipe.InitWeight.Is(1)))
	state := run(t, c, 1).state
	state.Z = slices.Clone(state.Z)
	state.Z[70] = float32(math.NaN())
	s := reopen(t, c, state)
	if _, err := s.Export(ctx); !errors.Is(err, ErrAstray) {
		t.Errorf("exported: %v", err)
	}
	found, err := s.Astray(ctx)
	if found != nil || err == nil || !strings.Contains(err.Error(), "astray at step 2 (codebook, contract.wgsl: element 70 of 1280 of the latent z that it reads is NaN or infinite): start it again.") {
		t.Errorf("%+v, %v", found, err)
	}
}

// What does not happen again was the device's fault, and costs nothing.
func TestAstrayOnce(t *testing.T) {
	ctx := context.Background()
	c := config(small("a red apple", preset.Upd, 7, recipe.InitWeight.Is(1)))
	want := run(t, c, 3)
	s := open(t, c)
	var tr trace
	tr.goOn(t, s, 2)
	poke(s, 70)
	if _, err := s.Export(ctx); !errors.Is(err, ErrAstray) {
		t.Errorf("exported: %v", err)
	}
	tr.goOn(t, s, 3)
	if finite(tr.losses) {
		t.Errorf("losses %v", tr.losses)
	}
	state, err := s.Astray(ctx)
	if err == nil || !strings.Contains(err.Error(), "did not when it was made again") {
		t.Errorf("%v", err)
	}
	if state == nil || !bytes.Equal(bytesOf(t, state), bytesOf(t, want.state)) {
		t.Errorf("the state is not that of the run")
	}
}
