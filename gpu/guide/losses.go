package guide

import (
	"reverie/gpu"
	"reverie/gpu/ops"
	"reverie/recipe"
)

// initLoss pulls z: to where it started, or, with NerdyRodent's formula, to zero, less and less.
var initLoss = stage{
	name:  StageInitLoss,
	bytes: func(StepSpec) int { return 4 },
	record: func(s *Step, picture *ops.Tensor, weight *gpu.Buffer) *ops.Tensor {
		target := (*ops.Tensor)(nil)
		if s.spec.InitLoss == InitLossNotebook {
			s.z0 = s.tape.Input(1, s.spec.Height, s.spec.Width, s.spec.VQGAN.EmbedDim, false)
			target = s.z0
		}
		s.tape.InitLoss(s.Z, target, s.state, weight, s.losses, s.nextLoss())
		return picture
	},
	draw: func(m moment) []byte {
		return ops.EncodeFloats([]float32{float32(recipe.InitWeight.In(m.recipe))})
	},
}

// smoothness is the picture's total variation, which keeps stray strokes off plain grounds.
var smoothness = stage{
	name:  StageSmoothness,
	bytes: func(StepSpec) int { return ops.VariationSize },
	record: func(s *Step, picture *ops.Tensor, scales *gpu.Buffer) *ops.Tensor {
		s.tape.TotalVariation(picture, scales, s.losses, s.nextLoss())
		return picture
	},
	draw: func(m moment) []byte { return ops.EncodeVariation(m.height, m.width, recipe.Smoothness.In(m.recipe)) },
}

// update moves z by its gradient.
var update = stage{
	name:  StageUpdate,
	bytes: func(StepSpec) int { return ops.FactorsSize },
	record: func(s *Step, picture *ops.Tensor, factors *gpu.Buffer) *ops.Tensor {
		s.memory = s.tape.Update(s.Z, factors, s.spec.Optimiser, s.spec.Lowest, s.spec.Highest, s.held)
		return picture
	},
	draw: func(m moment) []byte { return m.factors.Encode() },
}
