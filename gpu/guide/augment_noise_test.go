package guide

import (
	"testing"

	"reverie/recipe"
	"reverie/recipe/preset"
)

func TestNoiseDraws(t *testing.T) {
	const n = 4000
	for _, strength := range []float64{0, 1, 3} {
		m := momentOf(preset.Upd, n, 1, 0, recipe.Noise.Is(strength))
		low := 0.0
		for i, sigma := range eachCutout(m, m.sigma) {
			if sigma < 0 || float64(sigma) > 0.1*strength {
				t.Fatalf("strength %g: cutout %d gets noise of %g", strength, i, sigma)
			}
			if float64(sigma) < 0.05*strength {
				low++
			}
		}
		if strength > 0 {
			near(t, "below the middle", low/n, 0.5, n)
		}
	}
}
