package ops

import (
	"math"

	"reverie/gpu"
)

// luma is what red, green and blue count in a pixel's grey (ITU-R BT.601).
var luma = [3]float64{0.2989, 0.587, 0.114}

// RefEdgeLoss is the loss that holds the edges of a picture x [h, w, 3] to those of a target: the weight times the mean squared difference of what
// Sobel's two filters, divided by 8, give of both pictures in grey, which is black beyond their edges. It is pytti's edge stabilization.
func RefEdgeLoss(x, target []float64, h, w int, weight float64) float64 {
	sum := 0.0
	for _, e := range edges(x, target, h, w) {
		sum += e[0]*e[0] + e[1]*e[1]
	}
	return weight * sum / float64(2*h*w)
}

// RefEdgeLossBackward is dx for RefEdgeLoss: each difference goes back to the pixels that its filter saw.
func RefEdgeLossBackward(x, target []float64, h, w int, weight float64) []float64 {
	dx := make([]float64, len(x))
	found := edges(x, target, h, w)
	eachSobel(h, w, func(at, seen int, across, down float64) {
		g := weight / float64(h*w) * (across*found[at][0] + down*found[at][1])
		for c := range luma {
			dx[3*seen+c] += g * luma[c]
		}
	})
	return dx
}

// edges are the differences of both filters' answers, which are those of the grey difference.
func edges(x, target []float64, h, w int) [][2]float64 {
	found := make([][2]float64, h*w)
	eachSobel(h, w, func(at, seen int, across, down float64) {
		grey := 0.0
		for c := range luma {
			grey += luma[c] * (x[3*seen+c] - target[3*seen+c])
		}
		found[at][0] += across * grey
		found[at][1] += down * grey
	})
	return found
}

// eachSobel visits every pixel with each that its filters see, and what that counts in them.
func eachSobel(h, w int, visit func(at, seen int, across, down float64)) {
	for at := range h * w {
		for row := -1; row <= 1; row++ {
			for column := -1; column <= 1; column++ {
				y, x := at/w+row, at%w+column
				if y >= 0 && x >= 0 && y < h && x < w {
					visit(at, y*w+x, float64(column)*(2-math.Abs(float64(row)))/8, float64(row)*(2-math.Abs(float64(column)))/8)
				}
			}
		}
	}
}

// EncodeEdgeScale lays out what EdgeLoss needs to know of the weight for a picture of h×w pixels: one float32.
func EncodeEdgeScale(h, w int, weight float64) []byte {
	return encode(float32(weight / float64(2*h*w)))
}

type edgeParams struct{ Vecs, W, H uint32 }

// EdgeLoss computes RefEdgeLoss of x [1, H, W, 3] and a target of its shape into losses (float32) at place first, and adds its gradient to d(x) at
// once, as PromptLoss does. Scale has what EncodeEdgeScale makes of the weight, which may change between runs.
func (t *Tape) EdgeLoss(x, target *Tensor, scale, losses *gpu.Buffer, first int) {
	sameShape("edge loss", x, target)
	found := t.New(1, x.H, x.W, 2)
	t.pixelTerms("edgeloss.wgsl", nil, x, losses, first, target.Buf, scale, found.Buf)
	if dx, accumulate, ok := t.grad(x); ok {
		t.Plan.Dispatch("edgeloss_back.wgsl", accumulate, workgroupsOf(x), float64(40*x.Len()), edgeParams{uint32(x.vecs()), uint32(x.W), uint32(x.H)},
			found.Buf, scale, dx.Buf)
	}
}
