//go:build !js

package guide

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"reverie/recipe"
	"reverie/recipe/preset"
	"reverie/recipe/prompt"
	"reverie/weights"
	"reverie/weights/folder"
	"reverie/weights/mini"
)

// pair is the embedded pair's manifest.
func pair(t testing.TB) *weights.Manifest {
	t.Helper()
	m, err := folder.Manifest(mini.FS)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// plan begins a session on a planner.
func plan(t *testing.T, script recipe.Script, adjust func(*Config)) (*Session, error) {
	t.Helper()
	ctx := context.Background()
	m, c, err := describable(ctx, pair(t), script)
	if err != nil {
		t.Fatal(err)
	}
	adjust(&c)
	s, _, err := NewSession(ctx, m, c, quiet)
	if err == nil {
		t.Cleanup(s.Close)
	}
	return s, err
}

func mustPlan(t *testing.T, script recipe.Script) *Session {
	t.Helper()
	s, err := plan(t, script, func(*Config) {})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// oneUpdate makes one, and the change that is due before it.
func oneUpdate(t *testing.T, s *Session) {
	t.Helper()
	if err := s.repeat(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func TestDueAndFinished(t *testing.T) {
	ctx := context.Background()
	script := recipe.Script{Recipe: small("a red apple", preset.ZQ, 7, recipe.Steps.Is(3))}.
		With(1, recipe.LearningRate.Is(0.2)).With(3, recipe.Steps.Is(5)).With(5, recipe.Endless.Is(true)).With(6, recipe.Endless.Is(false))
	s := mustPlan(t, script)
	for step, want := range []struct{ due, finished, left bool }{ // before and after what is due
		{false, false, false}, {true, false, false}, {false, false, false}, {true, true, false}, {false, false, false}, {true, true, false}, {true, false, true},
	} {
		if s.Step() != step || s.Due() != want.due || s.Finished() != want.finished {
			t.Errorf("after step %d of %d: due %t, finished %t; want %+v", s.Step(), step, s.Due(), s.Finished(), want)
		}
		if _, err := s.Apply(ctx, quiet); err != nil {
			t.Fatal(err)
		}
		if s.Due() || s.Finished() != want.left {
			t.Errorf("after step %d and its changes: due %t, finished %t; want %+v", step, s.Due(), s.Finished(), want)
		}
		if step < 6 {
			oneUpdate(t, s)
		}
	}
	if none := mustPlan(t, recipe.Script{Recipe: small("a red apple", preset.ZQ, 7, recipe.Steps.Is(0))}); !none.Finished() || none.Due() {
		t.Error("a run of no steps is not finished")
	}
}

// Where the script says how often, nobody else does.
func TestShowEvery(t *testing.T) {
	for _, c := range []struct {
		every int
		asked bool
		want  string // of the updates after 0 to 6 others
	}{{0, false, "       "}, {0, true, "xxxxxxx"}, {3, false, "x  x  x"}, {3, true, "x  x  x"}} {
		s := &Session{now: recipe.New(recipe.ShowEvery.Is(c.every))}
		got := ""
		for step := range 7 {
			got += map[bool]string{true: "x", false: " "}[s.shows(step, c.asked)]
		}
		if got != c.want {
			t.Errorf("every %d, asked for: %t: shows %q, want %q", c.every, c.asked, got, c.want)
		}
	}
}

// A change is due once the updates before it are begun, though not reported.
func TestDueWithUpdatesUnderWay(t *testing.T) {
	ctx := context.Background()
	s := mustPlan(t, recipe.Script{Recipe: small("a red apple", preset.ZQ, 7)}.With(2, recipe.LearningRate.Is(0.2)))
	for range 2 {
		if s.Due() {
			t.Error("due too early")
		}
		if err := s.Submit(false); err != nil {
			t.Fatal(err)
		}
	}
	if !s.Due() {
		t.Error("not due after two updates were begun")
	}
	if _, err := s.Apply(ctx, quiet); err == nil {
		t.Error("applied while updates are under way")
	}
	if _, err := s.Change(ctx, recipe.Settings{recipe.CutPow.Is(2)}, nil, quiet); err == nil || len(s.Script().Changes) != 1 {
		t.Errorf("changed while updates are under way: %v", err)
	}
	if _, err := s.Export(ctx); err == nil {
		t.Error("exported while updates are under way")
	}
}

// Numbers of a step change at once: what the next update writes is another, the step is the same.
func TestLiveChangesRecordNothing(t *testing.T) {
	ctx := context.Background()
	from := small("a red apple ^ a blue heart", preset.Upd, 7, recipe.Width.Is(96), recipe.Height.Is(88), recipe.Cutouts.Is(8), recipe.InitWeight.Is(1),
		recipe.Smoothness.Is(1), recipe.Optimizer.Is("adamw"), recipe.PhaseSteps.Is(4), recipe.ImagePrompts.Is([]prompt.Image{{Name: "a", Weight: 1, Stop: prompt.NoStop}}))
	placed := from.With(recipe.Regions.Is([]recipe.Region{{Prompt: 0, Mask: left}}), recipe.Hold.Is(left))
	menu := from.With(recipe.Augmentations.Is("rotation elastic thinplate crop resized gauss"))
	pool := from.With(recipe.Preset.Is(preset.Pool))
	losses := from.With(recipe.InitSpherical.Is(1), recipe.InitCosine.Is(1), recipe.InitPixel.Is(1), recipe.InitDecay.Is("drops"), recipe.LatentSmoothness.Is(1),
		recipe.Saturation.Is(1), recipe.SymmetryWeight.Is(1), recipe.BorderWeight.Is(1), recipe.Palette.Is("ff0000"), recipe.VignetteWeight.Is(1), recipe.InitEdges.Is(1))
	starts := strings.Join([]string{StageInitLoss, StageSpherical, StageCosine, StageEdges, StagePixels}, ", ") // all start weights
	const targets = "targets"
	tried := map[*recipe.Option]bool{recipe.Steps.Option: true, recipe.Endless.Option: true, // see TestDueAndFinished
		recipe.Patience.Option: true, recipe.AutoStop.Option: true, // see TestPlateau and TestAutoStop
		recipe.ShowEvery.Option: true} // see TestShowEvery
	for _, c := range []struct {
		from recipe.Recipe
		set  recipe.Setting
		want string // the only stage whose numbers change, or targets
	}{
		{from, recipe.LearningRate.Is(0.2), StageUpdate},
		{from, recipe.WeightDecay.Is(0.5), StageUpdate},
		{from, recipe.RateSchedule.Is("cosine"), StageUpdate},
		{from.With(recipe.RateSchedule.Is("drop")), recipe.RateDrop.Is("0"), StageUpdate},
		{from, recipe.CutPow.Is(2.0), StageCutouts},
		{from, recipe.InitWeight.Is(0.5), StageInitLoss},
		{from, recipe.Smoothness.Is(2.0), StageSmoothness},
		{losses, recipe.InitSpherical.Is(2.0), StageSpherical},
		{losses, recipe.InitCosine.Is(2.0), StageCosine},
		{losses, recipe.InitPixel.Is(2.0), StagePixels},
		{losses, recipe.InitEdges.Is(2.0), StageEdges},
		{losses, recipe.InitDecay.Is("harmonic"), starts},
		{from.With(recipe.InitImage.Is("a"), recipe.InitClip.Is(1)), recipe.InitClip.Is(2), targets},
		{losses, recipe.InitDecaySteps.Is(3), starts}, // after 5 updates one drop
		{losses.With(recipe.InitDecaySteps.Is(3)), recipe.InitDecayDrops.Is(2), starts},
		{losses, recipe.LatentSmoothness.Is(2.0), StageLatent},
		{losses, recipe.Saturation.Is(2.0), StageSaturation},
		{losses, recipe.SymmetryWeight.Is(2.0), StageSymmetry},
		{losses, recipe.BorderWeight.Is(2.0), StageBorder},
		{losses, recipe.BorderColor.Is("00ff00"), StageBorder},
		{losses, recipe.BorderWidth.Is(0.25), StageBorder},
		{losses, recipe.Palette.Is("ff0000 00ff00"), StagePalette},
		{losses, recipe.PaletteWeight.Is(2.0), StagePalette},
		{losses, recipe.VignetteWeight.Is(2.0), StageVignette},
		{losses, recipe.VignetteColor.Is("00ff00"), StageVignette},
		{losses, recipe.VignetteWidth.Is(0.5), StageVignette},
		{losses.With(recipe.Transparent.Is("ffffff")), recipe.TransparentWeight.Is(4.0), StageTransparent},
		{losses.With(recipe.Transparent.Is("ffffff")), recipe.TransparentWidth.Is(0.25), StageTransparent},
		{from.With(recipe.ImageLoss.Is("style")), recipe.ImagePrompts.Is([]prompt.Image{{Name: "a", Weight: 0.5, Stop: prompt.NoStop}}), StageImageStyle + " 0"},
		{from, recipe.Flip.Is(0.25), preset.Affine},
		{from, recipe.Sharpness.Is(0.25), preset.Sharpness},
		{from, recipe.Affine.Is(0.25), preset.Affine},
		{from, recipe.Perspective.Is(0.25), preset.Perspective},
		{from, recipe.Jitter.Is(0.25), preset.Jitter},
		{pool, recipe.Erase.Is(0.25), preset.Erase},
		{from, recipe.Noise.Is(0.25), preset.Noise},
		{menu, recipe.Rotation.Is(0.25), preset.Rotation},
		{menu, recipe.Elastic.Is(0.25), preset.Elastic},
		{menu, recipe.ThinPlate.Is(0.25), preset.ThinPlate},
		{menu, recipe.Crop.Is(0.25), preset.Crop},
		{menu, recipe.Resized.Is(0.25), preset.Resized},
		{menu, recipe.Gauss.Is(0.25), preset.Gauss},
		{placed, recipe.Regions.Is([]recipe.Region{{Prompt: 1, Mask: left}}), StageRegions},
		{placed, recipe.Hold.Is(upper), StageHold},
		{placed, recipe.Flip.Is(0.25), preset.Affine + ", " + StageRegions}, // a cutout that is mirrored sees another half
		{from.With(recipe.Averaging.Is(0.5)), recipe.Averaging.Is(0.75), StageAverage},
		{from.With(recipe.Coherence.Is(0.5)), recipe.Coherence.Is(1.0), StageCoherence},
		{from, recipe.Dream.Is(upper), ""},       // changes the latent: see TestDreamAnew
		{from, recipe.PhaseSteps.Is(6), targets}, // in the first phase again
		{from.With(recipe.PhaseSteps.Is(6)), recipe.PhaseBlend.Is(1), targets},
		{from.With(recipe.PhaseSteps.Is(2)), recipe.PhaseOrder.Is("loop"), targets},
		{from, recipe.Prompt.Is("a red apple ^ a blue heart:2"), targets},
		{from, recipe.Prompt.Is("a red apple ^ a green tree"), targets},
		{from, recipe.ImagePrompts.Is([]prompt.Image{{Name: "a", Weight: 0.5, Stop: prompt.NoStop}}), targets},
		{from.With(recipe.ImageLoss.Is("both")), recipe.ImagePrompts.Is([]prompt.Image{{Name: "a", Weight: 0.5, Stop: prompt.NoStop}}), StageImagePixels + " 0, " + targets},
	} {
		tried[c.set.Option] = true
		s, control := mustPlan(t, recipe.Script{Recipe: c.from}), mustPlan(t, recipe.Script{Recipe: c.from})
		for range 5 { // into the second phase
			oneUpdate(t, s)
			oneUpdate(t, control)
		}
		step := s.step
		for _, text := range s.model.texts(recipe.Script{Recipe: c.from.With(c.set)}) {
			s.model.embedded[text] = madeUp(text, s.model.manifest.CLIP.EmbedDim)
		}
		if _, err := s.Change(ctx, recipe.Settings{c.set}, nil, quiet); err != nil {
			t.Fatal(err)
		}
		if s.step != step {
			t.Errorf("%s: the step was recorded anew", c.set.Option.Name)
		}
		pulled := s.perceptors[0].targets.at(s.now, s.begun)
		oneUpdate(t, s)
		oneUpdate(t, control)
		var changed []string
		for _, stage := range slices.Sorted(maps.Keys(control.step.written)) {
			if !bytes.Equal(control.step.written[stage], s.step.written[stage]) {
				changed = append(changed, stage)
			}
		}
		if !sameTargets(pulled, control.perceptors[0].targets.at(control.now, control.begun-1)) {
			changed = append(changed, targets)
		}
		if got := strings.Join(changed, ", "); got != c.want {
			t.Errorf("%s: changed the numbers of %q, want %q", c.set.Option.Name, got, c.want)
		}
	}
	for _, o := range recipe.Options() {
		if o.During == recipe.TakesAtOnce && !tried[o] && o.Group != recipe.Moving { // a motion is no part of the step: see motion_test.go
			t.Errorf("%s is not tried", o.Name)
		}
	}
}

// What is dreamt anew twice at one step stays in the script.
func TestDreamsOfOneStepAddUp(t *testing.T) {
	ctx := context.Background()
	s := mustPlan(t, recipe.Script{Recipe: small("a red apple", preset.Upd, 7)})
	for _, mask := range []recipe.Mask{left, upper, nil} {
		if _, err := s.Change(ctx, recipe.Settings{recipe.Dream.Is(mask)}, nil, quiet); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.Script().DreamAt(0); len(got) != 2 || !slices.Equal(got[0].Rectangle, left[0].Rectangle) || !slices.Equal(got[1].Rectangle, upper[0].Rectangle) {
		t.Errorf("the script dreams %+v", got)
	}
	erase := recipe.Mask{{Rectangle: []float64{0, 0, 1, 1}, Erase: true}}
	if _, err := s.Change(ctx, recipe.Settings{recipe.Dream.Is(erase)}, nil, quiet); err == nil || !strings.Contains(err.Error(), "make a step before the next") {
		t.Errorf("%v", err)
	}
	oneUpdate(t, s)
	if s.dreamt(1) != nil {
		t.Error("dreams again at the next step")
	}
}

// Every change of the steered script makes the next update another one.
func TestSteeredChangesDoSomething(t *testing.T) {
	script := steered()
	for i, change := range script.Changes {
		without := recipe.Script{Recipe: script.Recipe, Changes: slices.Delete(slices.Clone(script.Changes), i, i+1)}
		if slices.Equal(describe(t, script, change.Step), describe(t, without, change.Step)) {
			t.Errorf("without the change after step %d the next update is the same", change.Step)
		}
	}
}

// What belongs to a run as a whole cannot change, neither by hand nor by the script.
func TestChangesThatNeedANewRun(t *testing.T) {
	ctx := context.Background()
	start := recipe.Script{Recipe: small("a red apple", preset.ZQ, 7)}
	for _, set := range []recipe.Setting{recipe.Width.Is(64), recipe.Height.Is(64), recipe.Model.Is("other"), recipe.Seed.Is(8), recipe.InitImage.Is("a.png")} {
		s := mustPlan(t, start)
		oneUpdate(t, s)
		step := s.step
		_, err := s.Change(ctx, recipe.Settings{recipe.LearningRate.Is(0.2), set}, nil, quiet)
		want := set.Option.Label + " belongs to a run as a whole: start a new run to change it."
		if err == nil || err.Error() != want {
			t.Errorf("by hand: %v, want %s", err, want)
		}
		if s.step != step || len(s.Script().Changes) != 0 || recipe.LearningRate.In(s.now) != 0.1 {
			t.Errorf("%s changed something: %+v", set.Option.Name, s.Script())
		}
		s = mustPlan(t, start.With(1, set))
		oneUpdate(t, s)
		if _, err := s.Apply(ctx, quiet); err == nil || err.Error() != want || !s.Due() {
			t.Errorf("by the script: %v, want %s", err, want)
		}
	}
	// The same as before is no change, nor is what comes to the same.
	s := mustPlan(t, start)
	if _, err := s.Change(ctx, recipe.Settings{recipe.Width.Is(33), recipe.Seed.Is(7)}, nil, quiet); err != nil {
		t.Errorf("the size and the seed that the run has: %v", err)
	}
}

// A run goes on only with what it was made with.
func TestStatesOfOtherRuns(t *testing.T) {
	script := recipe.Script{Recipe: small("a red apple", preset.ZQ, 7)}
	state, err := mustPlan(t, script).Export(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		script recipe.Script
		change func(*State)
		want   string // in the error, or "" for none
	}{
		{"its own", script, func(*State) {}, ""},
		{"another prompt", recipe.Script{Recipe: small("a blue heart", preset.Upd, 9)}, func(*State) {}, ""},
		{"another model", script, func(s *State) { s.Model = "imagenet" }, `the model "imagenet": choose that model`},
		{"other weights", script, func(s *State) { s.Weights = "0" }, `The model "mini" has changed`},
		{"another size", recipe.Script{Recipe: script.Recipe.With(recipe.Width.Is(64))}, func(*State) {}, "32×40 pixels"},
		{"turned", recipe.Script{Recipe: script.Recipe.With(recipe.Width.Is(40), recipe.Height.Is(32))}, func(*State) {}, "32×40 pixels"},
		{"another overlay", script, func(s *State) { s.Overlay = make([]byte, 4) }, "32×40 pixels"},
		{"another latent", script, func(s *State) { s.Z = s.Z[1:] }, "32×40 pixels"},
	} {
		given := *state
		test.change(&given)
		_, err := plan(t, test.script, func(c *Config) { c.State = &given })
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
	}
}

// Who gave a state may use it again.
func TestSessionsLeaveTheStateTheyComeFrom(t *testing.T) {
	ctx := context.Background()
	first := mustPlan(t, recipe.Script{Recipe: small("a red apple", preset.ZQ, 7)})
	oneUpdate(t, first)
	state, err := first.Export(ctx)
	if err != nil {
		t.Fatal(err)
	}
	before := bytesOf(t, state)
	s, err := plan(t, recipe.Script{Recipe: small("a blue heart", preset.Upd, 9, recipe.Optimizer.Is("radam"))}, func(c *Config) { c.State = state })
	if err != nil {
		t.Fatal(err)
	}
	oneUpdate(t, s)
	if !bytes.Equal(bytesOf(t, state), before) {
		t.Error("the state has changed")
	}
}

// What changes while a run is saved decides how the run is taken up: as it would have gone on.
func TestThriftOfARunThatIsTakenUp(t *testing.T) {
	ctx := context.Background()
	script := recipe.Script{Recipe: small("a red apple", preset.ZQ, 7, recipe.Cutouts.Is(32))}.With(1, recipe.Cutouts.Is(2)).With(2, recipe.LearningRate.Is(0.2))
	few := mustPlan(t, recipe.Script{Recipe: script.At(1)})
	room := few.bytes(few.step) + 1<<20 // no room for 32 cutouts at once
	s, err := plan(t, script, func(c *Config) { c.Memory = room })
	if err != nil {
		t.Fatal(err)
	}
	for step := range 3 {
		state, err := s.Export(ctx)
		if err != nil {
			t.Fatal(err)
		}
		again, err := plan(t, script, func(c *Config) { c.Memory, c.State = room, state })
		if err != nil {
			t.Fatal(err)
		}
		oneUpdate(t, s)
		if plain := s.step.spec.Thrift == (Thrift{}); plain != (step > 0) {
			t.Errorf("step %d goes by %+v", step, s.step.spec.Thrift)
		}
		if again.step.spec.Thrift != s.step.spec.Thrift {
			t.Errorf("step %d goes by %+v, and taken up by %+v", step, s.step.spec.Thrift, again.step.spec.Thrift)
		}
	}
}

// Where there is not even room any more for what a run was, its state is not lost.
func TestStateOfARunThatCannotGoOn(t *testing.T) {
	ctx := context.Background()
	script := recipe.Script{Recipe: small("a red apple", preset.ZQ, 7)}
	s, control := mustPlan(t, script), mustPlan(t, script)
	oneUpdate(t, s)
	oneUpdate(t, control)
	want, err := control.Export(ctx)
	if err != nil {
		t.Fatal(err)
	}
	want.Tokens = nil
	s.config.Memory = 1
	_, err = s.Change(ctx, recipe.Settings{recipe.Cutouts.Is(3)}, nil, quiet)
	var large *TooLarge
	if !errors.As(err, &large) || s.Usable() {
		t.Fatalf("usable %t, %v", s.Usable(), err)
	}
	got, err := s.Export(ctx)
	if err != nil || !bytes.Equal(bytesOf(t, got), bytesOf(t, want)) {
		t.Errorf("%v, %+v, want %+v", err, got, want)
	}
}
