package guide

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"reverie/recipe"
	"reverie/recipe/preset"
)

// Every update tells the tokens of the state that it started from, and they are its picture to the bit: in the run's memory or in the model's.
func TestTokensArePictures(t *testing.T) {
	ctx := context.Background()
	for _, precision := range []string{"full", "half"} {
		s := open(t, config(small("a red apple", preset.Upd, 7, recipe.Precision.Is(precision), recipe.LearningRate.Is(1))))
		h, w := s.tokens()
		var before []uint16
		for step := range 3 {
			state, err := s.Export(ctx)
			if err != nil {
				t.Fatal(err)
			}
			picture, err := s.Picture(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Submit(true); err != nil {
				t.Fatal(err)
			}
			report, err := s.Report(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.EqualFunc(report.Tokens, state.Tokens, func(a uint16, b uint32) bool { return uint32(a) == b }) {
				t.Errorf("%s, step %d told other tokens than the state before it", precision, step+1)
			}
			if slices.Equal(report.Tokens, before) {
				t.Errorf("%s, step %d told the tokens of the step before", precision, step+1)
			}
			before = report.Tokens
			within, err := s.Look(ctx, report.Tokens)
			if err != nil || !bytes.Equal(within.Pix, picture.Pix) {
				t.Errorf("%s, step %d: the run looks at another picture (%v)", precision, step+1, err)
			}
			alone, err := model.Look(ctx, h, w, precision == "half", s.step.spec.Drawing, report.Tokens)
			if err != nil || !bytes.Equal(alone.Pix, picture.Pix) || alone.Width != 8*w || alone.Height != 8*h {
				t.Errorf("%s, step %d: the model looks at another picture of %d×%d (%v)", precision, step+1, alone.Width, alone.Height, err)
			}
		}
		s.Close()
	}
}

// Looking back changes nothing of the run.
func TestLookingLeavesTheRunAlone(t *testing.T) {
	ctx := context.Background()
	c := config(small("a red apple", preset.Upd, 7))
	want := run(t, c, 4)
	var got trace
	s := open(t, c)
	for step := range 4 {
		if _, err := s.Look(ctx, slices.Repeat([]uint16{uint16(step + 1)}, 20)); err != nil {
			t.Fatal(err)
		}
		got.goOn(t, s, step+1)
	}
	got.end(t, s)
	got.same(t, "looked back at", want)
	if _, err := s.Look(ctx, []uint16{1, 2}); err == nil {
		t.Error("two tokens are no picture of 20")
	}
	if _, err := s.Look(ctx, slices.Repeat([]uint16{1024}, 20)); err == nil || !strings.HasPrefix(err.Error(), "The tokens name code 1024, and the model \"mini\" has 1024") {
		t.Errorf("a code beyond the book: %v", err)
	}
	s.Close()
	if _, err := model.Look(ctx, 2, 3, false, Drawing{}, make([]uint16, 6)); err != nil {
		t.Errorf("another size: %v", err)
	}
	model.Unlook()
}
