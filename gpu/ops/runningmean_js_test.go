package ops

import (
	"context"
	"slices"
	"testing"
)

func TestRunningMeanKernel(t *testing.T) {
	ctx := context.Background()
	for _, c := range []struct {
		name    string
		h, w, c int
		share   float64
		held    bool
	}{
		{"one element", 1, 1, 1, 0.25, false},
		{"padded channels", 7, 3, 5, 0.0625, false},
		{"held rows", 5, 9, 47, 0.25, true},
		{"all of it", 3, 3, 6, 1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			tape, n := NewTape(device), c.h*c.w*c.c
			defer tape.Close()
			mean, x := tape.Input(1, c.h, c.w, c.c, false), tape.Input(1, c.h, c.w, c.c, false)
			before, values := normals("mean "+c.name, n), normals("x "+c.name, n)
			tape.Write(mean, float32s(before))
			tape.Write(x, float32s(values))
			var holds []bool
			words := make([]byte, 4*c.h*c.w)
			held := tape.Buffer("held", len(words))
			if !c.held {
				held = nil
			} else {
				holds = make([]bool, c.h*c.w)
				for i := 0; i < len(holds); i += 2 {
					holds[i], words[4*i] = true, 1
				}
				device.Write(held, 0, words)
			}
			tape.RunningMean(mean, x, testBytes(tape, EncodeFloats([]float32{float32(c.share)})), held)
			if err := tape.Compile(ctx, nil); err != nil {
				t.Fatal(err)
			}
			if err := tape.Plan.Run(); err != nil {
				t.Fatal(err)
			}
			got, err := tape.Read(ctx, mean)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, "mean", got, RefRunningMean(before, values, c.share, holds), 0)
			checkPadding(t, tape, "mean", mean)
			if c.share == 1 && !slices.Equal(got, float32s(values)) {
				t.Error("a share of 1 does not give x to the bit")
			}
		})
	}
}
