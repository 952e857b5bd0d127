package guide

import (
	"testing"

	"reverie/recipe"
	"reverie/recipe/preset"
)

func TestSharpnessDraws(t *testing.T) {
	const n = 4000
	m := momentOf(preset.Upd, n, 1, 0)
	chosen, weak := 0.0, 0.0
	for i, f := range eachCutout(m, m.sharpness) {
		switch {
		case f == 1:
		case f < 0 || f > 0.3:
			t.Fatalf("cutout %d has the factor %g, want 1 or 0 to 0.3", i, f)
		default:
			chosen++
			if f < 0.15 {
				weak++
			}
		}
	}
	near(t, "sharpened", chosen/n, 0.4, n)
	near(t, "below the middle", weak/chosen, 0.5, int(chosen))
}

// The strength is how far a factor is from 1, which does nothing.
func TestStrengthOfSharpness(t *testing.T) {
	plain := momentOf(preset.Upd, 50, 1, 0)
	for _, strength := range []float64{0, 0.5, 2} {
		m := momentOf(preset.Upd, 50, 1, 0, recipe.Sharpness.Is(strength))
		for i := range 50 {
			want := 1 + strength*(float64(plain.sharpness(i))-1)
			if got := float64(m.sharpness(i)); got < want-1e-6 || got > want+1e-6 {
				t.Errorf("strength %g: a factor of %g becomes %g, want %g", strength, plain.sharpness(i), got, want)
			}
		}
	}
}
