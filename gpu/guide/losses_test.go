package guide

import (
	"math"
	"testing"

	"reverie/recipe"
)

// The start weights fade as nerdyrodent's and as the MSE-regularised notebook's do.
func TestStartWeightsFade(t *testing.T) {
	for _, c := range []struct {
		decay string
		drops int
		step  uint32
		want  float64
	}{{"none", 5, 1000, 1}, {"harmonic", 5, 0, 1}, {"harmonic", 5, 3, 1. / 7}, {"drops", 5, 9, 1}, {"drops", 5, 10, 0.8}, {"drops", 5, 49, 0.2}, {"drops", 5, 50, 0},
		{"drops", 5, 900, 0}, {"drops", 2, 10, 0.5}, {"drops", 2, 20, 0}} {
		m := moment{recipe: recipe.New(recipe.InitDecay.Is(c.decay), recipe.InitDecaySteps.Is(10), recipe.InitDecayDrops.Is(c.drops)), step: c.step}
		if got := m.decay(); math.Abs(got-c.want) > 1e-15 {
			t.Errorf("%s at step %d: %g, want %g", c.decay, c.step, got, c.want)
		}
	}
}

// A loss is recorded only where it has a weight, and one that draws to colours only where it has some.
func TestLossesAreRecordedWhereTheyAreWanted(t *testing.T) {
	for _, l := range pulls {
		r := recipe.New(recipe.PaletteWeight.Is(0), recipe.Palette.Is("ff0000"), recipe.TransparentWeight.Is(0), recipe.Transparent.Is("ffffff"))
		if l.wanted(r) {
			t.Errorf("%s is recorded without a weight", l.name)
		}
		if !l.wanted(r.With(l.weight.Is(1))) {
			t.Errorf("%s is not recorded with a weight", l.name)
		}
		if l.to.Option != nil && l.wanted(recipe.New(l.weight.Is(1), l.to.Is(""))) {
			t.Errorf("%s of no colours is recorded", l.name)
		}
	}
}
