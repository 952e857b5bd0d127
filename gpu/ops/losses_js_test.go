package ops

import (
	"context"
	"testing"

	"reverie/gpu"
)

// Losses are checked twice: alone, and on top of a gradient that is already there.
func TestLossKernels(t *testing.T) {
	ctx := context.Background()
	for _, c := range promptLossCases() {
		testLossKernel(ctx, t, c, 3)
	}
	for _, c := range initLossCases() {
		testLossKernel(ctx, t, c, 2)
	}
	for _, c := range append(totalVariationCases(), pictureAndLatentCases()...) {
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

// liveCase is a loss with what its runs find in the buffer that the host may write anew.
type liveCase struct {
	name   string
	shape  [4]int
	record func(t *Tape, x *Tensor, losses *gpu.Buffer) (live *gpu.Buffer)
	runs   []liveRun
}

type liveRun struct {
	encoded []byte
	losses  func(x []float64) []float64
	back    func(x []float64) []float64
}

// What the host writes between two runs holds from the next run on, for the loss and for its gradient.
func TestLossesFollowTheirBuffers(t *testing.T) {
	const h, w, c, step = 7, 3, 5, 2
	initWeight := func(target []float64, weight float64) liveRun {
		return liveRun{EncodeFloats([]float32{float32(weight)}),
			func(z []float64) []float64 { return []float64{RefInitLoss(z, target, weight, step)} },
			func(z []float64) []float64 { return RefInitLossBackward(z, target, weight, step) }}
	}
	initTarget := normals("live init target", h*w*c)
	initLoss := func(target []float64) func(*Tape, *Tensor, *gpu.Buffer) *gpu.Buffer {
		return func(t *Tape, z *Tensor, losses *gpu.Buffer) *gpu.Buffer {
			var to *Tensor
			if target != nil {
				to = t.Input(1, h, w, c, false)
				t.Write(to, float32s(target))
			}
			weight := t.Buffer("weight", 4)
			t.InitLoss(z, to, testBytes(t, State{Step: step}.Encode()), weight, losses, 0)
			return weight
		}
	}
	smoothness := func(weight float64) liveRun {
		return liveRun{EncodeVariation(h, w, weight),
			func(x []float64) []float64 { return []float64{RefTotalVariation(x, h, w, weight)} },
			func(x []float64) []float64 { return RefTotalVariationBackward(x, h, w, weight) }}
	}
	targets := normals("live targets", 4*c)
	prompts := func(list ...Prompt) liveRun {
		return liveRun{EncodePrompts(list),
			func(e []float64) []float64 { return RefPromptLoss(e, targets, c, list, nil) },
			func(e []float64) []float64 { return RefPromptLossBackward(e, targets, c, list, nil) }}
	}
	for _, l := range []liveCase{
		{"init loss towards a target", [4]int{1, h, w, c}, initLoss(initTarget),
			[]liveRun{initWeight(initTarget, 0.75), initWeight(initTarget, 0.125), initWeight(initTarget, 0)}},
		{"init loss to zero", [4]int{1, h, w, c}, initLoss(nil), []liveRun{initWeight(nil, 0.75), initWeight(nil, 2)}},
		{"total variation", [4]int{1, h, w, 3}, func(t *Tape, x *Tensor, losses *gpu.Buffer) *gpu.Buffer {
			scales := t.Buffer("scales", VariationSize)
			t.TotalVariation(x, scales, losses, 0)
			return scales
		}, []liveRun{smoothness(0.5), smoothness(3), smoothness(0)}},
		{"prompts", [4]int{h, 1, 1, c}, func(t *Tape, e *Tensor, losses *gpu.Buffer) *gpu.Buffer {
			to := t.Input(1, 1, 4, c, false)
			t.Write(to, float32s(targets))
			return t.PromptLoss(e, to, []Prompt{{0, 1, 1, noStop}, {1, 3, 1, noStop}}, nil, losses, 0)
		}, []liveRun{
			prompts(Prompt{0, 1, 1, noStop}, Prompt{1, 3, -0.5, noStop}),
			prompts(Prompt{0, 1, -2.5, noStop}, Prompt{1, 3, 0.75, 1.25}), // a stop among the distances
			prompts(Prompt{2, 2, 1, 1.25}, Prompt{0, 1, 0, noStop}),
		}},
	} {
		t.Run(l.name, l.check)
	}
}

func (l liveCase) check(t *testing.T) {
	ctx := context.Background()
	tape := NewTape(device)
	defer tape.Close()
	x := tape.Input(l.shape[0], l.shape[1], l.shape[2], l.shape[3], true)
	values := normals(l.name, x.Rows()*x.C)
	tape.Write(x, float32s(values))
	losses := tape.Buffer("losses", 16)
	live := l.record(tape, x, losses)
	if err := tape.Compile(ctx, nil); err != nil {
		t.Fatal(err)
	}
	for _, run := range l.runs {
		device.Write(live, 0, run.encoded)
		if err := tape.Plan.Run(); err != nil {
			t.Fatal(err)
		}
		want := run.losses(values)
		data, err := device.Read(ctx, losses, 0, 16)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, "losses", Unpad(data, 1, len(want)), want, 0)
		got, err := tape.Read(ctx, x.d)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, "gradient", got, run.back(values), 0)
	}
}
