package guide

import (
	"math"
	"testing"

	"reverie/gpu/ops"
	"reverie/recipe"
)

// Where a moved picture of 8×4 elements, 16 pixels wide each, shows the one before it.
func TestMotionMaps(t *testing.T) {
	f := 2 / math.Tan(math.Pi/6) // the distance of the picture, in elements
	cos := math.Cos(10 * math.Pi / 180)
	tilted := func(y float64) float64 { // the row that is seen at a height above the centre
		sin := math.Sin(10 * math.Pi / 180)
		return y * f / (f*cos + y*sin)
	}
	for _, c := range []struct {
		name string
		set  []recipe.Setting
		x, y float64 // of the moved picture
		u, v float64 // that it shows
	}{
		{"nothing", nil, 1, 3, 1, 3},
		{"zoom keeps the centre", []recipe.Setting{recipe.Zoom.Is(2.0)}, 3.5, 1.5, 3.5, 1.5},
		{"zoom", []recipe.Setting{recipe.Zoom.Is(2.0)}, 7.5, -0.5, 5.5, 0.5},
		{"zoom along and about a corner", []recipe.Setting{recipe.ZoomY.Is(0.5), recipe.MotionCenterX.Is(0.0), recipe.MotionCenterY.Is(0.0)}, 2, 1.5, 2, 3.5},
		{"zoom across", []recipe.Setting{recipe.ZoomX.Is(2.0), recipe.Zoom.Is(2.0)}, 7.5, 3.5, 4.5, 2.5},
		{"counter-clockwise", []recipe.Setting{recipe.Angle.Is(90.0)}, 3.5, -0.5, 5.5, 1.5}, // what was at the right comes to the top
		{"shifts by pixels", []recipe.Setting{recipe.ShiftX.Is(16.0), recipe.ShiftY.Is(-32.0)}, 3, 1, 2, 3},
		{"shifts come last", []recipe.Setting{recipe.ShiftX.Is(16.0), recipe.Zoom.Is(2.0)}, 4.5, 1.5, 3.5, 1.5},
		{"nearer", []recipe.Setting{recipe.ShiftZ.Is(16 * f / 2)}, 5.5, 1.5, 4.5, 1.5},
		{"no nearer than a tenth", []recipe.Setting{recipe.ShiftZ.Is(4096.0)}, 13.5, 1.5, 4.5, 1.5},
		{"tilted", []recipe.Setting{recipe.TurnX.Is(10.0)}, 3.5, 0.5, 3.5, 1.5 + tilted(-1)},
		{"swung", []recipe.Setting{recipe.TurnY.Is(-10.0)}, 2.5, 1.5, 3.5 + tilted(-1), 1.5},
		{"a wider field", []recipe.Setting{recipe.FieldOfView.Is(90.0), recipe.ShiftZ.Is(16.0)}, 5.5, 1.5, 4.5, 1.5},
		{"locked", []recipe.Setting{recipe.ShiftX.Is(16.0), recipe.ShiftY.Is(-32.0), recipe.MotionLock.Is(true)}, 3, 1, 3, 1},
		{"zoomed about a corner and locked", []recipe.Setting{recipe.Zoom.Is(2.0), recipe.MotionCenterX.Is(0.0), recipe.MotionCenterY.Is(0.0), recipe.MotionLock.Is(true)}, 7.5, -0.5, 5.5, 0.5},
		{"nearly to a point", []recipe.Setting{recipe.Zoom.Is(1e-300)}, 3.501, 1.5, 4.5, 1.5},
	} {
		u, v := motionMap(recipe.New(c.set...), 8, 4, 16).At(c.x, c.y)
		if math.Abs(u-c.u) > 1e-9 || math.Abs(v-c.v) > 1e-9 {
			t.Errorf("%s: (%g, %g) shows (%g, %g), want (%g, %g)", c.name, c.x, c.y, u, v, c.u, c.v)
		}
	}
}

func TestInverseTakesPlacesBack(t *testing.T) {
	h := ops.Homography{1.5, 0.25, -3, -0.5, 0.75, 2, 0.01, -0.02, 1}
	u, v := h.At(4, 7)
	if x, y := h.Inverse().At(u, v); math.Abs(x-4) > 1e-12 || math.Abs(y-7) > 1e-12 {
		t.Errorf("(4, 7) comes back as (%g, %g)", x, y)
	}
}
