package ops

import (
	"testing"

	"reverie/gpu"
)

// Layers that multiply in float16 keep their results to float16Tol of the largest, whatever tile runs them, and their gradients to the
// bit. A factor is rounded by up to 2^-12 of itself, products and sums of four as often again; over some hundred terms of random signs
// that is about 2^-11 of the largest result at worst, and the tolerance is twice that. A device without shader-f16 stays with float32.
func TestFloat16(t *testing.T) {
	const float16Tol = 1e-3
	defer device.SetTuning(nil)
	halves := func(name string, n int) []float64 {
		v := normals(name, n)
		for i := range v {
			v[i] = float64(int(v[i]*64)) / 64 // float16 holds them
		}
		return v
	}
	for i, c := range []struct {
		name   string
		shape  [4]int
		matrix func(t *Tape, w []float64, taps, out, in int) Matrix
		conv   bool
	}{
		{"linear of float32", [4]int{1, 1, 37, 150}, testMatrix, false},
		{"linear of packed float16", [4]int{1, 1, 37, 150}, testHalfMatrix, false},
		{"convolution of float32", [4]int{2, 9, 7, 36}, testMatrix, true},
		{"convolution of packed float16", [4]int{2, 9, 7, 36}, testHalfMatrix, true},
	} {
		const out = 70
		in := c.shape[3]
		taps := map[bool]int{true: 9, false: 1}[c.conv]
		w, b := halves(c.name+" w", taps*out*in), normals(c.name+" b", out)
		record := func(half bool) func(t *Tape, x *Tensor) *Tensor {
			return func(tape *Tape, x *Tensor) *Tensor {
				tape.Float16 = half
				m := c.matrix(tape, w, taps, out, in)
				if c.conv {
					return tape.Conv(x, m, testVector(tape, b), Conv3x3, nil)
				}
				return tape.Linear(x, m, LinearOptions{Bias: testVector(tape, b)})
			}
		}
		tiles := candidates(device.Info())
		if i > 0 {
			tiles = tiles[:1] // how B and A are read does not depend on the tile
		}
		for _, tile := range tiles {
			t.Run(c.name+", "+tile.String(), func(t *testing.T) {
				everywhere := gpu.Tuning{}
				for _, class := range classes {
					everywhere[class] = tile.String()
				}
				device.SetTuning(everywhere)
				exact, got := bothWays(t, c.shape, record(false)), bothWays(t, c.shape, record(true))
				want := make([]float64, len(exact[0]))
				for j, v := range exact[0] {
					want[j] = float64(v)
				}
				compare(t, "forward", got[0], want, float16Tol)
				if differs, can := firstDifference(got[0], exact[0]) >= 0, device.Info().F16; differs != can {
					t.Errorf("forward: other bits than in float32: %v; the device multiplies in float16: %v", differs, can)
				}
				if at := firstDifference(got[1], exact[1]); at >= 0 {
					t.Errorf("gradient: element %d is %g, in float32 %g", at, got[1][at], exact[1][at])
				}
			})
		}
	}
}
