package ops

import (
	"fmt"

	"reverie/gpu"
	"reverie/shaders"
)

// RefCoherent adds the gradients [h·w·c] that each cutout hands back to a picture, and weakens what they do not agree in. A pixel's coherence is the
// squared length of the sum of its gradients by the most that this could be, n times the sum of their squared lengths, where n cutouts see it: 1 where all are
// alike, on average 1/n where they know nothing of one another. It is the coherence factor of beam forming (Mallart & Fink, J. Acoust. Soc. Am. 96, 1994,
// p. 3721). A strength of 0 is the plain sum, one of 1 the sum times the coherence.
func RefCoherent(gradients [][]float64, w, c int, boxes []Box, strength float64) []float64 {
	dx := make([]float64, len(gradients[0]))
	for pixel := 0; pixel < len(dx); pixel += c {
		at, seen, squares := pixel/c, 0.0, 0.0
		for n, b := range boxes {
			if x, y := at%w-b.X, at/w-b.Y; 0 <= x && x < b.W && 0 <= y && y < b.H {
				seen++
			}
			for j := range c {
				g := gradients[n][pixel+j]
				dx[pixel+j] += g
				squares += g * g
			}
		}
		sum := dx[pixel : pixel+c]
		coherence := 0.0
		if squares > 0 {
			for _, v := range sum {
				coherence += v * v / (seen * squares)
			}
		}
		for j := range sum {
			sum[j] *= 1 - strength*(1-coherence)
		}
	}
	return dx
}

type coherenceParams struct{ Vecs, W, Cuts uint32 }

// handed is how cutouts hand their gradients back to a picture x: where strength is not nil, as RefCoherent does.
type handed struct {
	tape     *Tape
	x        *Tensor
	boxes    *gpu.Buffer
	cuts     int
	strength *gpu.Buffer
	sums     *Tensor // whose gradient the cutouts write: x, or with an alpha for squares in its place
}

func (t *Tape) handed(x *Tensor, boxes *gpu.Buffer, cuts int, strength *gpu.Buffer) handed {
	h := handed{t, x, boxes, cuts, strength, x}
	if strength != nil {
		if x.C > 3 {
			panic(fmt.Sprintf("ops: coherence of cutouts of %v, which has no place for squares", x))
		}
		h.sums = &Tensor{N: x.N, H: x.H, W: x.W, C: 4, Buf: x.Buf, needsGrad: true}
	}
	return h
}

// into is what the kernels that add up gradients write, with their switches.
func (h handed) into() (*Tensor, shaders.Defines) {
	d, defines, _ := h.tape.grad(h.sums)
	if h.strength != nil {
		defines = with(defines, shaders.Defines{"SQUARES": ""})
	}
	return d, defines
}

// finish makes the gradient of x of what was added up.
func (h handed) finish() {
	if h.strength == nil {
		return
	}
	dx, accumulate, _ := h.tape.grad(h.x)
	p := coherenceParams{uint32(dx.vecs()), uint32(h.x.W), uint32(h.cuts)}
	h.tape.Plan.Dispatch("coherence.wgsl", accumulate, workgroupsOf(dx), float64((3*h.cuts+20)*dx.vecs()), p, h.sums.d.Buf, h.boxes, h.strength, dx.Buf)
}
