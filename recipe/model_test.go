package recipe

import (
	"strings"
	"testing"
)

func TestHalves(t *testing.T) {
	for _, c := range []struct{ model, clip, vqgan, again string }{
		{"mini", "mini", "mini", "mini"},
		{"mini+mini", "mini", "mini", "mini"},
		{"vit-b-32+f16", "vit-b-32", "f16", "vit-b-32+f16"},
		{"a+b+c", "a", "b+c", "a+b+c"},
		{"a+", "a", "", "a+"},
	} {
		clip, vqgan := Halves(c.model)
		if clip != c.clip || vqgan != c.vqgan || Pairing(clip, vqgan) != c.again {
			t.Errorf("%s is %q and %q, and again %q", c.model, clip, vqgan, Pairing(clip, vqgan))
		}
	}
}

// A pair's name passes through links and checks; what is no pair of names does not.
func TestPairIsChecked(t *testing.T) {
	for model, want := range map[string]string{"b32+f16": "b32+f16", "mini+mini": "mini", "a+b+c": "", "a+": "", "+b": "", "a+../b": "", "a b": ""} {
		r := New(Prompt.Is("x"), Model.Is(model))
		script, notices := FromLink(r.ToLink())
		if Model.In(script.Recipe) != model || len(notices) > 0 {
			t.Errorf("%s comes from a link as %q with %q", model, Model.In(script.Recipe), notices)
		}
		checked, _, err := r.Check(8)
		if want == "" && (err == nil || !strings.Contains(err.Error(), "is no model's name")) || want != "" && (err != nil || Model.In(checked) != want) {
			t.Errorf("%s becomes %q, %v; want %q", model, Model.In(checked), err, want)
		}
	}
}

func TestSuggestedByPair(t *testing.T) {
	clip := New(CutPow.Is(0.5), LearningRate.Is(0.5))
	vqgan := New(CutPow.Is(0.8), LearningRate.Is(0.2), Smoothness.Is(2.0))
	got := SuggestedByPair(clip, vqgan)
	if CutPow.In(got) != 0.5 || LearningRate.In(got) != 0.2 || Smoothness.In(got) != 2 || CheckSuggestion(got) != nil {
		t.Errorf("got %v", got)
	}
	if got := SuggestedByPair(Recipe{}, New(CutPow.Is(0.8))); got.Says(CutPow.Option) {
		t.Error("a VQGAN's suggestion about cutouts is taken for another CLIP")
	}
}
