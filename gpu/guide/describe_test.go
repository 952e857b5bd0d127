//go:build !js

package guide

import (
	"context"
	"strings"
	"testing"

	"reverie/recipe"
	"reverie/recipe/preset"
	"reverie/recipe/prompt"
)

func describe(t *testing.T, script recipe.Script, step int) []string {
	t.Helper()
	text, err := Describe(context.Background(), pair(t), script, step)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// differing are the first words of the lines that differ, each once.
func differing(t *testing.T, a, b []string) string {
	t.Helper()
	if len(a) != len(b) {
		return "number of lines"
	}
	seen := map[string]bool{}
	var list []string
	for i := range a {
		word, _, _ := strings.Cut(a[i], " ")
		if a[i] != b[i] && !seen[word] {
			seen[word] = true
			list = append(list, word)
		}
	}
	return strings.Join(list, " ")
}

// A description tells the start, the targets, the numbers, the dispatches and the end, and of each what makes it.
func TestDescribe(t *testing.T) {
	r := small("a red apple", preset.Upd, 7, recipe.Steps.Is(3), recipe.ImagePrompts.Is([]prompt.Image{{Name: "a.png", Weight: 1, Stop: prompt.NoStop}}))
	script := recipe.Script{Recipe: r}
	plain := describe(t, script, 1)
	for _, c := range []struct {
		name string
		set  recipe.Setting
		want string
	}{
		{"nothing", recipe.Preset.Is(preset.Upd), ""},
		{"seed", recipe.Seed.Is(8), "start state numbers"},
		{"start picture", recipe.InitImage.Is("b.png"), "start"},
		{"prompt", recipe.Prompt.Is("a blue heart"), "target"},
		{"weight", recipe.Prompt.Is("a red apple:2"), "target"},
		{"image", recipe.ImagePrompts.Is([]prompt.Image{{Name: "b.png", Weight: 1, Stop: prompt.NoStop}}), "target"},
		{"learning rate", recipe.LearningRate.Is(0.2), "numbers"},
		{"optimiser", recipe.Optimizer.Is("adamw"), "optimiser numbers dispatch"},
		{"smoothness", recipe.Smoothness.Is(1), "number of lines"},
		{"width", recipe.Width.Is(64), "number of lines"},
		{"steps", recipe.Steps.Is(2), "finished"},
	} {
		r := r.With(c.set)
		got := differing(t, plain, describe(t, recipe.Script{Recipe: r}, 1))
		if got != c.want && !(c.want == "number of lines" && got != "") {
			t.Errorf("%s changes %q, want %q", c.name, got, c.want)
		}
	}
	// A change is felt once its step is there, and by the count of what came before.
	later := script.With(1, recipe.LearningRate.Is(0.2))
	if got := differing(t, describe(t, script, 0), describe(t, later, 0)); got != "" {
		t.Errorf("the update before a change differs by %q", got)
	}
	if got := differing(t, plain, describe(t, later, 1)); got != "numbers" {
		t.Errorf("the update after a change differs by %q", got)
	}
	if got := differing(t, plain, describe(t, script, 2)); got != "update optimiser state numbers finished" {
		t.Errorf("the next update differs by %q", got)
	}
}
