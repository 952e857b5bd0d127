package gpu

import (
	"bytes"
	"context"
	"slices"
	"syscall/js"
	"testing"
)

// spy notes the arguments of a method's calls, and lets them through.
func spy(t *testing.T, object js.Value, method string) *[][]js.Value {
	t.Helper()
	var calls [][]js.Value
	before := object.Get(method)
	f := js.FuncOf(func(this js.Value, args []js.Value) any {
		calls = append(calls, slices.Clone(args))
		return before.Call("apply", this, js.ValueOf(anys(args)))
	})
	object.Set(method, f)
	t.Cleanup(func() {
		object.Set(method, before)
		f.Release()
	})
	return &calls
}

func anys(values []js.Value) []any {
	list := make([]any, len(values))
	for i, v := range values {
		list[i] = v
	}
	return list
}

// adding is a compiled plan that adds x to y so many times, and what runs it once and gives y's bytes.
func adding(t *testing.T, times int) (p *Plan, x, y *Buffer, run func() []byte) {
	t.Helper()
	ctx := context.Background()
	x, y = device.NewBuffer("x", 16), device.NewBuffer("y", 16)
	p = device.NewPlan()
	for range times {
		add(p, x, y, 1)
	}
	if err := p.Compile(ctx, nil); err != nil {
		t.Fatal(err)
	}
	ring := device.NewRing(2, 16)
	t.Cleanup(func() {
		ring.Destroy()
		p.Close()
	})
	got := make([]byte, 16)
	return p, x, y, func() []byte {
		t.Helper()
		slot, number := ring.Slot()
		if err := p.Run(Copy{From: y, To: slot, Size: 16}); err != nil {
			t.Fatal(err)
		}
		if err := ring.Read(ctx, number, got); err != nil {
			t.Fatal(err)
		}
		return bytes.Clone(got)
	}
}

// A step makes as many submissions as its slices are, and the same bits however many these are.
func TestSubmissionsPerStep(t *testing.T) {
	const times = 12
	p, x, y, run := adding(t, times)
	software := device.info.Software
	defer func() {
		device.SetSpeed(0)
		device.info.Software = software
	}()
	submitted := spy(t, device.queue, "submit")
	var want []byte
	for _, c := range []struct {
		name     string
		software bool
		speed    float64 // in plans a second
		want     int
	}{
		{"a fast device", false, 1000, 1},
		{"a step of 100 ms", false, 10, 2},
		{"a step of 100 ms on the processor", true, 10, 1},
		{"a step of 2 s on the processor", true, 0.5, 2},
		{"a slow device", false, 0.01, times},
	} {
		device.info.Software = c.software
		device.SetSpeed(c.speed * p.Work())
		device.Write(x, 0, []byte{205, 204, 204, 61, 0, 0, 128, 63, 0, 0, 0, 64, 0, 0, 64, 64}) // 0.1, 1, 2, 3
		device.Write(y, 0, make([]byte, 16))
		*submitted = nil
		got := run()
		if n := len(*submitted); n != c.want {
			t.Errorf("%s: %d submissions, want %d", c.name, n, c.want)
		}
		if want == nil {
			want = got
		}
		if !bytes.Equal(got, want) || bytes.Equal(got, make([]byte, 16)) {
			t.Errorf("%s: %v, want %v as in one submission", c.name, got, want)
		}
	}
}

// What steps hand to JavaScript is the same few objects, for these are not collected for thousands of steps.
func TestStepsReuseWhatTheyHandOver(t *testing.T) {
	_, x, _, run := adding(t, 4)
	ran, written := spy(t, device.glue, "run"), spy(t, device.queue, "writeBuffer")
	for i := range 4 {
		device.SetSpeed([]float64{1, 1e18}[i%2]) // other slices
		device.Write(x, 0, make([]byte, 16))
		run()
	}
	device.SetSpeed(0)
	for i := range 4 {
		for at, what := range []string{"device", "words", "ends", "copies"} {
			if got := (*ran)[i][at]; !got.Equal((*ran)[0][at]) {
				t.Errorf("run %d hands over other %s than the first", i, what)
			}
		}
		if got := (*written)[i][2]; !got.Equal((*written)[0][2]) {
			t.Errorf("write %d hands over another array than the first", i)
		}
	}
}

// A write reaches its place in the buffer and nothing else, by either way.
func TestWritesOfAllSizes(t *testing.T) {
	ctx := context.Background()
	for _, n := range []int{4, scratchSize, scratchSize + 4} {
		b := device.NewBuffer("b", n+32)
		data := make([]byte, n)
		for i := range data {
			data[i] = byte(i*7 + 1)
		}
		device.Write(b, 16, data)
		got, err := device.Read(ctx, b, 0, n+32)
		if err != nil {
			t.Fatal(err)
		}
		want := slices.Concat(make([]byte, 16), data, make([]byte, 16))
		if !bytes.Equal(got, want) {
			t.Errorf("%d bytes are not what was written", n)
		}
		b.Destroy()
	}
}
