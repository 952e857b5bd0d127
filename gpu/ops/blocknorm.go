package ops

import (
	"fmt"
	"math"

	"reverie/gpu"
	"reverie/shaders"
)

// RefBlockNorm is the Euclidean norm of x − y in each k×k block of a grid [h, w, c], all channels together, row by row of blocks. Blocks at the right
// and the lower edge may be smaller. Y may be nil: then it is that of x.
func RefBlockNorm(x, y []float64, h, w, c, k int) []float64 {
	columns := ceilDiv(w, k)
	norms := make([]float64, ceilDiv(h, k)*columns)
	for i, v := range x {
		if y != nil {
			v -= y[i]
		}
		at := i / c
		norms[at/w/k*columns+at%w/k] += v * v
	}
	for i, sum := range norms {
		norms[i] = math.Sqrt(sum)
	}
	return norms
}

// blockNormParams is Params of blocknorm.wgsl. Vecs is the number of blocks.
type blockNormParams struct{ Vecs, Columns, H, W, C4, K uint32 }

// BlockNorm computes RefBlockNorm of x [1, H, W, C] into ⌈H/k⌉·⌈W/k⌉ float32; y is of x's shape, or nil.
func (t *Tape) BlockNorm(x, y *Tensor, k int) *gpu.Buffer {
	if x.N != 1 || k < 1 {
		panic(fmt.Sprintf("ops: norm of %d×%d blocks of %v", k, k, x))
	}
	columns := ceilDiv(x.W, k)
	blocks := columns * ceilDiv(x.H, k)
	norms := t.Buffer("norms", 4*blocks)
	defines, buffers := shaders.Defines{}, []*gpu.Buffer{x.Buf}
	if y != nil {
		sameShape("norm of a difference", x, y)
		defines["MINUS"], buffers = "", append(buffers, y.Buf)
	}
	p := blockNormParams{uint32(blocks), uint32(columns), uint32(x.H), uint32(x.W), uint32(x.Stride() / 4), uint32(k)}
	t.Plan.Dispatch("blocknorm.wgsl", defines, gpu.Workgroups(blocks, 64), float64(2*x.Len()), p, append(buffers, norms)...)
	return norms
}
