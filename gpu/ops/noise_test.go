package ops

import (
	"fmt"

	"reverie/gpu"
)

// testBytes uploads encoded values.
func testBytes(t *Tape, data []byte) *gpu.Buffer {
	b := t.Buffer("host", len(data))
	t.device.Write(b, 0, data)
	return b
}

func noiseCases() []opCase {
	var cases []opCase
	for _, s := range []struct{ n, h, w, c int }{{1, 1, 1, 1}, {2, 7, 3, 3}, {3, 33, 31, 3}, {2, 5, 5, 13}} {
		seed, step := uint64(0x0123456789abcdef), uint32(77)
		sigma := []float64{0.125, 1, 0.5}[:s.n]
		cases = append(cases, opCase{
			name: fmt.Sprintf("noise %+v", s), shapes: [][4]int{{s.n, s.h, s.w, s.c}}, tol: 2e-6,
			ref:  func(in [][]float64) []float64 { return RefNoise(in[0], sigma, s.n, s.h*s.w, s.c, seed, step) },
			back: func(in [][]float64, dy []float64) [][]float64 { return [][]float64{dy} },
			record: func(t *Tape, in []*Tensor) *Tensor {
				state := testBytes(t, State{Seed: seed, Step: int(step)}.Encode())
				return t.AddNoise(in[0], testBytes(t, EncodeFloats([]float32{0.125, 1, 0.5, 0})), state)
			},
		})
	}
	return cases
}
