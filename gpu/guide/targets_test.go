package guide

import (
	"math"
	"reflect"
	"slices"
	"testing"

	"reverie/recipe"
	"reverie/recipe/prompt"
)

// along is a target of one embedding.
func along(weight, stop float64, e ...float32) Target {
	return Target{Embeddings: [][]float32{e}, Weight: weight, Stop: stop}
}

func TestTargetsByPhase(t *testing.T) {
	none := prompt.NoStop
	r := recipe.New(recipe.PhaseSteps.Is(4), recipe.PhaseBlend.Is(1)) // blended half in the last of four steps
	a, b, c := along(1, none, 2, 0), along(-2, -0.5, 0, 3), along(0.5, -0.9, 1, 1)
	image := Target{Embeddings: [][]float32{{1, 0}, {0, 1}}, Weight: 0.25, Stop: none}
	h := float32(math.Sqrt(0.5))
	for _, test := range []struct {
		name   string
		phases [][]Target
		images []Target
		step   int
		want   []Target
	}{
		{"no phases", [][]Target{{a, b}}, []Target{image}, 9, []Target{a, b, image}},
		{"no texts", nil, []Target{image}, 9, []Target{image}},
		{"the first phase", [][]Target{{a}, {b}}, []Target{image}, 2, []Target{a, image}},
		{"between two phases", [][]Target{{a}, {b}}, []Target{image}, 3, []Target{along(-0.5, -0.5, h, h), image}},
		{"the second phase", [][]Target{{a}, {b}}, nil, 4, []Target{b}},
		{"it holds", [][]Target{{a}, {b}}, nil, 40, []Target{b}},
		{"between two stops", [][]Target{{b}, {c}}, nil, 3, []Target{along(-0.75, -0.7, float32(math.Sin(math.Pi/8)), float32(math.Cos(math.Pi/8)))}},
		{"to no stop", [][]Target{{c}, {a}}, nil, 3, []Target{along(0.75, none, float32(math.Cos(math.Pi/8)), float32(math.Sin(math.Pi/8)))}},
		// A place that one phase lacks has the other's target, fading.
		{"a part that goes", [][]Target{{a, b}, {c}}, nil, 3, []Target{along(0.75, -0.9, float32(math.Cos(math.Pi/8)), float32(math.Sin(math.Pi/8))), along(-1, -0.5, 0, 3)}},
		{"a part that has gone", [][]Target{{a, b}, {c}}, nil, 4, []Target{c, along(0, none, 2, 0)}},
		{"a part that comes", [][]Target{{c}, {a, b}}, nil, 0, []Target{c, along(0, -0.9, 1, 1)}},
		{"a part that is coming", [][]Target{{c}, {a, b}}, nil, 3, []Target{along(0.75, none, float32(math.Cos(math.Pi/8)), float32(math.Sin(math.Pi/8))), along(-1, -0.5, 0, 3)}},
	} {
		got := targets{phases: test.phases, images: test.images}.at(r, test.step)
		if len(got) != len(test.want) {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
			continue
		}
		for i, want := range test.want {
			if got[i].Weight != want.Weight && !(math.Abs(got[i].Weight-want.Weight) < 1e-12) || got[i].Stop != want.Stop && !(math.Abs(got[i].Stop-want.Stop) < 1e-12) || !closeTo(got[i].Embeddings, want.Embeddings) {
				t.Errorf("%s: target %d is %+v, want %+v", test.name, i, got[i], want)
			}
		}
	}
}

// The start picture pulls as an image prompt whose weight follows keyframes and fades as start weights do, after the image prompts and before what is given.
func TestStartPictureAsImagePrompt(t *testing.T) {
	e := func(x float32) [][]float32 { return [][]float32{{x, 1}} }
	all := targets{phases: [][]Target{{{Embeddings: e(1), Weight: 1}}}, images: []Target{{Embeddings: e(2), Weight: 2}, {Embeddings: e(3)}}, start: true, given: []Target{{Embeddings: e(4), Weight: 4}}}
	r := recipe.New(recipe.InitClip.Is(1), recipe.Keyframes.Is("init_weight_clip 0:(1), 4:(3)"), recipe.InitDecay.Is("harmonic"))
	for step, want := range map[int]float64{0: 1, 2: 2. / 5, 4: 3. / 9} {
		got := all.at(r, step)
		if len(got) != 4 || got[2].Embeddings[0][0] != 3 || math.Abs(got[2].Weight-want) > 1e-12 || got[1].Weight != 2 || got[3].Weight != 4 {
			t.Errorf("at step %d: %+v, want the weight %g", step, got, want)
		}
	}
}

func closeTo(got, want [][]float32) bool {
	if len(got) != len(want) {
		return false
	}
	for i := range want {
		for j := range want[i] {
			if !(math.Abs(float64(got[i][j]-want[i][j])) < 1e-6) {
				return false
			}
		}
	}
	return true
}

func sameTargets(a, b []Target) bool {
	return slices.EqualFunc(a, b, func(a, b Target) bool {
		return a.Weight == b.Weight && a.Stop == b.Stop && slices.EqualFunc(a.Embeddings, b.Embeddings, slices.Equal[[]float32])
	})
}

// A step is recorded for as many targets, of as many embeddings each, as it ever gets.
func TestTargetsKeepTheirNumber(t *testing.T) {
	a := along(1, 0, 1, 0)
	all := targets{phases: [][]Target{{a}, {a, a, a}, {a, a}}, images: []Target{{Embeddings: [][]float32{{1, 0}, {0, 1}}}}}
	r := recipe.New(recipe.PhaseSteps.Is(3), recipe.PhaseBlend.Is(2), recipe.PhaseOrder.Is("loop"))
	counts := func(step int) (list []int) {
		for _, t := range all.at(r, step) {
			list = append(list, len(t.Embeddings))
		}
		return list
	}
	for step := range 30 {
		if got := counts(step); !reflect.DeepEqual(got, []int{1, 1, 1, 2}) {
			t.Errorf("step %d has targets of %v embeddings", step, got)
		}
	}
}

// The way between two embeddings is along the circle, at even speed, whatever their lengths.
func TestSlerp(t *testing.T) {
	for _, c := range []struct {
		a, b  []float32
		share float64
		want  []float32
	}{
		{[]float32{5, 0}, []float32{0, 0.1}, 0, []float32{1, 0}},
		{[]float32{5, 0}, []float32{0, 0.1}, 1.0 / 3, []float32{float32(math.Sqrt(3) / 2), 0.5}},
		{[]float32{5, 0}, []float32{0, 0.1}, 1, []float32{0, 1}},
		{[]float32{3, 4}, []float32{3, 4}, 0.7, []float32{0.6, 0.8}},
		{[]float32{1, 0}, []float32{-1, 0}, 0.25, []float32{0.5, 0}},
	} {
		if got := slerp(c.a, c.b, c.share); !closeTo([][]float32{got}, [][]float32{c.want}) {
			t.Errorf("%g of the way from %v to %v is %v, want %v", c.share, c.a, c.b, got, c.want)
		}
	}
}
