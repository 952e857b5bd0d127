package ops

import (
	"context"
	"testing"
)

// Losses are checked twice: alone, and on top of a gradient that is already there.
func TestLossKernels(t *testing.T) {
	ctx := context.Background()
	for _, c := range promptLossCases() {
		testLossKernel(ctx, t, c, 3)
	}
	for _, c := range initLossCases() {
		testLossKernel(ctx, t, c, 0)
	}
	for _, c := range totalVariationCases() {
		testLossKernel(ctx, t, c, 1)
	}
}

func testLossKernel(ctx context.Context, t *testing.T, c lossCase, first int) {
	for _, twice := range []bool{false, true} {
		name := c.name
		if twice {
			name += " twice"
		}
		t.Run(name, func(t *testing.T) {
			tape := NewTape(device)
			defer tape.Close()
			x := tape.Input(c.shape[0], c.shape[1], c.shape[2], c.shape[3], true)
			values := c.x()
			tape.Write(x, float32s(values))
			wantLosses, wantGradient := c.losses(values), c.back(values)
			losses := tape.Buffer("losses", 4*(first+len(wantLosses)))
			c.record(tape, x, losses, first)
			if twice {
				c.record(tape, x, losses, first)
				for i := range wantGradient {
					wantGradient[i] *= 2
				}
			}
			if err := tape.Compile(ctx, nil); err != nil {
				t.Fatal(err)
			}
			if err := tape.Plan.Run(); err != nil {
				t.Fatal(err)
			}
			data, err := device.Read(ctx, losses, 0, 4*(first+len(wantLosses)))
			if err != nil {
				t.Fatal(err)
			}
			compare(t, "losses", Unpad(data, 1, first+len(wantLosses))[first:], wantLosses, 0)
			got, err := tape.Read(ctx, x.d)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, "gradient", got, wantGradient, 0)
			checkPadding(t, tape, "gradient", x.d)
		})
	}
}
