package ops

import (
	"math"

	"reverie/gpu"
	"reverie/shaders"
)

// RefSaturation is the loss that makes a picture x [h, w, 3] colourful: −weight/5 times σ + 0.3·μ, of the opponent colours red − green and
// (red + green)/2 − blue of its pixels σ² the sum of both variances and μ² that of both squared means; see Hasler and Süsstrunk, "Measuring
// Colourfulness in Natural Images", 2003. It is pixray's saturation loss, of the picture in place of the cutouts.
func RefSaturation(x []float64, weight float64) float64 {
	_, spread, shift := opponents(x)
	return -weight / 5 * (spread + 0.3*shift)
}

// RefSaturationBackward is dx for RefSaturation. Roots below 1e-6 count as that much, for at zero they have no gradient.
func RefSaturationBackward(x []float64, weight float64) []float64 {
	mean, spread, shift := opponents(x)
	dx, n := make([]float64, len(x)), float64(len(x)/3)
	for at := 0; at < len(x); at += 3 {
		o := opponent(x[at:])
		var g [2]float64
		for k := range g {
			g[k] = -weight / 5 / n * ((o[k]-mean[k])/max(spread, 1e-6) + 0.3*mean[k]/max(shift, 1e-6))
		}
		dx[at], dx[at+1], dx[at+2] = g[0]+g[1]/2, g[1]/2-g[0], -g[1]
	}
	return dx
}

func opponent(rgb []float64) [2]float64 {
	return [2]float64{rgb[0] - rgb[1], (rgb[0]+rgb[1])/2 - rgb[2]}
}

// opponents are the means of a picture's opponent colours, the root of the sum of their variances, and the length of the means.
func opponents(x []float64) (mean [2]float64, spread, shift float64) {
	n := float64(len(x) / 3)
	for at := 0; at < len(x); at += 3 {
		o := opponent(x[at:])
		mean[0], mean[1] = mean[0]+o[0]/n, mean[1]+o[1]/n
	}
	square := 0.0
	for at := 0; at < len(x); at += 3 {
		o := opponent(x[at:])
		square += (o[0]-mean[0])*(o[0]-mean[0]) + (o[1]-mean[1])*(o[1]-mean[1])
	}
	return mean, math.Sqrt(square / n), math.Hypot(mean[0], mean[1])
}

// EncodeSaturation lays out what Saturation needs to know of the weight: one float32.
func EncodeSaturation(weight float64) []byte { return encode(float32(weight / 5)) }

// Saturation computes RefSaturation of x [1, H, W, 3] into losses (float32) at place first, and adds its gradient to d(x) at once, as PromptLoss
// does. Weight has what EncodeSaturation makes of it, and may change between runs.
func (t *Tape) Saturation(x *Tensor, weight, losses *gpu.Buffer, first int) {
	t.wholeLoss("saturation.wgsl", x, nil, wholeParams{uint32(x.vecs()), uint32(first)}, weight, losses)
}

// wholeParams are those of the frame whole.wgsl.
type wholeParams struct{ Vecs, First uint32 }

// wholeLoss records a loss of x that one workgroup computes from x and what else it reads, and whose gradient it stores.
func (t *Tape) wholeLoss(source string, x *Tensor, defines shaders.Defines, params any, buffers ...*gpu.Buffer) {
	buffers = append([]*gpu.Buffer{x.Buf}, buffers...)
	if dx, accumulate, ok := t.grad(x); ok {
		defines = with(accumulate, defines, shaders.Defines{"GRADIENT": ""})
		buffers = append(buffers, dx.Buf)
	}
	t.Plan.Dispatch(source, defines, gpu.Grid{1, 1, 1}, float64(24*x.Len()), params, buffers...)
}
