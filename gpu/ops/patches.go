package ops

import (
	"fmt"

	"reverie/shaders"
)

// RefPatches cuts x [n, h, w, 3] into patches of k×k and normalises them: rows [n·(h/k)·(w/k)], columns (ky, kx, channel).
func RefPatches(x []float64, n, h, w, k int, mean, std [3]float32) []float64 {
	y := make([]float64, n*(h/k)*(w/k)*k*k*3)
	eachPatchElement(n, h, w, k, func(pixel, element int) {
		for c := range 3 {
			y[element*3+c] = (x[pixel*3+c] - float64(mean[c])) / float64(std[c])
		}
	})
	return y
}

// RefPatchesBackward puts the patches' gradients back into the pictures.
func RefPatchesBackward(dy []float64, n, h, w, k int, std [3]float32) []float64 {
	dx := make([]float64, n*h*w*3)
	eachPatchElement(n, h, w, k, func(pixel, element int) {
		for c := range 3 {
			dx[pixel*3+c] = dy[element*3+c] / float64(std[c])
		}
	})
	return dx
}

func eachPatchElement(n, h, w, k int, visit func(pixel, element int)) {
	element := 0
	for img := range n {
		for gy := range h / k {
			for gx := range w / k {
				for ky := range k {
					for kx := range k {
						visit((img*h+gy*k+ky)*w+gx*k+kx, element)
						element++
					}
				}
			}
		}
	}
}

type patchesParams struct {
	Vecs, H, W, Kernel uint32
	Mean, InverseStd   [4]float32
}

// Patches is the patch embedding's left half: x [N, H, W, 3] gives [N, H/k, W/k, k·k·4], colours normalised by mean and std, and
// a zero after every three. The right half is a linear layer whose columns are ordered (ky, kx, channel), padded likewise.
func (t *Tape) Patches(x *Tensor, k int, mean, std [3]float32) *Tensor {
	if x.C != 3 || x.H < k || x.W < k {
		panic(fmt.Sprintf("ops: patches of %d on %v", k, x))
	}
	y := t.activation(x.N, x.H/k, x.W/k, k*k*4)
	t.patches(x, y, k, mean, std)
	return y
}

// Normalise is (x − mean)/std per colour of x [N, H, W, 3]: patches of one pixel.
func (t *Tape) Normalise(x *Tensor, mean, std [3]float32) *Tensor {
	if x.C != 3 {
		panic(fmt.Sprintf("ops: colours of %v", x))
	}
	y := t.activationLike(x)
	t.patches(x, y, 1, mean, std)
	return y
}

// patches records both kernels; y's memory is that of [N, H/k, W/k, k·k·4].
func (t *Tape) patches(x, y *Tensor, k int, mean, std [3]float32) {
	p := patchesParams{Vecs: uint32(y.vecs()), H: uint32(x.H), W: uint32(x.W), Kernel: uint32(k)}
	for c := range 3 {
		p.Mean[c], p.InverseStd[c] = mean[c], 1/std[c]
	}
	t.Plan.Dispatch("patches.wgsl", nil, workgroupsOf(y), float64(8*y.Len()), p, x.Buf, y.Buf)
	t.onBackward(y, func(dy *Tensor) {
		dx, accumulate, _ := t.grad(x)
		back := p
		back.Vecs = uint32(x.vecs())
		t.Plan.Dispatch("patches.wgsl", with(accumulate, shaders.Defines{"BACKWARD": ""}), workgroupsOf(x),
			float64(8*x.Len()), back, dy.Buf, dx.Buf)
	}, x)
}
