package ops

import (
	"fmt"
	"math"
	"slices"

	"reverie/gpu"
	"reverie/shaders"
)

// RefPixelLoss is the loss that holds a picture x [h, w, 3] to a target: the mean of the absolute differences times weight/2, pixray's
// init_weight_pix.
func RefPixelLoss(x, target []float64, weight float64) float64 {
	sum := 0.0
	for i, v := range x {
		sum += math.Abs(v - target[i])
	}
	return weight / 2 * sum / float64(len(x))
}

// RefPixelLossBackward is dx for RefPixelLoss: where a difference is zero, zero.
func RefPixelLossBackward(x, target []float64, weight float64) []float64 {
	dx := make([]float64, len(x))
	for i, v := range x {
		if d := v - target[i]; d != 0 {
			dx[i] = math.Copysign(weight/2/float64(len(x)), d)
		}
	}
	return dx
}

// EncodePixelScale lays out what PixelLoss needs to know of the weight for a picture of h×w pixels: one float32.
func EncodePixelScale(h, w int, weight float64) []byte {
	return encode(float32(weight / 2 / float64(3*h*w)))
}

// PixelLoss computes RefPixelLoss of x [1, H, W, 3] and a target of its shape into losses (float32) at place first, and adds its gradient to
// d(x) at once, as PromptLoss does. Scale has what EncodePixelScale makes of the weight, which may change between runs.
func (t *Tape) PixelLoss(x, target *Tensor, scale, losses *gpu.Buffer, first int) {
	sameShape("pixel loss", x, target)
	t.pixelLoss("pixelloss.wgsl", x, losses, first, target.Buf, scale)
}

type pixelParams struct{ W, H uint32 }

type lossPartsParams struct{ Parts, First uint32 }

// pixelLoss records a loss of a picture x whose kernel gives a term per pixel from x and what else it reads, and stores the gradient.
func (t *Tape) pixelLoss(source string, x *Tensor, losses *gpu.Buffer, first int, reads ...*gpu.Buffer) {
	if dx, accumulate, ok := t.grad(x); ok {
		t.pixelTerms(source, with(accumulate, shaders.Defines{"GRADIENT": ""}), x, losses, first, append(reads, dx.Buf)...)
	} else {
		t.pixelTerms(source, nil, x, losses, first, reads...)
	}
}

// pixelTerms records the kernel of a loss that has a term per pixel of x, in parts of 256 pixels, and their sum. With GRADIENT the last of its other
// buffers is d(x).
func (t *Tape) pixelTerms(source string, defines shaders.Defines, x *Tensor, losses *gpu.Buffer, first int, others ...*gpu.Buffer) {
	if x.C != 3 || x.N != 1 {
		panic(fmt.Sprintf("ops: %s of %v, which is no picture", source, x))
	}
	const workgroup = 256
	parts := t.New(1, 1, 1, ceilDiv(x.Rows(), workgroup))
	at := len(others)
	if _, ok := defines["GRADIENT"]; ok {
		at--
	}
	buffers := slices.Concat([]*gpu.Buffer{x.Buf}, others[:at], []*gpu.Buffer{parts.Buf}, others[at:])
	t.Plan.Dispatch(source, defines, gpu.Linear(parts.C), float64(8*x.Len()), pixelParams{uint32(x.W), uint32(x.H)}, buffers...)
	t.Plan.Dispatch("lossparts.wgsl", nil, gpu.Grid{1, 1, 1}, float64(parts.C), lossPartsParams{uint32(parts.C), uint32(first)}, parts.Buf, losses)
}
