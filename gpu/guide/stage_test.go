package guide

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"testing"

	"reverie/gpu/ops"
	"reverie/recipe"
	"reverie/recipe/preset"
	"reverie/recipe/prompt"
)

// small is a recipe of a small run with all augmentations.
func small(text, name string, seed uint64, set ...recipe.Setting) recipe.Recipe {
	return recipe.New(recipe.Prompt.Is(text), recipe.Preset.Is(name), recipe.Seed.Is(seed), recipe.Width.Is(32), recipe.Height.Is(40),
		recipe.Cutouts.Is(2), recipe.Augment.Is("all"), recipe.LearningRate.Is(0.1)).With(set...)
}

// config is a session of a recipe without changes.
func config(r recipe.Recipe) Config { return Config{Script: recipe.Script{Recipe: r}} }

// pull is an image prompt.
func pull(name string, weight float64) prompt.Image {
	return prompt.Image{Name: name, Weight: weight, Stop: prompt.NoStop}
}

// left and upper are the halves of a picture.
var (
	left  = recipe.Mask{{Rectangle: []float64{-1, -1, 0.5, 2}}}
	upper = recipe.Mask{{Rectangle: []float64{-1, -1, 2, 0.5}, Softness: 0.25}}
)

// steered is a script that changes about everything on its way, with the image prompts p and q.
func steered() recipe.Script {
	script := recipe.Script{Recipe: small("a red apple", preset.Upd, 7, recipe.Augment.Is("moves"))}
	for _, c := range []struct {
		step int
		set  recipe.Settings
	}{
		{1, recipe.Settings{recipe.Prompt.Is("a red apple:2 | a blue heart:-0.5")}},
		{2, recipe.Settings{recipe.LearningRate.Is(0.25), recipe.Flip.Is(2)}},
		{3, recipe.Settings{recipe.Cutouts.Is(3)}},
		{4, recipe.Settings{recipe.Prompt.Is("a green tree:0.5 | a blue heart:-1"), recipe.Dream.Is(upper), recipe.Hold.Is(left)}},
		{5, recipe.Settings{recipe.ImagePrompts.Is([]prompt.Image{pull("p", 1)}), recipe.Preset.Is(preset.Pool), recipe.Augment.Is("all")}},
		{6, recipe.Settings{recipe.Optimizer.Is("radam"), recipe.Smoothness.Is(1), recipe.Regions.Is([]recipe.Region{{Prompt: 1, Mask: upper}})}},
		{7, recipe.Settings{recipe.ImagePrompts.Is([]prompt.Image{pull("q", 0.5), pull("p", -0.5)}), recipe.InitWeight.Is(1), recipe.Hold.Is(nil)}},
		{8, recipe.Settings{recipe.Optimizer.Is("schedule-free"), recipe.Smoothness.Is(0)}},
		{9, recipe.Settings{recipe.Precision.Is("half"), recipe.InitLoss.Is("nerdyrodent"), recipe.Dream.Is(upper)}},
		{10, recipe.Settings{recipe.Preset.Is(preset.ZQ), recipe.Regions.Is(nil), recipe.Hold.Is(upper), recipe.Smoothness.Is(2), recipe.WeightDecay.Is(0.5)}},
	} {
		script = script.With(c.step, c.set...)
	}
	return script
}

// presets are all of them.
var presets = []string{preset.Upd, preset.ZQ, preset.Pool}

// momentOf is an update of a preset with all its augmentations, of a picture of 128×96 pixels with cutouts of 64×64.
func momentOf(name string, cutouts int, seed uint64, step uint32, set ...recipe.Setting) moment {
	r := recipe.New(recipe.Preset.Is(name), recipe.Augment.Is("all"), recipe.Cutouts.Is(cutouts), recipe.Seed.Is(seed)).With(set...)
	return moment{recipe: r, preset: presetOf(r), step: step, width: 128, height: 96, side: 64}
}

// views are the numbers of the stages that make what CLIP sees.
func (m moment) views() map[string][]byte {
	return draw(StepSpec{Preset: m.preset}.views(), m).Numbers
}

func TestDrawsDependOnTheirNamesOnly(t *testing.T) {
	for _, name := range presets {
		few, many := momentOf(name, 3, 7, 5).views(), momentOf(name, 8, 7, 5).views()
		if len(few) != len(presetOf(momentOf(name, 1, 0, 0).recipe).Augmentations)+1 {
			t.Errorf("%s: numbers of %d stages", name, len(few))
		}
		for stage, numbers := range few {
			if got := many[stage]; len(got)*3 != len(numbers)*8 || !bytes.Equal(got[:len(numbers)], numbers) {
				t.Errorf("%s: the first numbers of %s change with the number of cutouts", name, stage)
			}
		}
		if next := momentOf(name, 8, 7, 6).views(); name != preset.Pool && bytes.Equal(many[StageCutouts], next[StageCutouts]) {
			t.Errorf("%s: two steps draw the same boxes", name)
		}
		if other := momentOf(name, 8, 8, 5).views(); name != preset.ZQ && bytes.Equal(many[preset.Noise], other[preset.Noise]) {
			t.Errorf("%s: two seeds draw the same noise", name)
		}
	}
}

