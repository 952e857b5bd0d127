package guide

import (
	"context"
	"math"
	"testing"

	"reverie/recipe"
	"reverie/recipe/preset"
)

// A step in half precision follows one in float32: its losses differ by little, its gradient of z points the same way, and it takes less
// memory. The bounds are two to six times what SwiftShader shows: losses 1.7e-4 off, a cosine 8.4e-5 below 1, a length 0.5 % off.
func TestHalfPrecisionStep(t *testing.T) {
	ctx := context.Background()
	r := small("a red apple", preset.Upd, 7, recipe.Cutouts.Is(3), recipe.Smoothness.Is(1))
	full := oneStep(ctx, t, r, Thrift{})
	half := oneStep(ctx, t, r.With(recipe.Precision.Is("half")), Thrift{})
	for i, want := range full.losses {
		off := math.Abs(float64(half.losses[i]-want)) / float64(want)
		t.Logf("loss %d: off by %g", i, off)
		if !(off <= 1e-3) {
			t.Errorf("loss %d is %g, in float32 %g", i, half.losses[i], want)
		}
	}
	var dot, a, b float64
	for i := range full.dz {
		x, y := float64(half.dz[i]), float64(full.dz[i])
		dot, a, b = dot+x*y, a+x*x, b+y*y
	}
	cosine := dot / math.Sqrt(a*b)
	t.Logf("gradient of z: 1 - cosine %g, length %g; bytes %d of %d", 1-cosine, math.Sqrt(a/b), half.bytes, full.bytes)
	if !(cosine >= 1-4e-4) || math.Abs(math.Sqrt(a/b)-1) > 1e-2 {
		t.Errorf("gradient of z: cosine %g to that in float32, length %g of it", cosine, math.Sqrt(a/b))
	}
	if half.bytes > full.bytes*3/5 {
		t.Errorf("takes %d bytes, in float32 %d", half.bytes, full.bytes)
	}
}
