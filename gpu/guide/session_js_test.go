package guide

import (
	"bytes"
	"context"
	"math"
	"os"
	"slices"
	"testing"

	"reverie/gpu"
	"reverie/gpu/ops"
	"reverie/recipe"
	"reverie/recipe/preset"
	"reverie/recipe/prompt"
)

var model *Model

// TestMain loads the embedded pair, which the runner serves (JSEXEC_SERVE=/weights=…/weights).
func TestMain(m *testing.M) {
	ctx := context.Background()
	d, err := gpu.Open(ctx)
	if err == nil {
		model, err = Load(ctx, d, "/weights/mini/", quiet)
	}
	if err != nil {
		println("these tests need a WebGPU device and the mini pair under /weights:", err.Error())
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// open begins a session that ends with the test.
func open(t testing.TB, c Config) *Session {
	t.Helper()
	s, _, err := NewSession(context.Background(), model, c, quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// makePicture runs steps and returns the last picture and all losses.
func makePicture(t *testing.T, r recipe.Recipe, steps int) (Picture, []float64) {
	t.Helper()
	return makePictureAhead(t, config(r), steps, 1)
}

// makePictureAhead is makePicture with up to ahead updates under way at a time.
func makePictureAhead(t *testing.T, c Config, steps, ahead int) (Picture, []float64) {
	t.Helper()
	ctx := context.Background()
	s := open(t, c)
	var losses []float64
	for begun := 0; len(losses) < steps; {
		for ; begun < min(steps, len(losses)+ahead); begun++ {
			if err := s.Submit(false); err != nil {
				t.Fatal(err)
			}
		}
		report, err := s.Report(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if math.IsNaN(report.Loss) {
			t.Fatalf("step %d: the loss is not a number", report.Step)
		}
		losses = append(losses, report.Loss)
	}
	picture, err := s.Picture(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return picture, losses
}

func TestRunsAreReproducible(t *testing.T) {
	for _, name := range presets {
		a, la := makePicture(t, small("a red apple", name, 7), 2)
		b, lb := makePictureAhead(t, config(small("a red apple", name, 7)), 2, MostSubmitted)
		if !bytes.Equal(a.Pix, b.Pix) || !slices.Equal(la, lb) {
			t.Errorf("%s: the same settings gave two pictures (losses %v and %v)", name, la, lb)
		}
	}
	a, la := makePicture(t, small("a red apple", preset.ZQ, 7), 1)
	if b, _ := makePicture(t, small("a red apple", preset.ZQ, 8), 1); bytes.Equal(a.Pix, b.Pix) {
		t.Error("another seed gave the same picture")
	}
	// A first step need not change any code, so another prompt shows in the loss.
	if _, lb := makePicture(t, small("a blue heart", preset.ZQ, 7), 1); la[0] == lb[0] {
		t.Error("another prompt gave the same loss")
	}
}

// The text tower's memory is given back once the prompts are embedded, and what is known is not computed again.
func TestTextTowerIsGivenBack(t *testing.T) {
	ctx := context.Background()
	first, err := model.embed(ctx, []string{"a red apple", "a blue heart"}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	if model.text != nil {
		t.Error("the text tower is still there")
	}
	again, err := model.embed(ctx, []string{"a blue heart"}, quiet)
	if err != nil || model.text != nil || !slices.Equal(again[0], first[1]) {
		t.Errorf("the same text again: %v, the tower is there: %t, equal: %t", err, model.text != nil, slices.Equal(again[0], first[1]))
	}
	other, err := model.embed(ctx, []string{"a green tree", "a green tree"}, quiet)
	if err != nil || slices.Equal(other[0], first[0]) || !slices.Equal(other[0], other[1]) {
		t.Errorf("another text, twice: %v", err)
	}
}

func TestLossFalls(t *testing.T) {
	_, losses := makePicture(t, small("a red apple", preset.ZQ, 1), 12)
	if first, last := losses[0], losses[len(losses)-1]; last > 0.95*first {
		t.Errorf("the loss went from %g to %g in %d steps, want at least 5 %% down: %v", first, last, len(losses), losses)
	}
}

// Smoothness is a loss of its own, before the prompts', of which the picture gets the gradient besides theirs.
func TestSmoothness(t *testing.T) {
	const smoothness, width, height = 100, 32, 40
	for _, name := range []string{preset.ZQ, preset.Pool} { // each makes its cutouts in its own way
		r := small("a red apple", name, 1)
		plain := pictureGradient(t, r, presetOf(r))
		got := pictureGradient(t, r.With(recipe.Smoothness.Is(smoothness)), presetOf(r))
		// Float32 sums of 3,840 pixels keep five digits and more.
		want := ops.RefTotalVariation(got.picture, height, width, smoothness)
		if len(plain.losses) != 1 || len(got.losses) != 2 || math.Abs(got.losses[0]-want) > 1e-5*want || got.losses[1] != plain.losses[0] {
			t.Errorf("%s: losses %v, and without smoothness %v; want a first one of %g and then the same", name, got.losses, plain.losses, want)
		}
		difference := ops.RefTotalVariationBackward(got.picture, height, width, smoothness)
		var largest, worst float64
		for i, d := range difference {
			largest = max(largest, math.Abs(got.gradient[i]))
			worst = max(worst, math.Abs(got.gradient[i]-plain.gradient[i]-d))
		}
		// One sum is rounded, to 2^-24 of it; the other terms are the same.
		if !(worst <= 1e-6*largest) {
			t.Errorf("%s: the gradient is off by %g, its largest is %g", name, worst, largest)
		}
	}
}

// What CLIP sees is what the preset's augmentations make of the picture, one after the other.
func TestAugmentationsInOrder(t *testing.T) {
	r := small("a red apple", preset.Pool, 5, recipe.Cutouts.Is(3))
	upd, _ := preset.Named(preset.Upd)
	p := presetOf(r)
	p.Augmentations = append([]preset.Augmentation{upd.Augmentations[0]}, p.Augmentations...)
	for i := range p.Augmentations {
		switch a := &p.Augmentations[i]; a.Name {
		case preset.Sharpness, preset.Jitter, preset.Erase:
			a.P = 1
		case preset.Affine:
			a.Flip = 0.5
		}
	}
	got := pictureGradient(t, r, p)
	m := newSession(model, config(r)).moment(r, 0)
	m.preset = p
	n, side := m.cutouts(), m.side
	want := ops.RefPool(got.picture, m.width, 3, eachCutout(m, m.crop), side)
	want = ops.RefSharpen(want, float64s(eachCutout(m, m.sharpness)), n, side, side, 3)
	want = ops.RefWarp(want, n, side, side, 3, eachCutout(m, m.affine), ops.Border)
	want = ops.RefWarp(want, n, side, side, 3, eachCutout(m, m.perspective), ops.Zeros)
	want = ops.RefJitter(want, side*side, m.jitters())
	want = ops.RefErase(want, side, side, 3, slices.Repeat([]ops.Box{m.erased(0)}, n))
	want = ops.RefNoise(want, float64s(eachCutout(m, m.sigma)), n, side*side, 3, 5, 0)
	for i := range want {
		// A warp knows its places to some 2^-22 of the side.
		if !(math.Abs(got.cutouts[i]-want[i]) <= 1e-4) {
			t.Fatalf("element %d of the cutouts is %g, want %g", i, got.cutouts[i], want[i])
		}
	}
}

func float64s(v []float32) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = float64(x)
	}
	return out
}

// firstUpdate is what a run's first update computes.
type firstUpdate struct{ losses, picture, cutouts, gradient []float64 }

// pictureGradient makes the first update of a recipe, with that preset in place of its own.
func pictureGradient(t *testing.T, r recipe.Recipe, p preset.Preset, further ...*Model) firstUpdate {
	t.Helper()
	ctx := context.Background()
	c := config(r)
	c.Perceptors = further
	s := newSession(model, c)
	defer s.Close()
	read := func(x *ops.Tensor) []float64 {
		t.Helper()
		values, err := s.step.tape.Read(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		return float64s(values)
	}
	var err error
	if _, err = s.embedTexts(ctx, r, quiet); err != nil {
		t.Fatal(err)
	}
	z, err := s.start(ctx, quiet)
	if err != nil {
		t.Fatal(err)
	}
	spec := s.spec(r, s.targetsOf(r))
	spec.Inspect, spec.Preset = true, p
	if s.step, err = NewStep(model.device, spec); err != nil {
		t.Fatal(err)
	}
	s.step.tape.Keep(s.step.Picture.D())
	s.step.SetZ(z)
	if err := s.step.Compile(ctx, quiet); err != nil {
		t.Fatal(err)
	}
	m := s.moment(r, 0)
	m.preset, m.factors = p, spec.Optimiser.Next(&s.count, 0.1, 0)
	out, err := s.step.Run(ctx, spec.draw(m), false)
	if err != nil {
		t.Fatal(err)
	}
	return firstUpdate{out.Losses, read(s.step.Picture), read(s.step.Cutouts), read(s.step.Picture.D())}
}

// red is a picture that is red all over.
var red = Picture{Width: 50, Height: 30, Pix: bytes.Repeat([]byte{220, 20, 20, 255}, 50*30)}

func TestStartPictureAndImagePrompt(t *testing.T) {
	c := config(small("a red apple", preset.ZQ, 1, recipe.InitWeight.Is(0.5),
		recipe.ImagePrompts.Is([]prompt.Image{{Name: "red", Weight: 0.5, Stop: prompt.NoStop}})))
	c.Init, c.Images = &red, map[string]Picture{"red": red}
	picture, losses := makePictureAhead(t, c, 1, 1)
	var sum [3]int
	for i := 0; i < len(picture.Pix); i += 4 {
		for ch := range 3 {
			sum[ch] += int(picture.Pix[i+ch])
		}
	}
	if n := len(picture.Pix) / 4; sum[0] < 150*n || sum[1] > 110*n || sum[2] > 110*n {
		t.Errorf("a red start picture gave mean colour %d %d %d after one step", sum[0]/n, sum[1]/n, sum[2]/n)
	}
	// The init loss is exactly zero where z is still z0.
	if losses[0] <= 0 {
		t.Errorf("the loss is %g with two prompts, want more than zero", losses[0])
	}
}

func TestPromptsThatCannotRun(t *testing.T) {
	ctx := context.Background()
	wide := config(small("a red apple", preset.ZQ, 1, recipe.Width.Is(33)))
	if _, _, err := NewSession(ctx, model, wide, quiet); err == nil {
		t.Error("a width of 33 pixels at a factor of 8 gave no error")
	}
	long := ""
	for range 200 {
		long += "apple "
	}
	s, notices, err := NewSession(ctx, model, config(small(long, preset.ZQ, 1)), quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if len(notices) != 1 {
		t.Errorf("a prompt of 200 words gave notices %q, want one about its cut", notices)
	}
}
