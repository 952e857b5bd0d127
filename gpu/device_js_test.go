package gpu

import (
	"context"
	"os"
	"strings"
	"syscall/js"
	"testing"

	"reverie/shaders"
)

var device *Device

func TestMain(m *testing.M) {
	var err error
	if device, err = Open(context.Background()); err != nil {
		println("these tests need a WebGPU device:", err.Error())
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// add records y += x, n vec4f.
func add(p *Plan, x, y *Buffer, n int) {
	p.Dispatch("pointwise.wgsl", shaders.Defines{"COPY": "", "ACCUMULATE": ""}, Workgroups(n, 64), 0, struct{ Vecs uint32 }{uint32(n)}, x, y)
}

func TestPlanReplays(t *testing.T) {
	ctx := context.Background()
	x, y := device.NewBuffer("x", 16), device.NewBuffer("y", 16)
	device.Write(x, 0, []byte{0, 0, 128, 63, 0, 0, 0, 64, 0, 0, 0, 0, 0, 0, 0, 0}) // 1, 2, 0, 0
	p := device.NewPlan()
	add(p, x, y, 1)
	add(p, x, y, 1)
	if err := p.Run(); err == nil {
		t.Error("a plan ran before it was compiled")
	}
	if err := p.Compile(ctx, nil); err != nil {
		t.Fatal(err)
	}
	device.SetSpeed(1) // each dispatch is a slice of its own
	defer device.SetSpeed(0)
	ring := device.NewRing(2, 16)
	defer ring.Destroy()
	for run := range 3 {
		slot, number := ring.Slot()
		if err := p.Run(Copy{From: y, To: slot, Size: 16}); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 16)
		if err := ring.Read(ctx, number, got); err != nil {
			t.Fatal(err)
		}
		want := [][]byte{{0, 0, 0, 64}, {0, 0, 128, 64}, {0, 0, 192, 64}}[run] // 2, 4, 6
		if string(got[:4]) != string(want) {
			t.Errorf("after %d runs the first element is %v, want %v", run+1, got[:4], want)
		}
	}
}

func TestCompileErrorNamesTheLine(t *testing.T) {
	p := device.NewPlan()
	x := device.NewBuffer("x", 16)
	p.Dispatch("pointwise.wgsl", shaders.Defines{"TIMES_DERIVATIVE": "no_such_function"}, Grid{1, 1, 1}, 0,
		struct{ Vecs uint32 }{1}, x, x, device.NewBuffer("y", 16))
	err := p.Compile(context.Background(), nil)
	if err == nil || !strings.Contains(err.Error(), "no_such_function") || !strings.Contains(err.Error(), "pointwise.wgsl:") {
		t.Errorf("got %v, want an error that names pointwise.wgsl and its line", err)
	}
}

func TestWrongBindingIsAnError(t *testing.T) {
	ring := device.NewRing(1, 16) // its buffers are for readback, not for kernels
	defer ring.Destroy()
	slot, _ := ring.Slot()
	p := device.NewPlan()
	add(p, device.NewBuffer("x", 16), slot, 1)
	if err := p.Compile(context.Background(), nil); err == nil || !strings.Contains(err.Error(), "gpu: binding buffers") {
		t.Errorf("got %v, want the validation error", err)
	}
	if device.Err() != nil {
		t.Errorf("the error also stands on the device: %v", device.Err())
	}
}

// The adapter is asked for by its power: the fastest, unless somebody wants the frugal one.
func TestOpenAsksForPower(t *testing.T) {
	calls := spy(t, js.Global().Get("navigator").Get("gpu"), "requestAdapter")
	for i, want := range []Power{Fast, Frugal} {
		open := Open
		if want == Frugal {
			open = func(ctx context.Context) (*Device, error) { return OpenOf(ctx, Frugal) }
		}
		d, err := open(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		d.Close()
		if got := (*calls)[i][0].Get("powerPreference").String(); got != string(want) {
			t.Errorf("asked for %q, want %q", got, want)
		}
	}
}
