package guide

import (
	"math"
	"testing"

	"reverie/recipe"
	"reverie/recipe/preset"
)

func TestPerspectiveMapsCornersToCorners(t *testing.T) {
	to := [4][2]float64{{3, 5}, {60, 2}, {58, 61}, {1, 50}}
	corners := [4][2]float64{{0, 0}, {63, 0}, {63, 63}, {0, 63}}
	m := quadToQuad(to, corners)
	for i := range 4 {
		u, v := m.At(to[i][0], to[i][1])
		if math.Hypot(u-corners[i][0], v-corners[i][1]) > 1e-9 {
			t.Errorf("corner %d goes to (%g, %g), want %v", i, u, v, corners[i])
		}
	}
}

// In the middle column the upper side lies no lower than the lower one of its corners, and none of these below the middle.
func TestStrengthOfPerspective(t *testing.T) {
	for _, c := range []struct{ strength, reach float64 }{{0, 0}, {0.5, 11.2}, {1, 22.4}, {3, 28.8}} { // 0.35·64, 0.45·64 at the most
		m := momentOf(preset.Pool, 400, 3, 0, recipe.Perspective.Is(c.strength)).always(preset.Perspective, func(*preset.Augmentation) {})
		lowest := 0.0
		for _, h := range eachCutout(m, m.perspective) {
			for y := 0.0; y < 63; y += 0.05 {
				if _, v := h.At(31.5, y); v >= 0 { // comes from inside
					lowest = max(lowest, y)
					break
				}
			}
		}
		if lowest > c.reach+0.06 || lowest < 0.85*c.reach {
			t.Errorf("strength %g: the upper side moves in by up to %g pixels, want nearly %g", c.strength, lowest, c.reach)
		}
	}
}
