package guide

import (
	"bytes"
	"context"
	"slices"
	"testing"

	"reverie/recipe"
	"reverie/recipe/preset"
)

// halfBlue is blue on the left, and has nothing on the right.
func halfBlue() Picture {
	half := Picture{Width: 32, Height: 40}
	for i := range 32 * 40 {
		alpha := byte(255)
		if i%32 >= 16 {
			alpha = 0
		}
		half.Pix = append(half.Pix, 0, 0, 255, alpha)
	}
	return half
}

// Where the start picture is not transparent it comes back when it is time, and nowhere else; a look inside takes it back.
func TestOverlay(t *testing.T) {
	ctx := context.Background()
	half := halfBlue()
	c := config(small("a red apple", preset.ZQ, 7, recipe.InitImage.Is("half"), recipe.InitStrength.Is(0), recipe.LearningRate.Is(1e-6),
		recipe.OverlayEvery.Is(10), recipe.OverlayOffset.Is(1)))
	c.Init = &half
	s := open(t, c)
	var before, after, again trace
	before.goOn(t, s, 1)
	before.end(t, s)
	if _, _, err := s.Inspect(ctx, false); err != nil {
		t.Fatal(err)
	}
	again.end(t, s)
	if !slices.Equal(before.state.Z, again.state.Z) {
		t.Error("a look inside has laid the picture over")
	}
	after.goOn(t, s, 2)
	after.end(t, s)
	blueness := func(pix []byte, right bool) (sum int) {
		for i := 0; i < len(pix); i += 4 {
			if (i/4%32 >= 16) == right {
				sum += int(pix[i+2]) - int(pix[i])
			}
		}
		return sum / (len(pix) / 8)
	}
	if a, b := blueness(before.picture, false), blueness(after.picture, false); b < 120 || b < a+60 {
		t.Errorf("the left half's blueness went from %d to %d", a, b)
	}
	if a, b := blueness(before.picture, true), blueness(after.picture, true); b > a+40 {
		t.Errorf("the right half's blueness went from %d to %d", a, b)
	}
	if bytes.Equal(before.picture, after.picture) {
		t.Error("nothing was laid over")
	}
}

// What is held stays when the start picture is laid over, and the rest becomes other tokens.
func TestOverlayLeavesWhatIsHeld(t *testing.T) {
	half := halfBlue()
	c := config(small("a red apple", preset.ZQ, 7, recipe.InitImage.Is("half"), recipe.InitStrength.Is(0), recipe.Hold.Is(upper), recipe.OverlayEvery.Is(1)))
	c.Init = &half
	s := open(t, c)
	held := s.within(upper)
	var before, after trace
	before.end(t, s)
	after.goOn(t, s, 1)
	after.end(t, s)
	others := 0
	for i, code := range after.state.Tokens {
		switch was := before.state.Tokens[i]; {
		case held[i] && code != was:
			t.Fatalf("token %d is held, and was %d and is %d", i, was, code)
		case code != was:
			others++
		}
	}
	if others == 0 {
		t.Error("nothing was laid over")
	}
}
