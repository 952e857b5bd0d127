package ops

import (
	"math"

	"reverie/gpu"
	"reverie/shaders"
)

// RefAngleLoss is the loss that holds the direction of z, as one long vector, to a target's: θ being the angle between both, weight·θ²/2, which
// is pixray's init_weight, or with cosine weight·(1 − cos θ), its init_weight_cos.
func RefAngleLoss(z, target []float64, cosine bool, weight float64) float64 {
	_, _, _, angle := angleOf(z, target)
	if cosine {
		return weight * (1 - math.Cos(angle))
	}
	return weight * angle * angle / 2
}

// RefAngleLossBackward is dz for RefAngleLoss; see RefPromptLossBackward.
func RefAngleLossBackward(z, target []float64, cosine bool, weight float64) []float64 {
	unit, goal, length, angle := angleOf(z, target)
	factor := 1.0
	if !cosine && angle > 0 {
		factor = angle / math.Sin(angle)
	}
	dz := make([]float64, len(z))
	for i := range dz {
		dz[i] = weight * factor * (math.Cos(angle)*unit[i] - goal[i]) / length
	}
	return dz
}

// angleOf is z and the target as unit vectors, the length of z, and the angle between both.
func angleOf(z, target []float64) (unit, goal []float64, length, angle float64) {
	unit, length = normalise(z)
	goal, _ = normalise(target)
	square := 0.0
	for i := range unit {
		square += (unit[i] - goal[i]) * (unit[i] - goal[i])
	}
	return unit, goal, length, 2 * math.Asin(min(math.Sqrt(square)/2, 1))
}

// AngleLoss computes RefAngleLoss of z and a target of its shape into losses (float32) at place first, and adds its gradient to d(z) at once, as
// PromptLoss does. Weight holds one float32 as EncodeFloats lays it out, which may change between runs.
func (t *Tape) AngleLoss(z, target *Tensor, cosine bool, weight, losses *gpu.Buffer, first int) {
	sameShape("angle loss", z, target)
	defines := shaders.Defines{}
	if cosine {
		defines["COSINE"] = ""
	}
	t.wholeLoss("angleloss.wgsl", z, defines, wholeParams{uint32(z.vecs()), uint32(first)}, target.Buf, weight, losses)
}
