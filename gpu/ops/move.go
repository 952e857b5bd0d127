package ops

import (
	"math"

	"reverie/gpu"
	"reverie/shaders"
)

// Sampling says how Move makes an element of what lies around the place that it shows.
type Sampling string

const (
	Nearest  Sampling = "NEAREST"  // the nearest element, of two the right or lower one
	Bilinear Sampling = "BILINEAR" // of four
	Bicubic  Sampling = "BICUBIC"  // of sixteen, by Keys' kernel with a = -0.75, as PyTorch has it
)

// Infill says what Move shows beyond the edges.
type Infill string

const (
	MirrorInfill Infill = "MIRROR" // the mirror image, of which the element at the edge is the first
	WrapInfill   Infill = "WRAP"   // what comes in at the other side
	EdgeInfill   Infill = "EDGE"   // the nearest element
	NoInfill     Infill = "NOTHING"
)

// Moving is how Move looks elements up.
type Moving struct {
	Sampling Sampling
	Infill   Infill
}

// remote bounds the places that Move looks at, so that they fit an int32; move.wgsl has the same.
const remote = 1e6

// RefMove looks each image of x [n, h, w, c] up through its homography.
func RefMove(x []float64, n, h, w, c int, maps []Homography, how Moving) []float64 {
	y := make([]float64, len(x))
	for to := range n * h * w {
		img := to / (h * w)
		u, v := maps[img].At(float64(to%w), float64(to/w%h))
		u, v = max(-remote, min(remote, u)), max(-remote, min(remote, v))
		columns, across := how.Sampling.taps(u)
		rows, down := how.Sampling.taps(v)
		for i, row := range rows {
			for j, column := range columns {
				r, inside := how.Infill.place(row, h)
				k, within := how.Infill.place(column, w)
				for ch := 0; inside && within && ch < c; ch++ {
					y[to*c+ch] += down[i] * across[j] * x[((img*h+r)*w+k)*c+ch]
				}
			}
		}
	}
	return y
}

// taps are the elements along an axis that a place is made of, and what each counts.
func (s Sampling) taps(at float64) (places []int, weights []float64) {
	first := int(math.Floor(at))
	f := at - math.Floor(at)
	switch s {
	case Nearest:
		return []int{int(math.Floor(at + 0.5))}, []float64{1}
	case Bilinear:
		return []int{first, first + 1}, []float64{1 - f, f}
	}
	const a = -0.75
	near := func(d float64) float64 { return ((a+2)*d-(a+3))*d*d + 1 }
	far := func(d float64) float64 { return ((a*d-5*a)*d+8*a)*d - 4*a }
	return []int{first - 1, first, first + 1, first + 2}, []float64{far(1 + f), near(f), near(1 - f), far(2 - f)}
}

// place is where the element i along an axis of n is found, or that there is none.
func (f Infill) place(i, n int) (at int, ok bool) {
	modulo := func(m int) int { return (i%m + m) % m }
	switch f {
	case MirrorInfill:
		at := modulo(2 * n)
		return min(at, 2*n-1-at), true
	case WrapInfill:
		return modulo(n), true
	case EdgeInfill:
		return max(0, min(n-1, i)), true
	}
	return max(0, min(n-1, i)), i >= 0 && i < n
}

// Move looks each image of x up through its homography. Maps holds N encoded homographies, which the host may overwrite before each run. It
// has no gradient: it is for what happens between two updates.
func (t *Tape) Move(x *Tensor, maps *gpu.Buffer, how Moving) *Tensor {
	y := t.like(x)
	p := warpParams{uint32(x.vecs()), uint32(x.H), uint32(x.W), uint32(x.Stride() / 4)}
	t.Plan.Dispatch("move.wgsl", shaders.Defines{string(how.Sampling): "", string(how.Infill): ""}, workgroupsOf(x), float64(40*x.Len()), p, x.Buf, maps, y.Buf)
	return y
}

// RefReplace gives the rows of x [rows, c] that are not held those of by.
func RefReplace(x, by []float64, c int, held []bool) []float64 {
	y := append([]float64{}, x...)
	for i := range y {
		if !held[i/c] {
			y[i] = by[i]
		}
	}
	return y
}

type replaceParams struct{ Vecs, C4 uint32 }

// Replace puts by in the place of x, a tensor that stands, but for its rows that are held: held has one uint32 a row, 0 for those that are not,
// and the host may overwrite it before each run; it is nil where none are.
func (t *Tape) Replace(x, by *Tensor, held *gpu.Buffer) {
	sameShape("replace", x, by)
	p := replaceParams{uint32(x.vecs()), uint32(x.Stride() / 4)}
	if held == nil {
		t.Plan.Dispatch("replace.wgsl", nil, workgroupsOf(x), float64(x.Len()), p, by.Buf, x.Buf)
		return
	}
	t.Plan.Dispatch("replace.wgsl", shaders.Defines{"HELD": ""}, workgroupsOf(x), float64(x.Len()), p, by.Buf, held, x.Buf)
}

// Clear makes x, a tensor that stands, zero.
func (t *Tape) Clear(x *Tensor) {
	t.Plan.Dispatch("clear.wgsl", nil, workgroupsOf(x), float64(x.Len()), vecParams{uint32(x.vecs())}, x.Buf)
}
