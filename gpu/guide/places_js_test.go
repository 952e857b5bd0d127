package guide

import (
	"context"
	"slices"
	"testing"

	"reverie/recipe"
	"reverie/recipe/preset"
)

// rowsOf are the rows of a latent at tokens that a mask holds, or that it does not.
func rowsOf(s *Session, z []float32, m recipe.Mask, in bool) []float32 {
	var rows []float32
	c := s.model.manifest.VQGAN.EmbedDim
	for i, within := range s.within(m) {
		if within == in {
			rows = append(rows, z[i*c:(i+1)*c]...)
		}
	}
	return rows
}

// What is held still stays to the bit, whatever moves the rest; let go, it moves again.
func TestHoldStill(t *testing.T) {
	ctx := context.Background()
	for _, optimiser := range []string{"adam", "adamw", "radam", "schedule-free"} {
		s := open(t, config(small("a red apple", preset.Upd, 7, recipe.Optimizer.Is(optimiser), recipe.Hold.Is(left), recipe.LearningRate.Is(0.5), recipe.InitWeight.Is(0.1))))
		var begin, held, free trace
		begin.end(t, s)
		held.goOn(t, s, 3)
		held.end(t, s)
		if a, b := rowsOf(s, begin.state.Z, left, true), rowsOf(s, held.state.Z, left, true); len(a) == 0 || !slices.Equal(a, b) {
			t.Errorf("%s: what is held moved", optimiser)
		}
		h, w := s.tokens()
		for i := range h * w {
			if i%w < w/2 && begin.state.Tokens[i] != held.state.Tokens[i] {
				t.Errorf("%s: token %d of the held half changed", optimiser, i)
			}
		}
		if slices.Equal(rowsOf(s, begin.state.Z, left, false), rowsOf(s, held.state.Z, left, false)) {
			t.Errorf("%s: what is not held did not move", optimiser)
		}
		if _, err := s.Change(ctx, recipe.Settings{recipe.Hold.Is(nil)}, nil, quiet); err != nil {
			t.Fatal(err)
		}
		free.goOn(t, s, 4)
		free.end(t, s)
		if slices.Equal(rowsOf(s, held.state.Z, left, true), rowsOf(s, free.state.Z, left, true)) {
			t.Errorf("%s: what was let go did not move", optimiser)
		}
		s.Close()
	}
}

// What is dreamt anew becomes codes drawn by the seed and the step; the rest stays.
func TestDreamAnew(t *testing.T) {
	ctx := context.Background()
	s := open(t, config(small("a red apple", preset.Upd, 7)))
	var before, after, again trace
	before.goOn(t, s, 2)
	before.end(t, s)
	dream := recipe.Settings{recipe.Dream.Is(left)}
	if _, err := s.Change(ctx, dream, nil, quiet); err != nil {
		t.Fatal(err)
	}
	after.end(t, s)
	if !slices.Equal(rowsOf(s, before.state.Z, left, false), rowsOf(s, after.state.Z, left, false)) {
		t.Error("more than the mask was dreamt anew")
	}
	for i, code := range s.dreamt(2) {
		if code >= 0 && after.state.Tokens[i] != uint32(code) {
			t.Errorf("token %d is %d, want %d", i, after.state.Tokens[i], code)
		}
	}
	if slices.Equal(rowsOf(s, before.state.Z, left, true), rowsOf(s, after.state.Z, left, true)) || slices.ContainsFunc(rowsOf(s, after.state.Memory[0], left, true), func(m float32) bool { return m != 0 }) {
		t.Error("the mask was not dreamt anew, or still goes where it went")
	}
	if _, err := s.Change(ctx, dream, nil, quiet); err != nil {
		t.Fatal(err)
	}
	again.end(t, s)
	if !slices.Equal(after.state.Z, again.state.Z) {
		t.Error("twice at one step is not once")
	}
	before.goOn(t, s, 3)
	if _, err := s.Change(ctx, dream, nil, quiet); err != nil {
		t.Fatal(err)
	}
	again.end(t, s)
	if slices.Equal(after.state.Tokens, again.state.Tokens) {
		t.Error("another step dreams the same")
	}
}

