//go:build !js

package guide

import (
	"bytes"
	"context"
	"encoding/base64"
	"reflect"
	"slices"
	"strings"
	"testing"

	"reverie/gpu"
	"reverie/recipe"
	"reverie/recipe/preset"
	"reverie/recipe/prompt"
	"reverie/weights"
)

// planWith is a session with further CLIPs on a planner.
func planWith(t *testing.T, r recipe.Recipe, further ...*weights.Manifest) *Session {
	t.Helper()
	ctx := context.Background()
	m, c, err := describable(ctx, pair(t), recipe.Script{Recipe: r}, further...)
	if err != nil {
		t.Fatal(err)
	}
	s, _, err := NewSession(ctx, m, c, quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// Each perceptor has targets of its own for each prompt; a vector is of the model's own CLIP.
func TestPerceptorsTargets(t *testing.T) {
	vector := base64.RawURLEncoding.EncodeToString(bytes.Repeat([]byte{0, 0, 128, 63}, pair(t).CLIP.EmbedDim)) // of ones
	r := small("a red apple:2:-1 | a blue heart ^ a tree", preset.Upd, 7, recipe.Perceptors.Is("a:0.5 b"), recipe.NoisePrompts.Is("3:0.25"), recipe.VectorPrompts.Is(vector))
	s := planWith(t, r, pair(t), pair(t))
	all := s.targetsOf(r)
	if len(all) != 3 || s.perceptors[1].weight != 0.5 || s.perceptors[2].weight != 1 {
		t.Fatalf("%d perceptors: %+v", len(all), s.perceptors)
	}
	for i, list := range all {
		counts := s.perceptors[i].weight
		if len(list) != 4 || list[0].Weight != 2*counts || list[0].Stop != -1 || list[2].Weight != 0.25*counts {
			t.Errorf("perceptor %d pulls to %+v", i, list)
		}
		if weight := list[3].Weight; i == 0 && weight != 1 || i > 0 && weight != 0 {
			t.Errorf("a vector weighs %g for perceptor %d", weight, i)
		}
	}
	_, err := newSessionOf(t, r, 1).embedTexts(context.Background(), r, quiet)
	if err == nil || !strings.Contains(err.Error(), "1 further CLIPs are loaded where the recipe names 2") {
		t.Errorf("one CLIP of two: %v", err)
	}
}

// A change of what a perceptor counts holds from the next update on, for it alone, and the step stays the same.
func TestPerceptorsAreWeighedAnew(t *testing.T) {
	s := planWith(t, small("a red apple:2", preset.ZQ, 7, recipe.Perceptors.Is("a b")), pair(t), pair(t))
	oneUpdate(t, s)
	step := s.step
	if _, err := s.Change(context.Background(), recipe.Settings{recipe.Perceptors.Is("a:0.25 b")}, nil, quiet); err != nil || s.step != step {
		t.Fatalf("recorded anew: %t, %v", s.step != step, err)
	}
	for i, want := range []float64{2, 0.5, 2} {
		if got := s.targetsOf(s.now)[i][0].Weight; got != want {
			t.Errorf("perceptor %d pulls with %g, want %g", i, got, want)
		}
	}
	if s.pulled != changedTargets {
		t.Error("the step keeps its targets")
	}
}

// newSessionOf is a session with fewer or more CLIPs than its recipe names.
func newSessionOf(t *testing.T, r recipe.Recipe, n int) *Session {
	t.Helper()
	m, c, err := describable(context.Background(), pair(t), recipe.Script{Recipe: r}, slices.Repeat([]*weights.Manifest{pair(t)}, n)...)
	if err != nil {
		t.Fatal(err)
	}
	return newSession(m, c)
}

// A perceptor takes memory for its weights and hardly any for its activations, which come one after another.
func TestPerceptorsMemory(t *testing.T) {
	ctx := context.Background()
	r := small("a red apple", preset.Upd, 7, recipe.Cutouts.Is(16), recipe.Width.Is(128), recipe.Height.Is(128))
	taken := func(set recipe.Setting, further ...*weights.Manifest) (step, all int64) {
		s := planWith(t, r.With(set), further...)
		return s.step.tape.Plan.Memory().Total, s.Footprint().Bytes
	}
	plain, before := taken(recipe.Perceptors.Is(""))
	more, after := taken(recipe.Perceptors.Is("a"), pair(t))
	if float64(more) > 1.05*float64(plain) {
		t.Errorf("a step takes %d bytes with two CLIPs and %d with one", more, plain)
	}
	if weights := int64(1e6); after-before < weights {
		t.Errorf("a further CLIP's weights take %d bytes", after-before)
	}
	f, err := NewForecast(ctx, gpu.NewPlanner(roomy), pair(t), pair(t))
	if err != nil {
		t.Fatal(err)
	}
	footprint, err := f.Run(ctx, r.With(recipe.Perceptors.Is("a")))
	if err != nil || footprint.Bytes != after {
		t.Errorf("the forecast is %d bytes for %d (%v)", footprint.Bytes, after, err)
	}
	if half, err := NewForecast(ctx, gpu.NewPlanner(roomy), pair(t), vqganAlone(t)); err == nil || !strings.Contains(err.Error(), "holds no CLIP") {
		t.Errorf("a forecast with a VQGAN that judges: %v, %v", half, err)
	}
}

func vqganAlone(t *testing.T) *weights.Manifest {
	t.Helper()
	m := *pair(t)
	m.Parts = []weights.Part{*m.Part(weights.PartDecoder), *m.Part(weights.PartEncoder)}
	return &m
}

// The image prompts of each perceptor are in the state.
func TestPerceptorsState(t *testing.T) {
	r := small("a red apple", preset.Upd, 7, recipe.Perceptors.Is("a"), recipe.ImagePrompts.Is([]prompt.Image{pull("p", 0.5)}))
	s := planWith(t, r, pair(t))
	states := s.imageStates()
	if len(states) != 2 || states[0].Perceptor != 0 || states[1].Perceptor != 1 {
		t.Fatalf("the state has %+v", states)
	}
	states[1].Embeddings = [][]float32{{5}}
	other := newSession(s.model, s.config)
	other.takeImages(states)
	if !reflect.DeepEqual(other.perceptors[1].images, states[1:]) || !reflect.DeepEqual(other.perceptors[0].images, states[:1]) {
		t.Errorf("taken up are %+v", other.perceptors)
	}
}