// What is done to colours and details is drawn besides, and changes no other draw.
func TestColoursLeaveOtherDraws(t *testing.T) {
	for _, name := range presets {
		all, moving := momentOf(name, 5, 7, 5).views(), momentOf(name, 5, 7, 5, recipe.Augment.Is("moves")).views()
		for stage, numbers := range moving {
			if !bytes.Equal(all[stage], numbers) {
				t.Errorf("%s: %s changes with sharpness, colours and erasing", name, stage)
			}
		}
		for _, stage := range []string{preset.Sharpness, preset.Jitter, preset.Erase} {
			if moving[stage] != nil {
				t.Errorf("%s: %s is drawn", name, stage)
			}
		}
		kept := len(all)
		for stage := range all {
			if slices.Contains([]string{preset.Sharpness, preset.Jitter, preset.Erase}, stage) {
				kept--
			}
		}
		if len(moving) != kept {
			t.Errorf("%s: %d stages move, of %d", name, len(moving), kept)
		}
	}
}

// A strength scales the draws of its stage and changes no other's.
func TestStrengthsChangeTheirStageAlone(t *testing.T) {
	for _, c := range []struct {
		option recipe.Of[float64]
		preset string
		stage  string
	}{
		{recipe.Flip, preset.Upd, preset.Affine},
		{recipe.Sharpness, preset.Upd, preset.Sharpness},
		{recipe.Affine, preset.Upd, preset.Affine},
		{recipe.Perspective, preset.Pool, preset.Perspective},
		{recipe.Jitter, preset.Pool, preset.Jitter},
		{recipe.Erase, preset.Pool, preset.Erase},
		{recipe.Noise, preset.Upd, preset.Noise},
		{recipe.CutPow, preset.Upd, StageCutouts},
	} {
		plain := momentOf(c.preset, 8, 7, 5).views()
		for stage, numbers := range momentOf(c.preset, 8, 7, 5, c.option.Is(0.25)).views() {
			if same := bytes.Equal(plain[stage], numbers); same != (stage != c.stage) {
				t.Errorf("%s 0.25 with %s: the numbers of %s are the same: %t", c.option.Name, c.preset, stage, same)
			}
		}
	}
}

// near fails unless got is want up to five standard deviations of a share of n draws.
func near(t *testing.T, what string, got, want float64, n int) {
	t.Helper()
	if math.Abs(got-want) > 5*math.Sqrt(want*(1-want)/float64(n)) {
		t.Errorf("%s: a share of %g of %d, want about %g", what, got, n, want)
	}
}

// These are the numbers of the first builds, by which old pictures are reproduced.
func TestDrawsNeverChange(t *testing.T) {
	upd, more, pool := momentOf(preset.Upd, 2, 7, 5), momentOf(preset.Upd, 4, 7, 6), momentOf(preset.Pool, 2, 7, 5)
	order := jitterOrder(pool.random(0, drawJitterOrder))
	boxes, maps := eachCutout(upd, upd.crop), eachCutout(upd, upd.affine)
	aslant, sigmas := eachCutout(pool, pool.perspective), eachCutout(upd, upd.sigma)
	factors := eachCutout(more, more.sharpness)
	jitters := eachCutout(pool, func(i int) ops.Jitter { return pool.jitter(i, order) })
	erased := slices.Repeat([]ops.Box{pool.erased(0)}, 2)
	for _, c := range []struct{ name, got, want string }{
		{"boxes", fmt.Sprint(boxes), `[{30 3 93 93} {36 4 82 82}]`},
		{"affine maps", fmt.Sprintf("%.5g", maps), `[[-0.89799 0.44001 44.188 0.44001 0.89799 -14.195 0 0 1] [-1 0 63 0 1 0 0 0 1]]`},
		{"perspective maps", fmt.Sprintf("%.5g", aslant), `[[1.8526 0.17562 -12.43 0.46165 1.6802 -32.111 0.0078824 0.0011845 1] [1 0 0 0 1 0 0 0 1]]`},
		{"noise", fmt.Sprintf("%.5g", sigmas), `[0.059905 0.073107]`},
		{"sharpness", fmt.Sprintf("%.5g", factors), `[0.16313 1 0.019419 0.20333]`},
		{"jitter's order", fmt.Sprint(jitters[0].Steps), `[4 1 2 3]`},
		{"jitter's amounts", fmt.Sprintf("%.5g", jitters[0].Amounts), `[-0.049193 0 1 1.0949]`},
		{"erased", fmt.Sprint(erased), `[{13 12 37 24} {13 12 37 24}]`},
	} {
		if c.got != c.want {
			t.Errorf("%s: %s, want %s", c.name, c.got, c.want)
		}
	}
	// The kernels get just these.
	for _, c := range []struct {
		stage     string
		got, want []byte
	}{
		{StageCutouts, upd.views()[StageCutouts], ops.EncodeBoxes(boxes)},
		{preset.Affine, upd.views()[preset.Affine], ops.EncodeHomographies(maps)},
		{preset.Perspective, pool.views()[preset.Perspective], ops.EncodeHomographies(aslant)},
		{preset.Noise, upd.views()[preset.Noise], ops.EncodeFloats(sigmas)},
		{preset.Sharpness, more.views()[preset.Sharpness], ops.EncodeFloats(factors)},
		{preset.Jitter, pool.views()[preset.Jitter], ops.EncodeJitters(jitters)},
		{preset.Erase, pool.views()[preset.Erase], ops.EncodeBoxes(erased)},
	} {
		if !bytes.Equal(c.got, c.want) {
			t.Errorf("%s: the numbers are %x, want %x", c.stage, c.got, c.want)
		}
	}
}

// Image prompts and updates never share draws.
func TestImagePromptsHaveDrawsOfTheirOwn(t *testing.T) {
	for i := range recipe.MaxParts {
		if step := imagePromptStep(i); step <= recipe.MaxSteps || step != math.MaxUint32-uint32(i) {
			t.Errorf("image prompt %d draws under the step %d", i, step)
		}
	}
}
