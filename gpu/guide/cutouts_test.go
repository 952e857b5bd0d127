package guide

import (
	"math"
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

func TestCropOfAPictureSmallerThanACutout(t *testing.T) {
	m := momentOf(preset.ZQ, 10, 1, 0)
	m.width, m.height = 40, 56
	for _, b := range eachCutout(m, m.crop) {
		if b.W != 40 || b.X != 0 {
			t.Errorf("crop %+v, want the full width of 40", b)
		}
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
