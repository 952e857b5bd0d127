//go:build !js

package guide

import (
	"slices"
	"strings"
	"testing"

	"reverie/recipe"
	"reverie/recipe/preset"
)

// A step without masks has no stage for them, also where something was painted and taken away again.
func TestNoMaskCostsNothing(t *testing.T) {
	plain := small("a red apple | a blue heart", preset.Upd, 7)
	want := describe(t, recipe.Script{Recipe: plain}, 1)
	forMasks := func(line string) bool {
		return strings.HasPrefix(line, "numbers "+StageRegions) || strings.HasPrefix(line, "numbers "+StageHold)
	}
	if i := slices.IndexFunc(want, forMasks); i >= 0 {
		t.Errorf("without masks it writes %s", want[i])
	}
	none := plain.With(recipe.Regions.Is(nil), recipe.Hold.Is(nil), recipe.Dream.Is(nil))
	if diff := differing(t, want, describe(t, recipe.Script{Recipe: none}, 1)); diff != "" {
		t.Errorf("masks that are none change %s", diff)
	}
	for _, set := range []recipe.Setting{recipe.Regions.Is([]recipe.Region{{Prompt: 0, Mask: left}}), recipe.Hold.Is(left)} {
		if !slices.ContainsFunc(describe(t, recipe.Script{Recipe: plain.With(set)}, 1), forMasks) {
			t.Errorf("%s has no stage", set.Option.Name)
		}
	}
}
