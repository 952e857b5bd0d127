//go:build !js

package guide

import (
	"context"
	"errors"
	"slices"
	"testing"

	"reverie/recipe"
	"reverie/recipe/preset"
)

// coarse is a run that is enlarged after its first and after its second step, to 6×10 tokens.
func coarse(set ...recipe.Setting) recipe.Script {
	return recipe.Script{Recipe: small("a red apple", preset.ZQ, 7, recipe.Width.Is(48), recipe.Height.Is(80), recipe.Steps.Is(4), recipe.Coarse.Is("1 2")).With(set...)}
}

// An enlargement is due at its step, and a run that was saved on either side of it goes on alike.
func TestCoarseToFine(t *testing.T) {
	ctx := context.Background()
	s := mustPlan(t, coarse())
	check := func(step int, s *Session, tokens int, due bool) {
		t.Helper()
		if n := s.step.Z.Rows(); n != tokens || s.Due() != due {
			t.Errorf("after step %d: %d tokens, due: %t; want %d and %t", step, n, s.Due(), tokens, due)
		}
	}
	for step, want := range []struct {
		before, tokens int
		due            bool
	}{{6, 6, false}, {6, 15, true}, {15, 60, true}, {60, 60, false}} {
		check(step, s, want.before, want.due)
		for _, applied := range []bool{false, true} {
			state, err := s.Export(ctx)
			if err != nil {
				t.Fatal(err)
			}
			again, err := plan(t, coarse(), func(c *Config) { c.State = state })
			if err != nil {
				t.Fatalf("after step %d: %v", step, err)
			}
			check(step, again, len(state.Tokens), want.due && !applied)
			oneUpdate(t, again)
			check(step+1, again, want.tokens, again.Due())
			if again.count.Updates != s.count.Updates+1 && !want.due || want.due && again.count.Updates != 1 {
				t.Errorf("after step %d the optimiser counts %d updates of this size", step+1, again.count.Updates)
			}
			if !applied {
				if _, err := s.Apply(ctx, quiet); err != nil {
					t.Fatal(err)
				}
			}
		}
		oneUpdate(t, s)
	}
}

// Whether there is room for the last size is known before the first step, and where there is none later, the run stays what it was.
func TestCoarseToFineNeedsRoom(t *testing.T) {
	ctx := context.Background()
	whole := mustPlan(t, coarse(recipe.Coarse.Is("")))
	needs := whole.bytes(whole.step)
	var large *TooLarge
	_, err := plan(t, coarse(recipe.Cutouts.Is(1)), func(c *Config) { c.Memory = 1 })
	if !errors.As(err, &large) || large.Width != 48 || large.Height != 80 {
		t.Errorf("without room: %v", err)
	}
	s, err := plan(t, coarse(recipe.Coarse.Is("1 1")), func(c *Config) { c.Memory = needs + 1<<20 })
	if err != nil {
		t.Fatal(err)
	}
	oneUpdate(t, s)
	s.config.Memory, _ = s.model.device.Used()
	if _, err := s.Apply(ctx, quiet); !errors.As(err, &large) || !s.Usable() || s.step.Z.Rows() != 6 || !s.Due() {
		t.Errorf("no room later: %v, %d tokens, due: %t", err, s.step.Z.Rows(), s.Due())
	}
	f, err := NewForecast(ctx, whole.model.device, pair(t))
	if err != nil {
		t.Fatal(err)
	}
	a, errA := f.Run(ctx, coarse().Recipe)
	b, errB := f.Run(ctx, coarse(recipe.Coarse.Is("")).Recipe)
	if errA != nil || errB != nil || a.Bytes != b.Bytes {
		t.Errorf("the forecast is %+v, and of the last size %+v (%v, %v)", a, b, errA, errB)
	}
}

// The latent, its mean and its start are carried over to the larger size, and the optimiser's memory is not. Who gave the state may use it again.
func TestResizedStates(t *testing.T) {
	s := mustPlan(t, coarse())
	c := s.model.manifest.VQGAN.EmbedDim
	numbers := func(first float32) []float32 {
		list := make([]float32, 3*2*c)
		for i := range list {
			list[i] = first + float32(i)
		}
		return list
	}
	s.z0 = numbers(3)
	state := &State{Z: numbers(1), Start: s.z0, Mean: numbers(2), Averaged: 1.5, Memory: [][]float32{numbers(4), numbers(5)}, Optimiser: "adam"}
	s.placed = s.places(s.now)
	larger := s.resize(state, [2]int{24, 40})
	for _, a := range []struct {
		what      string
		from, got []float32
	}{{"latent", numbers(1), larger.Z}, {"mean", numbers(2), larger.Mean}, {"start", numbers(3), s.z0}} {
		if !slices.Equal(a.got, enlarged(a.from, 3, 2, c, 5, 3)) {
			t.Errorf("the %s is not the one before, enlarged", a.what)
		}
	}
	if larger.Memory != nil || larger.Averaged != 1.5 || !slices.Equal(state.Z, numbers(1)) || len(state.Memory) != 2 {
		t.Errorf("the larger state is %+v, of %+v", larger, state)
	}
	if h, w := s.tokens(); h != 5 || w != 3 || len(s.places(s.now).held) != 4*15 {
		t.Errorf("the session has %d×%d tokens, and places of %d", h, w, len(s.places(s.now).held)/4)
	}
}
