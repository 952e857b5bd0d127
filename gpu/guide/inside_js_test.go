package guide

import (
	"bytes"
	"context"
	"math"
	"slices"
	"syscall/js"
	"testing"

	"reverie/gpu/ops"
	"reverie/recipe"
	"reverie/recipe/preset"
)

// What is told of a step's inside is what its losses are made from: the cutouts that CLIP got, their embeddings, the scores, the gradient, and the
// move of z; whatever saves memory.
func TestInsideIsTheStep(t *testing.T) {
	ctx := context.Background()
	r := small("a red apple | a blue heart:-0.5", preset.Pool, 7, recipe.Cutouts.Is(3), recipe.Smoothness.Is(1))
	want := pictureGradient(t, r, presetOf(r))
	pixels := func(values []float64) []byte {
		var list []float32
		for _, v := range values {
			list = append(list, float32(v))
		}
		return ops.RefPixels(list, ops.Key{})
	}
	for _, test := range []struct {
		name   string
		thrift Thrift
		tol    float64 // of the largest magnitude
	}{
		{"plain", Thrift{}, 1e-6},
		{"parts of two and one, recomputed", Thrift{Part: 2, Decoder: true, CLIP: true}, 1e-5},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := config(r)
			c.Thrift = test.thrift
			s := open(t, c)
			before, err := s.step.tape.Read(ctx, s.step.Z)
			if err != nil {
				t.Fatal(err)
			}
			report, got, err := s.Inspect(ctx, true)
			if err != nil {
				t.Fatal(err)
			}
			after, err := s.step.tape.Read(ctx, s.step.Z)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Picture.Pix, pixels(want.picture)) || !bytes.Equal(got.Cutouts.Pix, pixels(want.cutouts)) || got.Cutouts.Height != 3*got.Cutouts.Width {
				t.Errorf("other pictures than CLIP got: of %d×%d and %d×%d", got.Picture.Width, got.Picture.Height, got.Cutouts.Width, got.Cutouts.Height)
			}
			nearly(t, "gradient", got.Pull.Values, ops.RefBlockNorm(want.gradient, nil, 40, 32, 3, 2), test.tol)
			if got.Pull.Columns != 16 || got.Move.Columns != 4 {
				t.Errorf("%d columns of gradient, %d of moves", got.Pull.Columns, got.Move.Columns)
			}
			nearly(t, "move", got.Move.Values, ops.RefBlockNorm(float64s(after), float64s(before), 5, 4, 64, 1), 1e-5)
			if reach := (Norms{1, before}).Total(); math.Abs(got.Reach-reach) > 1e-5*reach {
				t.Errorf("the latents reach %g, want %g", got.Reach, reach)
			}
			if !slices.Equal(got.Losses, report.Losses) || len(got.Losses) != 3 || report.Step != 1 || got.Step != 0 || !slices.Equal(got.Tokens, report.Tokens) || got.Codes != 1024 {
				t.Errorf("losses %v and %v, steps %d and %d, %d codes", got.Losses, report.Losses, got.Step, report.Step, got.Codes)
			}
			for k, weight := range []float64{1, -0.5} {
				sum := 0.0
				for i, score := range got.Scores[k] {
					sum += score
					// The distance of a cutout alone is the loss of a step that has no other.
					e := ops.RefPromptLoss(float64s(got.Embeddings[2+i]), float64s(got.Embeddings[k]), 256, []ops.Prompt{{Count: 1, Weight: weight}}, nil)[0]
					if math.Abs(score*math.Abs(weight)-e) > 1e-5 {
						t.Errorf("prompt %d, cutout %d: a score of %g, and its embeddings are at %g", k, i, score*math.Abs(weight), e)
					}
				}
				if loss := math.Abs(weight) * sum / 3; math.Abs(loss-got.Losses[1+k]) > 1e-6 || got.Weights[k] != weight {
					t.Errorf("prompt %d: the scores %v make a loss of %g, which is %g; the weight is %g", k, got.Scores[k], loss, got.Losses[1+k], got.Weights[k])
				}
			}
		})
	}
}

// nearly wants values that are off by a share of the largest at most.
func nearly(t *testing.T, what string, got []float32, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	worst, largest := 0.0, 0.0
	for i := range want {
		worst, largest = max(worst, math.Abs(float64(got[i])-want[i])), max(largest, math.Abs(want[i]))
	}
	if !(worst <= tol*largest) || largest == 0 {
		t.Errorf("%s: off by %g, the largest is %g", what, worst, largest)
	}
}

