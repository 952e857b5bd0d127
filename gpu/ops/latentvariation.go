package ops

import (
	"math"

	"reverie/gpu"
)

// variationFloor is added to a mean square before its root is taken, so that the root has a gradient at zero.
const variationFloor = 1e-8

// RefLatentVariation is the total variation of a latent z [h, w, c]: the weight times the mean over its tokens of √(q + 1e-8), q the mean over
// the channels of the squared differences to the right and to the lower neighbour. Beyond an edge a token is its own neighbour. It is the loss
// of vqgan-clip-app.
func RefLatentVariation(z []float64, h, w, c int, weight float64) float64 {
	sum := 0.0
	eachVariation(z, h, w, c, func(_, _, _ int, length float64) { sum += length })
	return weight * sum / float64(h*w)
}

// RefLatentVariationBackward is dz for RefLatentVariation.
func RefLatentVariationBackward(z []float64, h, w, c int, weight float64) []float64 {
	dz := make([]float64, len(z))
	eachVariation(z, h, w, c, func(at, right, below int, length float64) {
		for _, neighbour := range []int{right, below} {
			for k := range c {
				g := weight / float64(h*w*c) * (z[neighbour*c+k] - z[at*c+k]) / length
				dz[neighbour*c+k] += g
				dz[at*c+k] -= g
			}
		}
	})
	return dz
}

// eachVariation visits each token with its neighbours and the length of its differences.
func eachVariation(z []float64, h, w, c int, visit func(at, right, below int, length float64)) {
	for at := range h * w {
		right, below := at, at
		if at%w+1 < w {
			right++
		}
		if at/w+1 < h {
			below += w
		}
		square := 0.0
		for k := range c {
			x, y := z[right*c+k]-z[at*c+k], z[below*c+k]-z[at*c+k]
			square += x*x + y*y
		}
		visit(at, right, below, math.Sqrt(square/float64(c)+variationFloor))
	}
}

type latentVariationParams struct{ W, H, C4, C, First uint32 }

// LatentVariation computes RefLatentVariation of z [1, H, W, C] into losses (float32) at place first, and adds its gradient to d(z) at once, as
// PromptLoss does. Weight holds one float32 as EncodeFloats lays it out, which may change between runs.
func (t *Tape) LatentVariation(z *Tensor, weight, losses *gpu.Buffer, first int) {
	lengths := t.New(1, 1, 1, z.Rows())
	t.wholeLoss("latentvariation.wgsl", z, nil, latentVariationParams{uint32(z.W), uint32(z.H), uint32(z.Stride() / 4), uint32(z.C), uint32(first)},
		weight, losses, lengths.Buf)
}
