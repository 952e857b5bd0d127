package ops

import (
	"reverie/gpu"
	"reverie/shaders"
)

// RefInitLoss is the loss that pulls z: towards a target it is mse(z, target)·w/2, Crowson's notebook's; with a nil target it is
// mse(z, 0)·w/2/(2·step+1), Nerdy Rodent's.
func RefInitLoss(z, target []float64, weight float64, step int) float64 {
	sum := 0.0
	for _, d := range initDistances(z, target) {
		sum += d * d
	}
	return initFactor(target, weight, step) * sum / float64(len(z))
}

// RefInitLossBackward is dz for RefInitLoss.
func RefInitLossBackward(z, target []float64, weight float64, step int) []float64 {
	dz := initDistances(z, target)
	for i := range dz {
		dz[i] *= 2 * initFactor(target, weight, step) / float64(len(z))
	}
	return dz
}

// initDistances is z − target.
func initDistances(z, target []float64) []float64 {
	d := append([]float64{}, z...)
	for i, v := range target {
		d[i] -= v
	}
	return d
}

func initFactor(target []float64, weight float64, step int) float64 {
	if target == nil {
		return weight / 2 / float64(2*step+1)
	}
	return weight / 2
}

type initLossParams struct{ Vecs, Elements, First uint32 }

// InitLoss computes RefInitLoss into losses (float32) at place first, and adds its gradient to d(z) at once, as PromptLoss does. State
// holds an encoded State, whose step is the loss's, and weight one float32 as EncodeFloats lays it out: both may change between runs.
func (t *Tape) InitLoss(z, target *Tensor, state, weight, losses *gpu.Buffer, first int) {
	defines, buffers := shaders.Defines{}, []*gpu.Buffer{z.Buf, state, weight}
	if target != nil {
		sameShape("init loss", z, target)
		defines["TARGET"] = ""
		buffers = append(buffers, target.Buf)
	}
	buffers = append(buffers, losses)
	if dz, accumulate, ok := t.grad(z); ok {
		defines = with(defines, accumulate, shaders.Defines{"GRADIENT": ""})
		buffers = append(buffers, dz.Buf)
	}
	t.Plan.Dispatch("initloss.wgsl", defines, gpu.Grid{1, 1, 1}, float64(8*z.Len()),
		initLossParams{uint32(z.vecs()), uint32(z.Rows() * z.C), uint32(first)}, buffers...)
}
