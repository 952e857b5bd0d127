package guide

import (
	"bytes"
	"context"
	"math"
	"slices"
	"testing"

	"reverie/recipe"
	"reverie/recipe/preset"
)

// What is shown, told and saved is the weighted mean of the latents after the updates; the run itself does not notice.
func TestAveraging(t *testing.T) {
	const decay, steps = 0.75, 5
	ctx := context.Background()
	r := small("a red apple", preset.Upd, 7, recipe.LearningRate.Is(0.5))
	plain, s := open(t, config(r)), open(t, config(r.With(recipe.Averaging.Is(decay))))
	var before, after, bare trace
	before.end(t, s)
	var sums []float64
	weights := 0.0
	for range steps {
		bare.goOn(t, plain, s.Step()+1)
		if err := s.Submit(true); err != nil {
			t.Fatal(err)
		}
		report, err := s.Report(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(report.Pixels, before.picture) {
			t.Errorf("step %d shows another picture than the one that it began with", report.Step)
		}
		for i, token := range report.Tokens {
			if uint32(token) != before.state.Tokens[i] {
				t.Fatalf("step %d tells token %d as %d, and it was %d", report.Step, i, token, before.state.Tokens[i])
			}
		}
		after.end(t, s)
		looked, err := s.Look(ctx, uint16s(after.state.Tokens))
		if err != nil || !bytes.Equal(looked.Pix, after.picture) {
			t.Errorf("the tokens after step %d are not those of the picture (%v)", report.Step, err)
		}
		if sums == nil {
			sums = make([]float64, len(after.state.Z))
		}
		weights = decay*weights + 1
		for i, z := range after.state.Z {
			sums[i] = decay*sums[i] + float64(z)
			if got, want := float64(after.state.Mean[i]), sums[i]/weights; math.Abs(got-want) > 1e-5*(1+math.Abs(want)) {
				t.Fatalf("after step %d element %d of the mean is %g, want %g", report.Step, i, got, want)
			}
		}
		before = after
	}
	bare.end(t, plain)
	if !slices.Equal(bare.state.Z, after.state.Z) || bare.state.Mean != nil {
		t.Error("averaging moves the latent")
	}
	if bytes.Equal(bare.picture, after.picture) {
		t.Error("the mean looks as the latent does")
	}
	if _, _, err := s.Inspect(ctx, false); err != nil {
		t.Fatal(err)
	}
	var again trace
	again.end(t, s)
	if !bytes.Equal(again.picture, after.picture) || !slices.Equal(again.state.Mean, after.state.Mean) || again.state.Averaged != after.state.Averaged {
		t.Error("a look inside has changed the mean")
	}
	report, inside, err := s.Inspect(ctx, true)
	if err != nil || !bytes.Equal(report.Pixels, after.picture) || !slices.Equal(report.Tokens, uint16s(after.state.Tokens)) || bytes.Equal(inside.Picture.Pix, after.picture) {
		t.Errorf("a step that is looked into shows another picture, or the mean inside (%v)", err)
	}
	if _, err := s.Change(ctx, recipe.Settings{recipe.Averaging.Is(0)}, nil, quiet); err != nil {
		t.Fatal(err)
	}
	again.end(t, s)
	if again.state.Mean != nil || bytes.Equal(again.picture, after.picture) {
		t.Error("what is not averaged any more is shown as a mean")
	}
}

func uint16s(codes []uint32) (list []uint16) {
	for _, code := range codes {
		list = append(list, uint16(code))
	}
	return list
}
