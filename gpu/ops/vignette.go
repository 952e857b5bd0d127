package ops

import (
	"math"

	"reverie/gpu"
)

// RefVignette is the loss that draws a picture x [h, w, 3] to a colour around its middle: the weight times the mean of the absolute differences, each
// times 1 − g, where g is a Gaussian of the pixel's distance from the middle, 1 there. Deviation is its standard deviation as a share of the picture's
// sides, along each. It is pixray's gaussian loss, whose deviations are in pixels.
func RefVignette(x []float64, h, w int, deviation float64, colour [3]float64, weight float64) float64 {
	sum := 0.0
	for i, v := range x {
		sum += aroundMiddle(i, h, w, deviation) * math.Abs(v-colour[i%3])
	}
	return weight * sum / float64(len(x))
}

// RefVignetteBackward is dx for RefVignette: where a difference is zero, zero.
func RefVignetteBackward(x []float64, h, w int, deviation float64, colour [3]float64, weight float64) []float64 {
	dx := make([]float64, len(x))
	for i, v := range x {
		if d := v - colour[i%3]; d != 0 {
			dx[i] = math.Copysign(weight*aroundMiddle(i, h, w, deviation)/float64(len(x)), d)
		}
	}
	return dx
}

// aroundMiddle is 1 − g of element i.
func aroundMiddle(i, h, w int, deviation float64) float64 {
	fall := func(place, side int) float64 {
		d := (float64(place) - float64(side-1)/2) / (deviation * float64(side))
		return d * d / 2
	}
	return 1 - math.Exp(-fall(i/3/w, h)-fall(i/3%w, w))
}

// vignette is Vignette of vignette.wgsl.
type vignette struct {
	Colour       [4]float32
	Across, Down float32
	Scale        float32
}

// VignetteSize is the number of bytes that EncodeVignette makes.
const VignetteSize = 28

// EncodeVignette lays out what Vignette needs to know for a picture of h×w pixels: deviation, above 0, colour in [0, 1], and weight.
func EncodeVignette(h, w int, deviation float64, colour [3]float64, weight float64) []byte {
	fall := func(side int) float32 {
		return float32(1 / (2 * deviation * deviation * float64(side) * float64(side)))
	}
	return encode(vignette{vec4(colour), fall(w), fall(h), float32(weight / float64(3*h*w))})
}

// Vignette computes RefVignette of x [1, H, W, 3] into losses (float32) at place first, and adds its gradient to d(x) at once, as PromptLoss does.
// Numbers has what EncodeVignette makes, and may change between runs.
func (t *Tape) Vignette(x *Tensor, numbers, losses *gpu.Buffer, first int) {
	t.pixelLoss("vignette.wgsl", x, losses, first, numbers)
}
