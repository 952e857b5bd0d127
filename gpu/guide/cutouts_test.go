package guide

import (
	"math"
	"slices"
	"testing"

	"reverie/gpu/ops"
	"reverie/recipe"
	"reverie/recipe/preset"
)

func TestCropsStayInsideAndReachTheirLimits(t *testing.T) {
	m := momentOf(preset.ZQ, 4000, 1, 0)
	smallest, largest := math.MaxInt, 0
	for i, b := range eachCutout(m, m.crop) {
		if b.X < 0 || b.Y < 0 || b.X+b.W > m.width || b.Y+b.H > m.height || b.W != b.H {
			t.Fatalf("crop %d is %+v in %d×%d", i, b, m.width, m.height)
		}
		smallest, largest = min(smallest, b.W), max(largest, b.W)
	}
	// int(U·(96−64)+64) is 64 to 95, each with a chance of 1/32.
	if smallest != 64 || largest != 95 {
		t.Errorf("crops are %d to %d pixels wide, want 64 to 95", smallest, largest)
	}
}

// With a border crops reach beyond the picture as far as it does, or are moved inside, where edges are then seen more often; without one nothing is
// drawn otherwise.
func TestBorderOfCutouts(t *testing.T) {
	const n = 4000
	bare := momentOf(preset.ZQ, n, 1, 0)
	for mode, want := range map[string]struct{ least, most int }{"mirror": {-32, 128 + 32}, "clamp": {0, 128}} {
		m := momentOf(preset.ZQ, n, 1, 0, recipe.CutoutBorder.Is(0.25), recipe.BorderMode.Is(mode))
		least, most, atEdge := 0, 0, 0
		for _, b := range eachCutout(m, m.crop) {
			least, most = min(least, b.X), max(most, b.X+b.W)
			if b.X == 0 {
				atEdge++
			}
		}
		if least != want.least || most != want.most {
			t.Errorf("%s: crops lie from %d to %d, want %d to %d", mode, least, most, want.least, want.most)
		}
		if mode == "clamp" && atEdge < n/5 {
			t.Errorf("only %d of %d crops lie at the left edge", atEdge, n)
		}
	}
	none := momentOf(preset.ZQ, n, 1, 0, recipe.BorderMode.Is("mirror"))
	if !slices.Equal(eachCutout(bare, bare.crop), eachCutout(none, none.crop)) {
		t.Error("a border of nothing draws other crops")
	}
	if borderOf(recipe.New(recipe.Preset.Is(preset.Pool), recipe.CutoutBorder.Is(0.25), recipe.BorderMode.Is("wrap"))).pads() {
		t.Error("cutouts of the whole picture get margins")
	}
}

func TestCropOfAPictureSmallerThanACutout(t *testing.T) {
	m := momentOf(preset.ZQ, 10, 1, 0)
	m.width, m.height = 40, 56
	for _, b := range eachCutout(m, m.crop) {
		if b.W != 40 || b.X != 0 {
			t.Errorf("crop %+v, want the full width of 40", b)
		}
	}
}

// Reverie's own crops have half of the picture's shorter side at least, however many pixels CLIP sees.
func TestCropsOfAShare(t *testing.T) {
	m := momentOf(preset.Reverie, 4000, 1, 0)
	m.width, m.height = 64, 48
	smallest, largest := math.MaxInt, 0
	for i, b := range eachCutout(m, m.crop) {
		if b.X < 0 || b.Y < 0 || b.X+b.W > m.width || b.Y+b.H > m.height || b.W != b.H {
			t.Fatalf("crop %d is %+v", i, b)
		}
		smallest, largest = min(smallest, b.W), max(largest, b.W)
	}
	if smallest != 24 || largest != 47 {
		t.Errorf("crops are %d to %d pixels wide, want 24 to 47", smallest, largest)
	}
}

// U^power is below the middle of its range where U is below ½^(1/power).
func TestCutPower(t *testing.T) {
	const n = 4000
	for _, power := range []float64{0.3, 1, 4} {
		m := momentOf(preset.ZQ, n, 1, 0, recipe.CutPow.Is(power))
		small := 0.0
		for _, b := range eachCutout(m, m.crop) {
			if b.W < 80 {
				small++
			}
		}
		near(t, "smaller than the middle", small/n, math.Pow(0.5, 1/power), n)
	}
}

func TestPooledCutoutsSeeTheWholePicture(t *testing.T) {
	m := momentOf(preset.Pool, 3, 1, 0)
	for _, b := range eachCutout(m, m.crop) {
		if b != (ops.Box{W: 128, H: 96}) {
			t.Errorf("a box %+v of 128×96", b)
		}
	}
}
