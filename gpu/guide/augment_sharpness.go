package guide

import (
	"reverie/gpu"
	"reverie/gpu/ops"
	"reverie/recipe"
	"reverie/recipe/preset"
)

// sharpness sharpens cutouts, or, as in all presets, blurs them. The notebooks flip before they sharpen, which comes to the same.
var sharpness = augmentation(stage{
	name:  preset.Sharpness,
	bytes: perCutout(4),
	record: func(s *Step, x *ops.Tensor, factors *gpu.Buffer) *ops.Tensor {
		return s.tape.Sharpen(x, factors)
	},
	draw: func(m moment) []byte { return ops.EncodeFloats(eachCutout(m, m.sharpness)) },
})

// sharpness draws the factor of one cutout; 1 leaves it as it is.
func (m moment) sharpness(cutout int) float32 {
	r, a := m.random(cutout, drawSharpness), m.augmentation(preset.Sharpness)
	if r.Uniform() >= a.P {
		return 1
	}
	factor := a.Most * r.Uniform()
	return float32(factor + (1-recipe.Sharpness.In(m.recipe))*(1-factor))
}
