package guide

import (
	"math"
	"slices"
	"testing"

	"reverie/gpu/ops"
	"reverie/recipe"
	"reverie/recipe/preset"
)

// always is the moment with an augmentation that is changed, and that every cutout gets.
func (m moment) always(name string, change func(*preset.Augmentation)) moment {
	m.preset.Augmentations = slices.Clone(m.preset.Augmentations)
	for i := range m.preset.Augmentations {
		if a := &m.preset.Augmentations[i]; a.Name == name {
			a.P = 1
			change(a)
		}
	}
	return m
}

func TestAffineKeepsTheCentreAndDistances(t *testing.T) {
	m := momentOf(preset.Upd, 40, 3, 0).always(preset.Affine, func(a *preset.Augmentation) { a.Translate = 0 })
	moved, flipped := false, false
	for _, h := range eachCutout(m, m.affine) {
		if u, v := h.At(31.5, 31.5); math.Hypot(u-31.5, v-31.5) > 1e-9 {
			t.Fatalf("the centre goes to (%g, %g)", u, v)
		}
		u0, v0 := h.At(0, 0)
		u1, v1 := h.At(30, 40)
		if d := math.Hypot(u1-u0, v1-v0); math.Abs(d-50) > 1e-9 {
			t.Fatalf("a distance of 50 becomes %g", d)
		}
		angle := angleOf(h)
		if angle > 30 {
			t.Fatalf("an angle of %g degrees, want at most 30", angle)
		}
		moved = moved || angle > 1
		flipped = flipped || h[0] < 0
	}
	if !moved || !flipped {
		t.Errorf("rotations drawn: %v, flips drawn: %v; want both", moved, flipped)
	}
}

// Reverie's cutouts are shifted both ways, each as far as the other.
func TestShiftsSideways(t *testing.T) {
	m := momentOf(preset.Reverie, 400, 3, 0).always(preset.Affine, func(a *preset.Augmentation) { a.Degrees, a.Flip = 0, 0 })
	across, down := 0.0, 0.0
	for _, h := range eachCutout(m, m.affine) {
		u, v := h.At(31.5, 31.5)
		across, down = max(across, math.Abs(u-31.5)), max(down, math.Abs(v-31.5))
	}
	// The largest of 400 is within 3 % of the limit, 6.4 pixels, but for once in 180,000 times.
	if across < 6.2 || across > 6.4 || down < 6.2 || down > 6.4 {
		t.Errorf("shifts of up to %g pixels sideways and %g up or down, want 6.4", across, down)
	}
}

// angleOf is by how many degrees a map turns, mirrored or not.
func angleOf(h ops.Homography) float64 { return math.Abs(math.Atan2(h[3], h[4])) * 180 / math.Pi }

// The strength of turns is that of shifts, too; flips have one of their own.
func TestStrengthsOfTurnsAndFlips(t *testing.T) {
	const n = 400
	for _, c := range []struct{ turns, flips, angle, shift, flipped float64 }{
		{1, 1, 30, 6.4, 0.5}, {0, 1, 0, 0, 0.5}, {2, 0, 60, 12.8, 0}, {1, 2, 30, 6.4, 1},
	} {
		m := momentOf(preset.Upd, n, 3, 0, recipe.Affine.Is(c.turns), recipe.Flip.Is(c.flips)).always(preset.Affine, func(*preset.Augmentation) {})
		angle, shift, flipped := 0.0, 0.0, 0.0
		for _, h := range eachCutout(m, m.affine) {
			u, v := h.At(31.5, 31.5) // comes from there
			angle, shift = max(angle, angleOf(h)), max(shift, math.Hypot(u-31.5, v-31.5))
			if h[0] < 0 {
				flipped++
			}
		}
		// The largest of 400 is within 3 % of the limit but for once in 180,000 times.
		if angle > c.angle+1e-9 || angle < 0.97*c.angle || shift > c.shift+1e-9 || shift < 0.97*c.shift {
			t.Errorf("%+v: turns of up to %g degrees, shifts of up to %g pixels", c, angle, shift)
		}
		near(t, "flipped", flipped/n, c.flipped, n)
	}
}
