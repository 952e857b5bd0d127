package ops

import (
	"fmt"

	"reverie/gpu"
	"reverie/shaders"
)

// RefRoll moves a picture x [h, w, c] around its edges: what leaves at one comes in at the other. At (row, column) stands what stood at
// (row + down, column + right).
func RefRoll(x []float64, h, w, c, right, down int) []float64 {
	y := make([]float64, len(x))
	eachRolled(h, w, c, right, down, func(from, to int) { y[to] = x[from] })
	return y
}

// RefRollBackward is dx for RefRoll.
func RefRollBackward(dy []float64, h, w, c, right, down int) []float64 {
	dx := make([]float64, len(dy))
	eachRolled(h, w, c, right, down, func(from, to int) { dx[from] = dy[to] })
	return dx
}

func eachRolled(h, w, c, right, down int, visit func(from, to int)) {
	for to := range h * w * c {
		row, column := (to/c/w+down)%h, (to/c%w+right)%w
		visit((row*w+column)*c+to%c, to)
	}
}

// RollSize is the number of bytes that EncodeRoll makes.
const RollSize = 8

// EncodeRoll lays out by how many pixels Roll moves: from 0, less than the picture's sides.
func EncodeRoll(right, down int) []byte { return encode([2]uint32{uint32(right), uint32(down)}) }

// Roll moves a picture x [1, H, W, C] around its edges. By has what EncodeRoll makes, which the host may overwrite before each run.
func (t *Tape) Roll(x *Tensor, by *gpu.Buffer) *Tensor {
	if x.N != 1 {
		panic(fmt.Sprintf("ops: roll of %v", x))
	}
	y := t.like(x)
	p := warpParams{uint32(x.vecs()), uint32(x.H), uint32(x.W), uint32(x.Stride() / 4)}
	t.Plan.Dispatch("roll.wgsl", nil, workgroupsOf(x), float64(x.Len()), p, x.Buf, by, y.Buf)
	t.onBackward(y, func(dy *Tensor) {
		dx, accumulate, _ := t.grad(x)
		t.Plan.Dispatch("roll.wgsl", with(accumulate, shaders.Defines{"BACKWARD": ""}), workgroupsOf(x), float64(x.Len()), p, dy.Buf, by, dx.Buf)
	}, x)
	return y
}
