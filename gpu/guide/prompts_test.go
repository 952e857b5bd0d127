//go:build !js

package guide

import (
	"math"
	"slices"
	"strings"
	"testing"

	"reverie/recipe"
	"reverie/recipe/preset"
)

// A window moves over a long text by half of what it shows, and leaves no word out.
func TestPieces(t *testing.T) {
	s := mustPlan(t, recipe.Script{Recipe: small("a red apple", preset.Upd, 7)})
	var words []string
	for i := range 100 {
		words = append(words, strings.Repeat("a", 1+i%7)+string(rune('a'+i%26)))
	}
	text := strings.Join(words, " ")
	if got := s.model.pieces(text, false); !slices.Equal(got, []string{text}) {
		t.Errorf("%d pieces without a window", len(got))
	}
	if got := s.model.pieces("a red apple", true); !slices.Equal(got, []string{"a red apple"}) {
		t.Errorf("a short text becomes %q", got)
	}
	const window = 30 // of mini's 32 tokens; on a planner every word is one
	at, pieces := 0, s.model.pieces(text, true)
	for i, piece := range pieces {
		end := min(at+window, len(words))
		if want := strings.Join(words[at:end], " "); piece != want || (end == len(words)) != (i == len(pieces)-1) {
			t.Fatalf("piece %d is %q, want %q", i, piece, want)
		}
		at += window / 2
	}
}

func TestMeanDirection(t *testing.T) {
	mean := meanDirection([][]float32{{3, 0}, {0, 0.5}})
	if math.Abs(float64(mean[0])-0.5) > 1e-7 || math.Abs(float64(mean[1])-0.5) > 1e-7 {
		t.Errorf("the mean of two directions at a right angle is %v", mean)
	}
	one := []float32{3, 4}
	if got := meanDirection([][]float32{one}); &got[0] != &one[0] {
		t.Error("one embedding is another")
	}
}

// Noise and vector prompts are targets after all others, and words are put around each text.
func TestGivenPrompts(t *testing.T) {
	vector := "AACAPwAAAMA"
	r := small("a red apple:2 | a blue heart", preset.Upd, 7, recipe.NoisePrompts.Is("1:0.5 | 2:-1:-0.5"), recipe.PromptPrefix.Is("a photograph of"), recipe.PromptSuffix.Is("at night"))
	s := mustPlan(t, recipe.Script{Recipe: r})
	list := s.perceptors[0].targets.at(r, 0)
	if len(list) != 4 || list[2].Weight != 0.5 || list[3].Weight != -1 || list[3].Stop != -0.5 || slices.Equal(list[2].Embeddings[0], list[3].Embeddings[0]) {
		t.Fatalf("targets %d", len(list))
	}
	square := 0.0
	for _, v := range list[2].Embeddings[0] {
		square += float64(v) * float64(v)
	}
	if n := float64(len(list[2].Embeddings[0])); math.Abs(square/n-1) > 5*math.Sqrt(2/n) { // five deviations
		t.Errorf("noise of a mean square of %g", square/n)
	}
	if want := madeUp("a photograph of a red apple at night", len(list[0].Embeddings[0])); !slices.Equal(list[0].Embeddings[0], want) {
		t.Error("the text is another")
	}
	if _, err := s.perceptors[0].givenTargets(r.With(recipe.VectorPrompts.Is(vector)), true); err == nil || !strings.Contains(err.Error(), "has 2 numbers") {
		t.Errorf("a vector of another CLIP: %v", err)
	}
}
