package ops

import (
	"fmt"
	"math"

	"reverie/gpu"
	"reverie/shaders"
)

// Codebook is a VQGAN's table of codes.
type Codebook struct {
	Rows  Matrix      // [codes, channels], one tap, float32
	Norms *gpu.Buffer // |row|², padded with zeros to Pad4(codes)
}

type normsParams struct{ Rows, C4 uint32 }

// NewCodebook records the measuring of the rows, which it borrows.
func (t *Tape) NewCodebook(rows Matrix) Codebook {
	if rows.Buf.Form() != shaders.Float32 || rows.Taps != 1 {
		panic("ops: a codebook is one float32 matrix")
	}
	c := Codebook{Rows: rows, Norms: t.Buffer("codebook norms", 4*Pad4(rows.Out))}
	t.Plan.Dispatch("norms.wgsl", nil, gpu.Workgroups(rows.Out, 64), float64(2*rows.Out*rows.In),
		normsParams{uint32(rows.Out), uint32(Pad4(rows.In) / 4)}, rows.Buf, c.Norms)
	return c
}

// RefNearest is the index of the row of e [codes, c] that is nearest to each row of z, the first of those equally near.
func RefNearest(z, e []float64, c int) []int {
	var index []int
	for r := 0; r < len(z); r += c {
		best, nearest := 0, math.Inf(1)
		for k := range len(e) / c {
			distance := 0.0
			for j := range c {
				distance += (z[r+j] - e[k*c+j]) * (z[r+j] - e[k*c+j])
			}
			if distance < nearest {
				best, nearest = k, distance
			}
		}
		index = append(index, best)
	}
	return index
}

// RefArgmax is the place of the largest value of each row of x [rows, c], the first of equal ones.
func RefArgmax(x []float64, c int) []int {
	var index []int
	for r := 0; r < len(x); r += c {
		best := 0
		for j := range c {
			if x[r+j] > x[r+best] {
				best = j
			}
		}
		index = append(index, best)
	}
	return index
}

// RefGather takes rows of e [codes, c].
func RefGather(index []int, e []float64, c int) []float64 {
	var y []float64
	for _, k := range index {
		y = append(y, e[k*c:(k+1)*c]...)
	}
	return y
}

// maxScores bounds the scores that exist at a time, in bytes: rows of z are taken in turns.
const maxScores = 64 << 20

// Quantise replaces each row of z by the nearest row of the codebook, whose index it also gives (one uint32 a row): the smallest of
// |E_k|² − 2·z·E_k, the distance less |z|². The gradient is straight-through: d(z) is d(zq), van den Oord et al., arXiv:1711.00937.
func (t *Tape) Quantise(z *Tensor, e Codebook) (zq *Tensor, indices *gpu.Buffer) {
	if z.C != e.Rows.In {
		panic(fmt.Sprintf("ops: codebook of %d channels on %v", e.Rows.In, z))
	}
	indices = t.Buffer("indices", 4*z.Rows())
	stride := Pad4(e.Rows.Out)
	step := min(z.Rows(), max(4, maxScores/(4*stride)))
	scores := t.New(1, 1, step, e.Rows.Out)
	for first := 0; first < z.Rows(); first += step {
		rows := min(step, z.Rows()-first)
		t.contract(contraction{a: z.Buf, b: e.Rows.Buf, c: scores.Buf, bias: e.Norms, params: contractParams{
			M: uint32(rows), N4: uint32(stride / 4), K: uint32(z.Stride() / 4), Scale: -2,
			LDA: uint32(z.Stride() / 4), AFirst: uint32(first * z.Stride() / 4), LDB: uint32(z.Stride() / 4), LDC: uint32(stride / 4),
		}})
		t.argbest(scores, rows, first, shaders.Defines{}, indices)
	}
	zq = t.Gather(indices, z.N, z.H, z.W, e)
	t.onBackward(zq, func(dzq *Tensor) { t.passGrad(z, dzq) }, z)
	return zq, indices
}

type argbestParams struct{ C4, C, Rows, First uint32 }

func (t *Tape) argbest(x *Tensor, rows, first int, defines shaders.Defines, indices *gpu.Buffer) {
	t.Plan.Dispatch("argbest.wgsl", defines, gpu.Linear(rows), float64(2*rows*x.Stride()),
		argbestParams{uint32(x.Stride() / 4), uint32(x.C), uint32(rows), uint32(first)}, x.Buf, indices)
}

// Argmax gives the place of the largest value of each row of x, one uint32 a row; the first of equal ones.
func (t *Tape) Argmax(x *Tensor) (indices *gpu.Buffer) {
	indices = t.Buffer("indices", 4*x.Rows())
	t.argbest(x, x.Rows(), 0, shaders.Defines{"LARGEST": ""}, indices)
	return indices
}

type gatherParams struct{ Vecs, C4, Rows uint32 }

// Gather makes a tensor [n, h, w, channels] of the codes that indices (one uint32 each) name. Indices out of range give the last code.
func (t *Tape) Gather(indices *gpu.Buffer, n, h, w int, e Codebook) *Tensor {
	y := t.New(n, h, w, e.Rows.In)
	t.Plan.Dispatch("gather.wgsl", nil, workgroupsOf(y), float64(8*y.Len()),
		gatherParams{uint32(y.vecs()), uint32(y.Stride() / 4), uint32(e.Rows.Out)}, indices, e.Rows.Buf, y.Buf)
	return y
}
