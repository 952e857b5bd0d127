package ops

import (
	"context"
	"math"
	"os"
	"testing"

	"reverie/gpu"
)

var device *gpu.Device

func TestMain(m *testing.M) {
	var err error
	if device, err = gpu.Open(context.Background()); err != nil {
		println("these tests need a WebGPU device:", err.Error())
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func TestKernels(t *testing.T) {
	for _, c := range allCases() {
		t.Run(c.name, func(t *testing.T) { c.check(t, c.inputs(), c.tol, c.gradTol) })
	}
}

// check holds the op's kernels against its references.
func (c opCase) check(t *testing.T, in [][]float64, tol, gradTol float64) {
	ctx := context.Background()
	tape := NewTape(device)
	defer tape.Close()
	inputs := make([]*Tensor, len(in))
	for i, s := range c.shapes {
		inputs[i] = tape.Input(s[0], s[1], s[2], s[3], c.back != nil)
		tape.Write(inputs[i], float32s(in[i]))
	}
	y := tape.Keep(c.record(tape, inputs))
	var dy []float64
	if c.back != nil {
		dy = normals(c.name+" dy", y.Rows()*y.C)
		tape.Write(tape.Seed(y), float32s(dy))
		tape.Backward()
	}
	if err := tape.Compile(ctx, nil); err != nil {
		t.Fatal(err)
	}
	if err := tape.Plan.Run(); err != nil {
		t.Fatal(err)
	}
	got, err := tape.Read(ctx, y)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "forward", got, c.ref(in), tol)
	checkPadding(t, tape, "forward", y)
	if c.back == nil {
		return
	}
	for i, want := range c.back(in, dy) {
		if want == nil {
			continue
		}
		if inputs[i].d == nil {
			t.Fatalf("input %d has no gradient", i)
		}
		got, err := tape.Read(ctx, inputs[i].d)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, "gradient", got, want, gradTol)
		checkPadding(t, tape, "gradient", inputs[i].d)
	}
}

// compare fails when any element is off by more than tol times the largest expected magnitude.
func compare(t *testing.T, what string, got []float32, want []float64, tol float64) {
	t.Helper()
	if tol == 0 {
		tol = defaultTol
	}
	if len(got) != len(want) {
		t.Fatalf("%s: %d elements, want %d", what, len(got), len(want))
	}
	largest, worst, at := 1e-30, 0.0, 0
	for i := range want {
		largest = max(largest, math.Abs(want[i]))
		if e := math.Abs(float64(got[i]) - want[i]); e > worst || math.IsNaN(e) {
			worst, at = e, i
			if math.IsNaN(e) {
				break
			}
		}
	}
	if !(worst <= tol*largest) {
		n := min(5, len(want))
		t.Errorf("%s: element %d is %g, want %g: off by %.3g of the largest (%g), allowed %.1g\nfirst got  %v\nfirst want %v",
			what, at, got[at], want[at], worst/largest, largest, tol, got[:n], want[:n])
	}
}

// checkPadding fails when an element between C and Stride is not zero.
func checkPadding(t *testing.T, tape *Tape, what string, x *Tensor) {
	t.Helper()
	if x.C == x.Stride() {
		return
	}
	padded := *x
	padded.C = x.Stride()
	all, err := tape.Read(context.Background(), &padded)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range all {
		if i%x.Stride() >= x.C && v != 0 {
			t.Fatalf("%s: padding of row %d holds %g", what, i/x.Stride(), v)
		}
	}
}
