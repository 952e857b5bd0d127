package ops

import (
	"fmt"

	"reverie/gpu"
	"reverie/shaders"
)

// RefSharpen is y = s + f·(x − s) with a factor f for each image of x [n, h, w, c], s being x smoothed by the weights 1 1 1, 1 5 1, 1 1 1 over
// 13 and bounded to [0, 1]: kornia's sharpness, which below 1 is a blur. An image's outermost pixels stay, and so does one whose factor is 1.
func RefSharpen(x, factors []float64, n, h, w, c int) []float64 {
	y := append([]float64{}, x...)
	eachSmoothed(x, factors, n, h, w, c, func(at int, smoothed, f float64, _ []int) {
		s := min(max(smoothed, 0), 1)
		y[at] = s + f*(x[at]-s)
	})
	return y
}

// RefSharpenBackward is dx for RefSharpen. As with PyTorch's clamp, a gradient passes s within its range and at the bounds.
func RefSharpenBackward(x, dy, factors []float64, n, h, w, c int) []float64 {
	dx := append([]float64{}, dy...)
	eachSmoothed(x, factors, n, h, w, c, func(at int, smoothed, f float64, around []int) {
		dx[at] -= (1 - f) * dy[at]
		if smoothed < 0 || smoothed > 1 {
			return
		}
		for _, i := range around {
			dx[i] += (1 - f) * dy[at] / 13
		}
		dx[at] += (1 - f) * dy[at] * 4 / 13
	})
	return dx
}

// eachSmoothed visits every element that sharpening may change, with its smoothed value before the bounds, its image's factor, and the nine
// elements around it and itself.
func eachSmoothed(x, factors []float64, n, h, w, c int, visit func(at int, smoothed, f float64, around []int)) {
	for img := range n {
		if factors[img] == 1 {
			continue
		}
		for row := 1; row < h-1; row++ {
			for column := 1; column < w-1; column++ {
				for j := range c {
					at := ((img*h+row)*w+column)*c + j
					var around []int
					sum := 4 * x[at]
					for i := range 9 {
						from := at + ((i/3-1)*w+i%3-1)*c
						around = append(around, from)
						sum += x[from]
					}
					visit(at, sum/13, factors[img], around)
				}
			}
		}
	}
}

type sharpenParams struct{ Vecs, H, W uint32 }

// Sharpen is RefSharpen of images of at most four channels. Factors holds N float32, which the host may overwrite before each run.
func (t *Tape) Sharpen(x *Tensor, factors *gpu.Buffer) *Tensor {
	if x.C > 4 {
		panic(fmt.Sprintf("ops: sharpening %v", x))
	}
	y := t.like(x)
	within := t.New(1, 1, 1, x.Rows()) // whether a pixel's smoothed channels are in range, as bits of a uint32
	p := sharpenParams{uint32(x.vecs()), uint32(x.H), uint32(x.W)}
	t.Plan.Dispatch("sharpen.wgsl", nil, workgroupsOf(x), float64(16*x.Len()), p, x.Buf, factors, within.Buf, y.Buf)
	t.onBackward(y, func(dy *Tensor) {
		dx, accumulate, _ := t.grad(x)
		t.Plan.Dispatch("sharpen.wgsl", with(accumulate, shaders.Defines{"BACKWARD": ""}), workgroupsOf(x), float64(24*x.Len()), p,
			dy.Buf, factors, within.Buf, dx.Buf)
	}, x)
	return y
}
