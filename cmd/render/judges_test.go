package main

import (
	"strings"
	"testing"

	"reverie/app/ui"
	"reverie/recipe"
)

// A quality judges by pixray's CLIPs, of which one may be the model's own, and says which are missing.
func TestQualityHasItsJudges(t *testing.T) {
	models := []ui.Model{{Name: "mini", CLIP: 1}, {Name: "vit-b-32-f16-16384", CLIP: 1}, {Name: "vit-b-16", CLIP: 1}, {Name: "rn50x4", CLIP: 1}, {Name: "rn101-half"}}
	for _, c := range []struct{ quality, model, said, want, missing string }{
		{"draft", "vit-b-16+f16", "", "", ""},
		{"normal", "vit-b-32-f16-16384", "", "vit-b-16", ""},
		{"best", "vit-b-32-f16-16384", "", "rn50x4 vit-b-16", ""},
		{"better", "mini", "", "vit-b-32-f16-16384 vit-b-16", "by rn50, too"}, // rn50x4 is another one
		{"supreme", "vit-b-16", "", "rn50x4 vit-b-32-f16-16384", "by rn101, too"},
		{"best", "mini", "mini", "mini", ""},
		{"", "mini", "", "", ""},
	} {
		r := recipe.New()
		if c.said != "" {
			r = r.With(recipe.Perceptors.Is(c.said))
		}
		var told strings.Builder
		got := recipe.Perceptors.In(judge(r, c.quality, c.model, models, &told))
		if got != c.want || !strings.Contains(told.String(), c.missing) || c.missing == "" && told.Len() > 0 {
			t.Errorf("%s with %s: %q, told %q", c.quality, c.model, got, told.String())
		}
	}
}
