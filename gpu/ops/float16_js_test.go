package ops

import (
	"slices"
	"testing"

	"reverie/gpu"
	"reverie/shaders"
	"reverie/weights"
)

// float16Tol is what float16 may cost an op, of the largest result. A factor is rounded by up to 2^-12 of itself, products and sums of
// four as often again; over some hundred terms of random signs that is about 2^-11 of the largest result at worst, as is the rounding of
// what is stored, and the tolerance is twice that.
const float16Tol = 1e-3

// Layers in float16 keep their results to float16Tol, whatever tile runs them, and their gradients to the bit. A device without
// shader-f16 multiplies in float32 and stores in float16.
func TestFloat16(t *testing.T) {
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
				tape.float16, tape.multiply16 = half, half && device.Info().F16 // also on a processor
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
				if firstDifference(got[0], exact[0]) < 0 {
					t.Error("forward: the same bits as in float32")
				}
				if at := firstDifference(got[1], exact[1]); at >= 0 {
					t.Errorf("gradient: element %d is %g, in float32 %g", at, got[1][at], exact[1][at])
				}
			})
		}
	}
}

// Ops between layers take and give packed float16: their results are the references' for the rounded inputs, to float16Tol. Gradients are
// rounded to bfloat16, by up to 2^-9 of themselves, once or twice; and an activation's is taken at a value that is off by float16Tol of the
// largest one, which changes the slope by some hundredths and a sum of a hundred random terms by half a hundredth at worst.
func TestFloat16Activations(t *testing.T) {
	const gradTol = 1e-2
	var cases []opCase
	for _, table := range [][]opCase{linearCases(), convCases(), groupNormCases(), layerNormCases(), attentionCases(), tokenCases(), patchCases(),
		clampCases(), resNetCases(), sliceCases()} {
		cases = append(cases, table...)
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			in := c.inputs()
			for _, x := range in {
				for i, v := range x {
					x[i] = float64(weights.F32(weights.F16(float32(v))))
				}
			}
			record := c.record
			c.record = func(t *Tape, in []*Tensor) *Tensor {
				t.float16, t.multiply16 = true, device.Info().F16
				halves := make([]*Tensor, len(in))
				for i, x := range in {
					halves[i] = t.halved(x)
				}
				return record(t, halves)
			}
			c.check(t, in, float16Tol, gradTol)
		})
	}
}

// halved is x in packed float16.
func (t *Tape) halved(x *Tensor) *Tensor {
	y := t.activationLike(x)
	t.pointwise(x, shaders.Defines{"COPY": ""}, x.Buf, y.Buf)
	t.onBackward(y, func(dy *Tensor) { t.passGrad(x, dy) }, x)
	return y
}

// What float16 cannot hold is stored as its largest number.
func TestFloat16Saturates(t *testing.T) {
	tape := NewTape(device)
	defer tape.Close()
	tape.HalfPrecision()
	x := tape.Input(1, 1, 1, 5, false)
	tape.Write(x, []float32{65504, 65520, -1e30, 1e-8, 2049})
	y := tape.Keep(tape.halved(x))
	if err := tape.Compile(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if err := tape.Plan.Run(); err != nil {
		t.Fatal(err)
	}
	got, err := tape.Read(t.Context(), y)
	if err != nil {
		t.Fatal(err)
	}
	if want := []float32{65504, 65504, -65504, 0, 2048}; !slices.Equal(got, want) {
		t.Errorf("stored %v, want %v", got, want)
	}
}
