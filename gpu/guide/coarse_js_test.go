package guide

import (
	"bytes"
	"context"
	"slices"
	"testing"

	"reverie/recipe"
	"reverie/recipe/preset"
)

// What an enlarged picture begins with lies between the latents that there were, its start and its mean do, too, and earlier steps can be looked at.
// Interrupted on either side of it, a run ends in the same bytes.
func TestCoarseToFineGoesOn(t *testing.T) {
	ctx := context.Background()
	r := small("a red apple", preset.ZQ, 7, recipe.Width.Is(40), recipe.Height.Is(24), recipe.Steps.Is(3), recipe.Coarse.Is("2"),
		recipe.InitWeight.Is(0.5), recipe.Averaging.Is(0.5), recipe.LearningRate.Is(0.5))
	s := open(t, config(r))
	told := reports(t, s, 2)
	before, err := s.Export(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if len(told[1].Tokens) != 6 || len(before.Tokens) != 6 {
		t.Fatalf("%d tokens are told of the small picture, want 6", len(told[1].Tokens))
	}
	if _, err := s.Apply(ctx, quiet); err != nil {
		t.Fatal(err)
	}
	after, err := s.Export(ctx)
	if err != nil {
		t.Fatal(err)
	}
	c := model.manifest.VQGAN.EmbedDim
	for _, a := range []struct {
		what    string
		of, got []float32
	}{{"latent", before.Z, after.Z}, {"start", before.Start, after.Start}, {"mean", before.Mean, after.Mean}} {
		if !slices.Equal(a.got, enlarged(a.of, 2, 3, c, 3, 5)) {
			t.Errorf("the %s is not the one before, enlarged", a.what)
		}
	}
	if past, err := model.Look(ctx, 2, 3, false, s.step.spec.Drawing, told[1].Tokens); err != nil || past.Width != 24 || past.Height != 16 {
		t.Errorf("a step of the small picture shows %d×%d, %v", past.Width, past.Height, err)
	}
	reports(t, s, 1)
	want, err := s.Picture(ctx)
	if err != nil || want.Width != 40 || want.Height != 24 {
		t.Fatalf("the picture is %d×%d, %v", want.Width, want.Height, err)
	}
	s.Close()
	for _, state := range []*State{before, after} {
		again := open(t, Config{Script: recipe.Script{Recipe: r}, State: state})
		if _, err := again.Apply(ctx, quiet); err != nil {
			t.Fatal(err)
		}
		reports(t, again, 1)
		if got, err := again.Picture(ctx); err != nil || !bytes.Equal(got.Pix, want.Pix) {
			t.Errorf("taken up with %d numbers, the run ends in another picture (%v)", len(state.Z), err)
		}
		again.Close()
	}
}
