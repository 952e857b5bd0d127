package ops

import "reverie/gpu"

// RefSymmetry is the loss that makes a picture x [h, w, 3] like its mirror image, left to right: the weight times the mean of the squared
// differences of both, pixray's symmetry loss.
func RefSymmetry(x []float64, h, w int, weight float64) float64 {
	sum := 0.0
	for i, v := range x {
		d := v - x[opposite(i, w)]
		sum += d * d
	}
	return weight * sum / float64(len(x))
}

// RefSymmetryBackward is dx for RefSymmetry: each difference counts for both of its elements and from both sides.
func RefSymmetryBackward(x []float64, h, w int, weight float64) []float64 {
	dx := make([]float64, len(x))
	for i, v := range x {
		dx[i] = 4 * weight / float64(len(x)) * (v - x[opposite(i, w)])
	}
	return dx
}

// opposite is the element that lies where i does when a picture of w pixels in a row is mirrored.
func opposite(i, w int) int {
	row, column := i/(3*w), i/3%w
	return 3*(row*w+w-1-column) + i%3
}

// EncodeSymmetry lays out what Symmetry needs to know of the weight for a picture of h×w pixels: one float32.
func EncodeSymmetry(h, w int, weight float64) []byte { return encode(float32(weight / float64(3*h*w))) }

// Symmetry computes RefSymmetry of x [1, H, W, 3] into losses (float32) at place first, and adds its gradient to d(x) at once, as PromptLoss
// does. Scale has what EncodeSymmetry makes of the weight, which may change between runs.
func (t *Tape) Symmetry(x *Tensor, scale, losses *gpu.Buffer, first int) {
	t.pixelLoss("symmetry.wgsl", x, losses, first, scale)
}
