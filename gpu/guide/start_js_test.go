package guide

import (
	"context"
	"slices"
	"testing"

	"reverie/recipe"
	"reverie/recipe/preset"
)

// firstLoss is the latent that a run starts from and the loss of its first update.
func firstLoss(t *testing.T, c Config) ([]float32, float64) {
	t.Helper()
	ctx := context.Background()
	s := open(t, c)
	defer s.Close()
	state, err := s.Export(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(state.Z, state.Start) || slices.ContainsFunc(state.Memory, func(m []float32) bool { return slices.Max(m) != 0 }) || state.Count.Updates != 0 {
		t.Errorf("the state before the first update is none: %d updates", state.Count.Updates)
	}
	if err := s.Submit(false); err != nil {
		t.Fatal(err)
	}
	report, err := s.Report(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return state.Z, report.Loss
}

// Every kind of start gives a latent of its own, and of several the best is taken.
func TestStarts(t *testing.T) {
	r := small("a red apple", preset.Upd, 7)
	var seen [][]float32
	for _, kind := range []string{startTokens, startUniform, startPixel, startGradient, startFractal} {
		z, loss := firstLoss(t, config(r.With(recipe.Start.Is(kind))))
		if slices.ContainsFunc(seen, func(other []float32) bool { return slices.Equal(z, other) }) || !finite(z) {
			t.Errorf("%s starts from no latent of its own", kind)
		}
		seen = append(seen, z)
		better, least := firstLoss(t, config(r.With(recipe.Start.Is(kind), recipe.BestOf.Is(4))))
		again, same := firstLoss(t, config(r.With(recipe.Start.Is(kind), recipe.BestOf.Is(4))))
		if least > loss || same != least || !slices.Equal(better, again) {
			t.Errorf("%s: the best of four has a loss of %g and then of %g, the first %g", kind, least, same, loss)
		}
	}
	// Half a picture lies in the middle between it and the start without it.
	half := config(r.With(recipe.InitStrength.Is(0.5)))
	half.Init = &red
	whole := config(r)
	whole.Init = &red
	z, _ := firstLoss(t, half)
	picture, _ := firstLoss(t, whole)
	for i := range z {
		if want := 0.5*picture[i] + 0.5*seen[0][i]; z[i] != want {
			t.Fatalf("number %d of half a picture's latent is %g, want %g", i, z[i], want)
		}
	}
}
