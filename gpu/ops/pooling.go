package ops

import (
	"fmt"

	"reverie/gpu"
	"reverie/shaders"
)

// RefPool pools the boxes of x [h, w, c] to side×side: ½(mean + maximum) of each bin, as the pooling notebooks do with PyTorch's
// adaptive pools. Bins may overlap.
func RefPool(x []float64, w, c int, boxes []Box, side int) []float64 {
	y := make([]float64, len(boxes)*side*side*c)
	eachBin(x, w, c, boxes, side, func(to int, from []int, largest int) {
		for _, i := range from {
			y[to] += 0.5 * x[i] / float64(len(from))
		}
		y[to] += 0.5 * x[largest]
	})
	return y
}

// RefPoolBackward is dx for RefPool; the maximum's share goes to the first largest element.
func RefPoolBackward(x, dy []float64, w, c int, boxes []Box, side int) []float64 {
	dx := make([]float64, len(x))
	eachBin(x, w, c, boxes, side, func(to int, from []int, largest int) {
		for _, i := range from {
			dx[i] += 0.5 * dy[to] / float64(len(from))
		}
		dx[largest] += 0.5 * dy[to]
	})
	return dx
}

// RefAverage pools as RefPool does to the mean of each bin alone, pytti's cutouts.
func RefAverage(x []float64, w, c int, boxes []Box, side int) []float64 {
	y := make([]float64, len(boxes)*side*side*c)
	eachBin(x, w, c, boxes, side, func(to int, from []int, _ int) {
		for _, i := range from {
			y[to] += x[i] / float64(len(from))
		}
	})
	return y
}

// RefAverageBackward is dx for RefAverage.
func RefAverageBackward(x, dy []float64, w, c int, boxes []Box, side int) []float64 {
	dx := make([]float64, len(x))
	eachBin(x, w, c, boxes, side, func(to int, from []int, _ int) {
		for _, i := range from {
			dx[i] += dy[to] / float64(len(from))
		}
	})
	return dx
}

// eachBin visits every output element with the elements of its bin in row-major order and the first largest of them.
func eachBin(x []float64, w, c int, boxes []Box, side int, visit func(to int, from []int, largest int)) {
	for n, b := range boxes {
		for to := range side * side * c {
			oy, ox, j := to/c/side, to/c%side, to%c
			var from []int
			largest := -1
			for y := oy * b.H / side; y < ((oy+1)*b.H+side-1)/side; y++ {
				for xx := ox * b.W / side; xx < ((ox+1)*b.W+side-1)/side; xx++ {
					i := ((b.Y+y)*w+b.X+xx)*c + j
					from = append(from, i)
					if largest < 0 || x[i] > x[largest] {
						largest = i
					}
				}
			}
			visit(n*side*side*c+to, from, largest)
		}
	}
}

type poolParams struct{ Cuts, H, W, Side uint32 }

// Pool pools boxes of the picture x [1, H, W, C], C at most 4, to [cuts, side, side, C]: ½(mean + maximum) of each bin. Boxes holds cuts
// encoded boxes, which need not be square; the host may write others before each run. Coherence is as that of Cutouts.
func (t *Tape) Pool(x *Tensor, boxes *gpu.Buffer, cuts, side int, coherence *gpu.Buffer) *Tensor {
	return t.pool(x, boxes, cuts, side, coherence, shaders.Defines{})
}

// Average is Pool to the mean of each bin alone.
func (t *Tape) Average(x *Tensor, boxes *gpu.Buffer, cuts, side int, coherence *gpu.Buffer) *Tensor {
	return t.pool(x, boxes, cuts, side, coherence, shaders.Defines{"AVERAGE": ""})
}

func (t *Tape) pool(x *Tensor, boxes *gpu.Buffer, cuts, side int, coherence *gpu.Buffer, defines shaders.Defines) *Tensor {
	if x.N != 1 || x.C > 4 {
		panic(fmt.Sprintf("ops: pooled cutouts from %v", x))
	}
	y := t.New(cuts, side, side, x.C)
	largest := t.like(y) // the pixel of each maximum, as uint32
	p := poolParams{uint32(cuts), uint32(x.H), uint32(x.W), uint32(side)}
	t.Plan.Dispatch("pool.wgsl", defines, workgroupsOf(y), float64(4*cuts*x.Len()), p, x.Buf, boxes, largest.Buf, y.Buf)
	back := t.handed(x, boxes, cuts, coherence)
	t.onBackward(y, func(dy *Tensor) {
		dx, switches := back.into()
		t.Plan.Dispatch("pool.wgsl", with(switches, defines, shaders.Defines{"BACKWARD": ""}), workgroupsOf(dx), float64(32*cuts*x.Len()), p,
			dy.Buf, boxes, largest.Buf, dx.Buf)
		back.finish()
	}, x)
	return y
}
