package guide

import (
	"math"

	"reverie/gpu"
	"reverie/gpu/ops"
	"reverie/recipe"
	"reverie/recipe/preset"
)

// affine mirrors, turns, shifts and shears cutouts, in one map. Beyond the border it repeats it, as kornia's does in the notebooks, or is black, as
// in nerdyrodent's.
var affine = augmentation(stage{
	name:  preset.Affine,
	bytes: perCutout(ops.HomographySize),
	record: func(s *Step, x *ops.Tensor, maps *gpu.Buffer) *ops.Tensor {
		if (moment{preset: s.spec.Preset}).augmentation(preset.Affine).Zeros {
			return s.tape.Warp(x, maps, ops.Zeros)
		}
		return s.tape.Warp(x, maps, ops.Border)
	},
	draw: func(m moment) []byte { return ops.EncodeHomographies(eachCutout(m, m.affine)) },
})

// affine draws a flip, then a rotation about the centre and a vertical shift, with one sideways where the preset has it.
func (m moment) affine(cutout int) ops.Homography {
	a, strength := m.augmentation(preset.Affine), recipe.Affine.In(m.recipe)
	flip, r := m.random(cutout, drawFlip), m.random(cutout, drawAffine)
	warp := ops.Identity
	last := float64(m.side - 1)
	if flip.Uniform() < a.Flip*recipe.Flip.In(m.recipe) {
		warp = ops.Homography{-1, 0, last, 0, 1, 0, 0, 0, 1}
	}
	if r.Uniform() >= a.P {
		return warp
	}
	radians := (2*r.Uniform() - 1) * (a.Degrees * strength) * math.Pi / 180
	shift := (2*r.Uniform() - 1) * (a.Translate * strength) * float64(m.side)
	sideways := 0.0
	if a.Sideways > 0 {
		sideways = (2*r.Uniform() - 1) * (a.Sideways * strength) * float64(m.side)
	}
	sin, cos := math.Sincos(radians)
	c := last / 2
	// A destination pixel p comes from R⁻¹(p − c − shifts) + c.
	rotate := ops.Homography{
		cos, sin, c - cos*(c+sideways) - sin*(c+shift),
		-sin, cos, c + sin*(c+sideways) - cos*(c+shift),
		0, 0, 1,
	}
	if a.Shear > 0 { // sideways about the centre, before the turn
		k := math.Tan((2*r.Uniform() - 1) * (a.Shear * strength) * math.Pi / 180)
		rotate = (ops.Homography{1, k, -k * c, 0, 1, 0, 0, 0, 1}).After(rotate)
	}
	return warp.After(rotate)
}
