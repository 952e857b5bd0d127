package ops

import (
	"context"
	"testing"

	"reverie/gpu"
)

// Eight updates with a learning rate that falls on the way; RAdam begins to divide at the sixth.
func TestUpdateKernels(t *testing.T) {
	for _, name := range optimisers {
		for _, c := range []updateCase{
			{"one element", 1, 1, 1, false, 0.1, Count{}, 1},
			{"padded channels", 7, 3, 5, false, 0.05, Count{}, 1},
			{"bounded", 9, 11, 48, true, 0.4, Count{}, 1e-3},
			{"bounded, with padded channels", 3, 5, 333, true, 0.4, Count{}, 1},
			{"late and tiny gradients", 3, 3, 7, false, 0.1, Count{Updates: 5000, RateSquares: 50}, 1e-9},
			{"held rows", 5, 3, 7, true, 0.1, Count{}, 1},
		} {
			t.Run(name+" "+c.name, func(t *testing.T) { c.check(t, named(t, name)) })
		}
	}
}

type updateCase struct {
	name       string
	h, w, c    int
	bounded    bool
	rate       float64
	count      Count
	gradientBy float64
}

func (c updateCase) check(t *testing.T, o Optimiser) {
	ctx := context.Background()
	n := c.h * c.w * c.c
	tape := NewTape(device)
	defer tape.Close()
	x := tape.Input(1, c.h, c.w, c.c, true)
	var lo, hi []float64
	if c.bounded {
		for i := range c.c {
			lo, hi = append(lo, -0.5), append(hi, 0.75+float64(i)/64)
		}
	}
	factors := tape.Buffer("factors", FactorsSize)
	want, refMemory := normals(c.name, n), fresh(o, n)
	tape.Write(x, float32s(want))
	dx := tape.Seed(x)
	var lowest, highest []float32
	if c.bounded {
		lowest, highest = float32s(lo), float32s(hi)
	}
	var held *gpu.Buffer
	var holds []bool
	if c.name == "held rows" {
		held, holds = tape.Buffer("held", 4*c.h*c.w), make([]bool, c.h*c.w)
		words := make([]byte, 4*len(holds))
		for i := 0; i < len(holds); i += 2 {
			holds[i], words[4*i] = true, 1
		}
		device.Write(held, 0, words)
	}
	memory := tape.Update(x, factors, o, lowest, highest, held)
	if err := tape.Compile(ctx, nil); err != nil {
		t.Fatal(err)
	}
	count := c.count
	for step := range 8 {
		g := normals(c.name+string(rune('a'+step)), n)
		for i := range g {
			g[i] = float64(float32(g[i] * c.gradientBy))
		}
		rate := c.rate
		if step >= 4 {
			rate /= 8
		}
		f := o.Next(&count, rate, 0.25)
		tape.Write(dx, float32s(g))
		device.Write(factors, 0, f.Encode())
		if err := tape.Plan.Run(); err != nil {
			t.Fatal(err)
		}
		want = RefUpdate(want, g, refMemory, o, f, lo, hi, holds)
	}
	for i, kept := range append(memory, x) {
		what := append(o.Memory(), "x")[i]
		got, err := tape.Read(ctx, kept)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, what+" after eight updates", got, append(refMemory, want)[i], 2e-6)
		checkPadding(t, tape, what, kept)
	}
}
