package guide

import (
	"reverie/gpu"
	"reverie/gpu/ops"
	"reverie/recipe"
	"reverie/recipe/preset"
)

// noise adds normal noise to cutouts, to each by a factor of its own.
var noise = augmentation(stage{
	name:  preset.Noise,
	bytes: perCutout(4),
	record: func(s *Step, x *ops.Tensor, sigmas *gpu.Buffer) *ops.Tensor {
		return s.tape.AddNoise(x, sigmas, s.state)
	},
	draw: func(m moment) []byte { return ops.EncodeFloats(eachCutout(m, m.sigma)) },
})

// sigma draws the factor of one cutout's noise.
func (m moment) sigma(cutout int) float32 {
	most := m.augmentation(preset.Noise).Sigma * recipe.Noise.In(m.recipe)
	return float32(most * m.random(cutout, drawNoise).Uniform())
}