// A run that starts from tokens starts from just these; what it carries starts it again.
func TestStartTokens(t *testing.T) {
	script := recipe.Script{Recipe: small("a red apple", preset.Upd, 7, recipe.Steps.Is(5))}
	first := run(t, Config{Script: script}, 3)
	tokens := recipe.Tokens{Columns: 4, Rows: 5}
	for _, code := range first.state.Tokens {
		tokens.Codes = append(tokens.Codes, uint16(code))
	}
	fork := script.Fork(3, tokens)
	s := open(t, Config{Script: fork})
	var begin trace
	begin.end(t, s)
	if !slices.Equal(begin.state.Tokens, first.state.Tokens) || string(begin.picture) != string(first.picture) {
		t.Error("the fork starts from other tokens")
	}
	large := open(t, config(fork.Recipe.With(recipe.Width.Is(64), recipe.Height.Is(80))))
	begin = trace{}
	begin.end(t, large)
	if n := len(begin.state.Tokens); n != 80 || begin.state.Tokens[0] != first.state.Tokens[0] || begin.state.Tokens[n-1] != first.state.Tokens[19] {
		t.Errorf("in twice the size the start has %d tokens %v of %v", n, begin.state.Tokens, first.state.Tokens)
	}
	tokens.Codes[2] = 1024
	if _, _, err := NewSession(context.Background(), model, Config{Script: script.Fork(3, tokens)}, quiet); err == nil {
		t.Error("started from a code that the model does not have")
	}
}

// Prompts of the two halves of a picture each pull at theirs: most of a prompt's gradient, squared, lies on the tokens of its half. The rest is what the
// decoder's norms, which know all of the picture, and cutouts across the line carry over.
func TestHalvesArePulledByTheirPrompts(t *testing.T) {
	var halves []recipe.Region
	for i, half := range []string{"left_200", "right_200"} {
		mask, err := recipe.Hold.Parse(half)
		if err != nil {
			t.Fatal(err)
		}
		halves = append(halves, recipe.Region{Prompt: i, Mask: mask.(recipe.Mask)})
	}
	prompts := []string{"a red apple | a blue heart:0", "a red apple:0 | a blue heart"}
	s := open(t, config(small(prompts[0], preset.ZQ, 7, recipe.Width.Is(192), recipe.Height.Is(32), recipe.Cutouts.Is(8), recipe.Regions.Is(halves), recipe.Smoothness.Is(0))))
	h, w := s.tokens()
	var before []float32
	for i, text := range prompts {
		if _, err := s.Change(context.Background(), recipe.Settings{recipe.Prompt.Is(text)}, nil, quiet); err != nil {
			t.Fatal(err)
		}
		var tr trace
		tr.goOn(t, s, i+1)
		tr.end(t, s)
		memory := tr.state.Memory[0] // nine tenths of what it was, and a tenth of the gradient
		squares := [2]float64{}
		for k, m := range memory {
			if before != nil {
				m -= 0.9 * before[k]
			}
			squares[2*(k/(len(memory)/(h*w))%w)/w] += float64(m) * float64(m)
		}
		if share := squares[i] / (squares[0] + squares[1]); !(share > 0.6) {
			t.Errorf("of the pull to %q, %.2f lies on its half", text, share)
		}
		before = memory
	}
}

// A prompt whose region no cutout sees adds nothing; one whose region is all of the picture is as without regions.
func TestRegionsWeighPrompts(t *testing.T) {
	all := recipe.Mask{{Rectangle: []float64{-1, -1, 2, 2}}}
	plain := small("a red apple | a blue heart", preset.ZQ, 7)
	alone := run(t, config(small("a red apple", preset.ZQ, 7)), 2)
	want := run(t, config(plain), 2)
	same := run(t, config(plain.With(recipe.Regions.Is([]recipe.Region{{Prompt: 0, Mask: all}, {Prompt: 1, Mask: all}}))), 2)
	if !slices.Equal(same.losses, want.losses) || !slices.Equal(same.state.Z, want.state.Z) {
		t.Errorf("regions of the whole picture give the losses %v, want %v", same.losses, want.losses)
	}
	none := run(t, config(plain.With(recipe.Regions.Is([]recipe.Region{{Prompt: 1}}))), 2)
	if !slices.Equal(none.state.Z, alone.state.Z) || none.losses[1] != 0 || none.losses[0] != alone.losses[0] {
		t.Errorf("a prompt without a place gives the losses %v, want %v", none.losses, alone.losses)
	}
}
