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

// Each update moves the latent within its window and nowhere else, a round moves all of it, what is told are the tokens of the whole, and their picture is that
// of the run: made of windows as well. A run that is taken up within a round ends in the same bytes.
func TestWindows(t *testing.T) {
	ctx := context.Background()
	r := small("a red apple", preset.ZQ, 7, recipe.Width.Is(40), recipe.Height.Is(24), recipe.Window.Is(24), recipe.LearningRate.Is(1), recipe.Hold.Is(recipe.Mask{{Rectangle: []float64{0, 0, 0.1, 0.2}}}))
	s := open(t, config(r))
	state := func() *State {
		t.Helper()
		state, err := s.Export(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return state
	}
	c, n := model.manifest.VQGAN.EmbedDim, windowsOf(3, 5, 3, 3)
	before := state()
	start, half := before, (*State)(nil)
	for step := range n {
		at := s.windowAt(s.now, step)
		told := reports(t, s, 1)[0]
		if !slices.EqualFunc(told.Tokens, before.Tokens, func(a uint16, b uint32) bool { return uint32(a) == b }) || len(told.Pixels) != 4*40*24 {
			t.Errorf("update %d told %d tokens that are not those before it, and %d bytes of pixels", step, len(told.Tokens), len(told.Pixels))
		}
		after := state()
		for i := range 15 {
			row, column := i/5, i%5
			in := i > 0 && row >= at.top && row < at.top+3 && column >= at.left && column < at.left+3
			if moved := !slices.Equal(before.Z[i*c:(i+1)*c], after.Z[i*c:(i+1)*c]); moved != in {
				t.Errorf("update %d of window %+v: token %d moved: %t", step, at, i, moved)
			}
		}
		if before = after; step == 0 {
			half = after
		}
	}
	want, err := s.Picture(ctx)
	if err != nil {
		t.Fatal(err)
	}
	again := open(t, Config{Script: recipe.Script{Recipe: r}, State: half})
	reports(t, again, n-1)
	if got, err := again.Picture(ctx); err != nil || !bytes.Equal(got.Pix, want.Pix) {
		t.Errorf("taken up after one update, the run ends in another picture (%v)", err)
	}
	again.Close()
	tokens := uint16s(before.Tokens)
	for _, by := range []func() (Picture, error){
		func() (Picture, error) { return s.Look(ctx, tokens) },
		func() (Picture, error) { return model.Look(ctx, 3, 5, false, s.step.spec.Drawing, tokens) },
	} {
		if got, err := by(); err != nil || !bytes.Equal(got.Pix, want.Pix) {
			t.Errorf("looked at by its tokens it is another picture (%v)", err)
		}
	}
	if slices.Equal(start.Tokens, before.Tokens) {
		t.Error("no token changed")
	}
}

// A picture that is encoded and drawn in windows has no hard seams: where windows meet one turns into the other, even in windows of five
// tokens, whose decoders see little: neighbouring pixels differ not much more than in the same tokens drawn as a whole.
func TestWindowsHaveNoHardSeams(t *testing.T) {
	ctx := context.Background()
	const side, inWindow = 96, 40 // twelve tokens, and five
	start := Picture{Width: side, Height: side, Pix: make([]byte, 4*side*side)}
	for i := range side * side {
		x, y := float64(i%side)/side, float64(i/side)/side
		for c, v := range []float64{x, y, 0.5 + 0.4*math.Sin(6*x+3*y), 1} {
			start.Pix[4*i+c] = byte(255 * v)
		}
	}
	cfg := config(small("a red apple", preset.ZQ, 7, recipe.Width.Is(side), recipe.Height.Is(side), recipe.Window.Is(inWindow), recipe.InitImage.Is("p")))
	cfg.Init = &start
	s := open(t, cfg)
	state, err := s.Export(ctx)
	if err != nil {
		t.Fatal(err)
	}
	inWindows, err := s.Picture(ctx)
	if err != nil {
		t.Fatal(err)
	}
	f := model.Factor()
	whole, err := model.Look(ctx, side/f, side/f, false, Drawing{}, uint16s(state.Tokens))
	if err != nil {
		t.Fatal(err)
	}
	// step is the mean difference of the pixels of a column, or of a row, from those of the one before.
	step := func(p Picture, at, along, across int) float64 {
		sum := 0.0
		for i := range side {
			for c := range 3 {
				a := 4*(at*along+i*across) + c
				sum += math.Abs(float64(p.Pix[a]) - float64(p.Pix[a-4*along]))
			}
		}
		return sum / (3 * side)
	}
	var seams, plain float64
	places := placesAlong(side/f, inWindow/f)
	for i, left := range places[1:] {
		for x := left * f; x < (places[i]+inWindow/f)*f; x++ { // where one turns into the next
			seams += step(inWindows, x, 1, side) + step(inWindows, x, side, 1)
			plain += step(whole, x, 1, side) + step(whole, x, side, 1)
		}
	}
	t.Logf("where windows meet pixels differ %.3f times as much as in the whole", seams/plain)
	if seams > 1.3*plain { // with a cut in the middle of where they overlap it is 1.37, with half of it for the turn 1.27, with all of it 1.24
		t.Errorf("where windows meet pixels differ %.3f times as much as in the whole", seams/plain)
	}
}