// A cutout's box is where it was taken from: without augmentations it shows that part of the picture, as it is where the sizes are the same.
func TestInsideTellsTheBoxes(t *testing.T) {
	s := open(t, config(small("a red apple", preset.ZQ, 7, recipe.Width.Is(80), recipe.Height.Is(64), recipe.CutPow.Is(100), recipe.Augment.Is("moves"))))
	_, got, err := s.Inspect(context.Background(), false)
	if err != nil {
		t.Fatal(err)
	}
	box, side := got.Boxes[1], got.Cutouts.Width
	if box.W != side || box.H != side || box == got.Boxes[0] {
		t.Fatalf("the boxes are %+v, the cutouts of %d", got.Boxes, side)
	}
	for y := range side {
		from, to := 4*((box.Y+y)*80+box.X), 4*(side+y)*side
		if !bytes.Equal(got.Picture.Pix[from:from+4*side], got.Cutouts.Pix[to:to+4*side]) {
			t.Fatalf("row %d of the cutout is not the picture's", y)
		}
	}
}

// A run that is looked into, between its updates and in them, is to the bit the run that is not, when its script changes what is recorded, too.
func TestInsideLeavesTheRunAlone(t *testing.T) {
	ctx := context.Background()
	script := recipe.Script{Recipe: small("a red apple ^ a blue heart", preset.Upd, 7, recipe.PhaseSteps.Is(1), recipe.PhaseOrder.Is("loop"))}
	script = script.With(2, recipe.Optimizer.Is("schedule-free"), recipe.Precision.Is("half"), recipe.Smoothness.Is(1), recipe.Hold.Is(left), recipe.InitWeight.Is(1),
		recipe.Regions.Is([]recipe.Region{{Prompt: 1, Mask: upper}}))
	c := Config{Script: script}
	const steps = 4
	want := run(t, c, steps)
	var got trace
	s := open(t, c)
	for step := range steps {
		if s.Due() {
			if _, err := s.Apply(ctx, quiet); err != nil {
				t.Fatal(err)
			}
		}
		report, coming, err := s.Inspect(ctx, false)
		if err != nil || report != nil || coming.Step != step {
			t.Fatalf("before step %d: %+v, %d, %v", step+1, report, coming.Step, err)
		}
		if step%2 == 0 {
			got.goOn(t, s, step+1)
			continue
		}
		report, inside, err := s.Inspect(ctx, true)
		if err != nil {
			t.Fatal(err)
		}
		got.losses = append(got.losses, report.Losses...)
		if !slices.Equal(coming.Losses, report.Losses) || !bytes.Equal(coming.Cutouts.Pix, inside.Cutouts.Pix) || !slices.Equal(coming.Move.Values, inside.Move.Values) {
			t.Errorf("step %d is not what was foretold: losses %v and %v", step+1, report.Losses, coming.Losses)
		}
	}
	got.end(t, s)
	got.same(t, "looked into", want)
}

// A run that nobody looks into makes its plan's dispatches and brings one buffer a step back, and so does it again when nobody looks any more. All
// memory is given back then.
func TestInsideCostsNothingWhileItIsClosed(t *testing.T) {
	ctx := context.Background()
	s := open(t, config(small("a red apple", preset.Upd, 7)))
	dispatches, readbacks := 0, 0
	count(t, js.Global().Get("reverieGPU"), "run", func(args []js.Value) { dispatches += args[1].Length() / 5 })
	count(t, js.Global().Get("GPUBuffer").Get("prototype"), "mapAsync", func([]js.Value) { readbacks++ })
	var tr trace
	var used int64
	for _, what := range []string{"before", "after"} {
		dispatches, readbacks = 0, 0
		tr.goOn(t, s, s.Step()+2)
		if plan := s.step.tape.Plan.Len(); dispatches != 2*plan || readbacks != 2 {
			t.Errorf("%s a look: two steps make %d dispatches and %d readbacks, want %d and 2", what, dispatches, readbacks, 2*plan)
		}
		now, _ := model.device.Used()
		if what == "after" && now != used {
			t.Errorf("%d bytes are in use after a look, %d were before", now, used)
		}
		used = now
		if _, _, err := s.Inspect(ctx, true); err != nil {
			t.Fatal(err)
		}
	}
}

// count notes the calls of a method, and lets them through.
func count(t *testing.T, object js.Value, method string, note func(args []js.Value)) {
	t.Helper()
	before := object.Get(method)
	f := js.FuncOf(func(this js.Value, args []js.Value) any {
		note(args)
		list := js.Global().Get("Array").New()
		for i, a := range args {
			list.SetIndex(i, a)
		}
		return before.Call("apply", this, list)
	})
	object.Set(method, f)
	t.Cleanup(func() {
		object.Set(method, before)
		f.Release()
	})
}
