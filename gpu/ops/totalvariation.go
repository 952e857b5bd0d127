package ops

import (
	"math"

	"reverie/gpu"
)

// RefTotalVariation is the loss that smooths a picture x [h, w, 3]: the weight times the sum of two means, of the absolute
// differences of pixels to their right and to their lower neighbours. It is anisotropic total variation; see Rudin, Osher and Fatemi,
// "Nonlinear total variation based noise removal algorithms", Physica D 60, 1992.
func RefTotalVariation(x []float64, h, w int, weight float64) float64 {
	sum := 0.0
	eachDifference(h, w, weight, func(at, neighbour int, scale float64) {
		sum += scale * math.Abs(x[neighbour]-x[at])
	})
	return sum
}

// RefTotalVariationBackward is dx for RefTotalVariation: of the subgradients where a difference is zero, zero.
func RefTotalVariationBackward(x []float64, h, w int, weight float64) []float64 {
	dx := make([]float64, len(x))
	eachDifference(h, w, weight, func(at, neighbour int, scale float64) {
		if d := x[neighbour] - x[at]; d != 0 {
			dx[neighbour] += math.Copysign(scale, d)
			dx[at] -= math.Copysign(scale, d)
		}
	})
	return dx
}

// eachDifference visits pairs of elements that are neighbours, with what their difference counts.
func eachDifference(h, w int, weight float64, visit func(at, neighbour int, scale float64)) {
	across, down := variationScales(h, w, weight)
	for y := range h {
		for x := range w {
			for at := 3 * (y*w + x); at < 3*(y*w+x+1); at++ {
				if x+1 < w {
					visit(at, at+3, across)
				}
				if y+1 < h {
					visit(at, at+3*w, down)
				}
			}
		}
	}
}

// variationScales are the weight over the number of differences along rows and along columns. Where there are none, so is the scale.
func variationScales(h, w int, weight float64) (across, down float64) {
	if w > 1 {
		across = weight / float64(3*h*(w-1))
	}
	if h > 1 {
		down = weight / float64(3*(h-1)*w)
	}
	return across, down
}

// variation is the encoded scales, Variation of totalvariation.wgsl.
type variation struct{ Across, Down float32 }

// EncodeVariation lays out what TotalVariation needs to know of the weight for a picture of h×w pixels, in VariationSize bytes.
func EncodeVariation(h, w int, weight float64) []byte {
	across, down := variationScales(h, w, weight)
	return encode(variation{float32(across), float32(down)})
}

// VariationSize is the number of bytes that EncodeVariation makes.
const VariationSize = 8

// TotalVariation computes RefTotalVariation of x [1, H, W, 3] into losses (float32) at place first, and adds its gradient to d(x) at
// once, as PromptLoss does. Scales has what EncodeVariation makes of the weight, which may change between runs.
func (t *Tape) TotalVariation(x *Tensor, scales, losses *gpu.Buffer, first int) {
	t.pixelLoss("totalvariation.wgsl", x, losses, first, scales)
}
