package guide

import (
	"bytes"
	"math"
	"testing"

	"reverie/gpu/ops"
	"reverie/recipe"
	"reverie/recipe/preset"
)

func TestErasedDraws(t *testing.T) {
	const n = 4000
	erased, high, left, wide := 0.0, 0.0, 0.0, 0.0
	for step := range uint32(n) {
		m := momentOf(preset.Pool, 3, 5, step)
		b := m.erased(0)
		if numbers := erase.draw(m); !bytes.Equal(numbers, ops.EncodeBoxes([]ops.Box{b, b, b})) {
			t.Fatalf("step %d erases %x, want the same %+v of each cutout", step, numbers, b)
		}
		if b == (ops.Box{}) {
			continue
		}
		erased++
		if b.X < 0 || b.Y < 0 || b.W < 1 || b.H < 1 || b.X+b.W > 64 || b.Y+b.H > 64 {
			t.Fatalf("step %d erases %+v of 64×64", step, b)
		}
		// Sides are rounded, and none is longer than the cutout's: 0.4 of it at a ratio of 3.33 would be 74 pixels high.
		area, ratio := float64(b.W*b.H)/(64*64), float64(b.H)/float64(b.W)
		if area < 0.09 || area > 0.41 || ratio < 0.27 || ratio > 3.7 {
			t.Fatalf("step %d erases %+v: %.2g of the area at a ratio of %.2g", step, b, area, ratio)
		}
		if b.H > b.W {
			high++
		}
		if area > 0.25 {
			wide++
		}
		if 2*b.X < 64-b.W {
			left++
		}
	}
	near(t, "erased", erased/n, 0.7, n)
	// Squares count as neither high nor broad, and half of the places are left only nearly: some hundredths are allowed for that.
	for what, share := range map[string]float64{"high": high, "more than a quarter": wide, "left": left} {
		if share /= erased; math.Abs(share-0.5) > 0.05 {
			t.Errorf("%s: a share of %.3g, want about a half", what, share)
		}
	}
}

// The strength is how often.
func TestStrengthOfErasing(t *testing.T) {
	const n = 1000
	for _, c := range []struct{ strength, share float64 }{{0, 0}, {0.5, 0.35}, {2, 1}} {
		erased := 0.0
		for step := range uint32(n) {
			if m := momentOf(preset.Pool, 1, 5, step, recipe.Erase.Is(c.strength)); m.erased(0) != (ops.Box{}) {
				erased++
			}
		}
		near(t, "erased", erased/n, c.share, n)
	}
}
