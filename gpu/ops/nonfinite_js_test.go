package ops

import (
	"math"
	"testing"

	"reverie/gpu"
	"reverie/shaders"
)

// breakable is a small model: x → layer → norm → clamp, the gradient dy at its end, and beside it a white picture, whose bytes would be NaN.
type breakable struct {
	x, w, dy []float64 // [rows, channels], [channels, channels], [rows, channels]
	eps      float32   // of the norm
}

// findAstray records the model, and tells what FirstNonFinite finds in it.
func findAstray(t *testing.T, b breakable, rows, channels int, half bool) *gpu.Astray {
	t.Helper()
	tape := NewTape(device)
	defer tape.Close()
	matrix := testMatrix
	if half {
		tape.HalfPrecision()
		matrix = testHalfMatrix
	}
	ones := make([]float64, channels)
	for i := range ones {
		ones[i] = 1
	}
	tape.Part("input")
	white := tape.Input(1, 2, 2, 3, false)
	tape.Write(white, []float32{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1})
	tape.Pixels(white)
	x := tape.Input(1, 1, rows, channels, true)
	x.Buf.Named("x")
	tape.Write(x, float32s(b.x))
	y := tape.halved(x)
	tape.Part("layer")
	y = tape.Linear(y, matrix(tape, b.w, 1, channels, channels), LinearOptions{})
	tape.Part("norm")
	y = tape.GroupNorm(y, GroupNorm{4, b.eps, testVector(tape, ones), testVector(tape, ones), true})
	tape.Part("end")
	y = tape.Keep(tape.ClampWithGrad(y, 1, 0, -10, 10))
	tape.Write(tape.Seed(y), float32s(b.dy))
	tape.Backward()
	if err := tape.Compile(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	found, err := tape.Plan.FirstNonFinite(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if found != nil && tape.Plan.Kernels()[found.Dispatch] != found.Kernel {
		t.Errorf("dispatch %d runs %s, found was %s", found.Dispatch, tape.Plan.Kernels()[found.Dispatch], found.Kernel)
	}
	return found
}

func TestFirstNonFinite(t *testing.T) {
	const rows, channels = 6, 16
	for _, c := range []struct {
		name              string
		spoil             func(b *breakable)
		float32s, float16 string // what is found, by precision; nothing if empty
	}{
		{"nothing", func(*breakable) {}, "", ""},
		{"a NaN from the host", func(b *breakable) { b.x[5], b.x[9] = math.NaN(), math.NaN() },
			"input, pointwise.wgsl: element 5 of 96 of the x that it reads is NaN or infinite",
			"input, pointwise.wgsl: element 5 of 96 of the x that it reads is NaN or infinite"},
		{"an infinite weight", func(b *breakable) { b.w[3*channels+7] = math.Inf(-1) },
			"layer, contract.wgsl: element 55 of 256 of the w that it reads is NaN or infinite",
			"layer, contract.wgsl: element 55 of 256 of the w that it reads is NaN or infinite"},
		// 1/√0, in float32 in both precisions: after the four channels' means.
		{"a norm of zeros without ε", func(b *breakable) { clear(b.x); b.eps = 0 },
			"norm, groupnorm_finish.wgsl: element 4 of 32 of the activation that it writes is NaN or infinite",
			"norm, groupnorm_finish.wgsl: element 4 of 32 of the activation that it writes is NaN or infinite"},
		// Bfloat16 rounds it to infinity; in float32 the sum of its channel overflows, the fifth: after means and spreads of four come its own.
		{"a gradient that is too large", func(b *breakable) { b.dy[20], b.dy[21] = math.MaxFloat32, math.MaxFloat32 },
			"norm, gradient, groupnorm_sums.wgsl: element 8 of 32 of the activation that it writes is NaN or infinite",
			"end, gradient, clamp.wgsl: element 20 of 96 of the gradient that it writes is NaN or infinite"},
	} {
		for _, half := range []bool{false, true} {
			b := breakable{normals("x", rows*channels), normals("w", channels*channels), normals("dy", rows*channels), 1e-6}
			c.spoil(&b)
			got, want := "", c.float32s
			if half {
				want = c.float16
			}
			if found := findAstray(t, b, rows, channels, half); found != nil {
				got = found.String()
			}
			if got != want {
				t.Errorf("%s, half precision %v:\ngot  %s\nwant %s", c.name, half, got, want)
			}
		}
	}
}

// A kernel that writes a part of its buffer leaves in the rest what another tensor had there, which says nothing.
func TestFirstNonFiniteOfPartlyWrittenBuffers(t *testing.T) {
	const rows, channels = 8, 16
	tape := NewTape(device)
	defer tape.Close()
	x := tape.Input(1, 1, rows, channels, false)
	tape.Write(x, float32s(normals("x", rows*channels)))
	copied := func(x *Tensor, to *Tensor) *Tensor {
		tape.pointwise(x, shaders.Defines{"COPY": ""}, x.Buf, to.Buf)
		return to
	}
	tape.Keep(copied(copied(x, tape.like(x)), tape.like(x))) // the first copy's memory is free again, and its bits are no float16
	longer := tape.stored(shaders.Float16, 1, 1, 2*rows, channels)
	tape.Keep(copied(copied(x, longer), tape.like(x)))
	if err := tape.Compile(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if m := tape.Plan.Memory(); m.Total != 3*4*rows*channels {
		t.Fatalf("the scratch tensors take %d bytes: they do not share memory, and this test shows nothing", m.Total)
	}
	found, err := tape.Plan.FirstNonFinite(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if found != nil {
		t.Errorf("found %v in what nobody wrote", found)
	}
}
