package ops

import (
	"reverie/gpu"
	"reverie/shaders"
)

// noiseStream is AddNoise's stream of draws; no other op may take it.
const noiseStream = 0

// RefNoise adds σ[image]·N(0, 1) to x [n, rows, c]. The normals of a pixel's channels 4k … 4k+3 are those of the generator's block
// {pixel·⌈c/4⌉ + k, image, step, noiseStream}.
func RefNoise(x, sigma []float64, n, rows, c int, seed uint64, step uint32) []float64 {
	y := append([]float64{}, x...)
	for img := range n {
		for r := range rows {
			for j := range c {
				block := Philox(seed, [4]uint32{uint32(r*Pad4(c)/4 + j/4), uint32(img), step, noiseStream})
				first := j % 4 / 2 * 2
				pair := [2]float64{}
				pair[0], pair[1] = boxMuller(block[first], block[first+1])
				y[(img*rows+r)*c+j] += sigma[img] * pair[j%2]
			}
		}
	}
	return y
}

type noiseParams struct{ Vecs, ImageVecs, C4, C, Stream uint32 }

// AddNoise is y = x + σ·N(0, 1), with a σ for each image of x from sigmas (N float32, written by the host). The normals depend on
// the state's seed and step and on the image's number alone; see Draws, whose stream 0 they are.
func (t *Tape) AddNoise(x *Tensor, sigmas, state *gpu.Buffer) *Tensor {
	return t.AddNoiseOf(x, sigmas, state, noiseStream)
}

// AddNoiseOf is AddNoise with the draws of another stream, which no other use may have.
func (t *Tape) AddNoiseOf(x *Tensor, sigmas, state *gpu.Buffer, stream uint32) *Tensor {
	y := t.like(x)
	t.noise(x, shaders.Defines{}, sigmas, state, y.Buf, stream)
	t.onBackward(y, func(dy *Tensor) { t.passGrad(x, dy) }, x)
	return y
}

func (t *Tape) noise(x *Tensor, defines shaders.Defines, sigmas, state, y *gpu.Buffer, stream uint32) {
	t.Plan.Dispatch("noise.wgsl", defines, workgroupsOf(x), float64(64*x.Len()),
		noiseParams{uint32(x.vecs()), uint32(x.vecs() / x.N), uint32(x.Stride() / 4), uint32(x.C), stream}, x.Buf, sigmas, state, y)
}
