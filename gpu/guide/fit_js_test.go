package guide

import (
	"context"
	"errors"
	"math"
	"testing"

	"reverie/recipe"
	"reverie/recipe/preset"
)

// A run takes the least thrifty plan that fits, and where none does the error names a picture and a number of cutouts that do.
func TestRunsFitTheMemory(t *testing.T) {
	ctx := context.Background()
	const width, cutouts = 64, 24
	r := small("a red apple", preset.ZQ, 7, recipe.Width.Is(width), recipe.Height.Is(48), recipe.Cutouts.Is(cutouts))
	prepare := func(memory int64) (*Session, error) {
		c := config(r)
		c.Memory = memory
		s, _, err := NewSession(ctx, model, c, quiet)
		return s, err
	}
	plain, err := prepare(0)
	if err != nil {
		t.Fatal(err)
	}
	footprint := plain.Footprint()
	activations := plain.step.tape.Plan.Memory().Total
	if plain.step.spec.Thrift != (Thrift{}) || footprint.Bytes < activations || footprint.Seconds <= 0 {
		t.Errorf("where there is room: %+v, %+v", plain.step.spec.Thrift, footprint)
	}
	plain.Close()

	less := footprint.Bytes - activations/2
	s, err := prepare(less)
	if err != nil {
		t.Fatal(err)
	}
	thrift := s.step.spec.Thrift
	if got := s.Footprint(); thrift == (Thrift{}) || got.Bytes > less+1<<20 {
		t.Errorf("with room for %d bytes: %+v takes %+v", less, thrift, got)
	}
	s.Close()

	var large *TooLarge
	if _, err := prepare(1); !errors.As(err, &large) || large.FitWidth != 0 || large.Fewer != 0 || large.Half {
		t.Fatalf("got %v, want that nothing fits into one byte", err)
	}
	// Just too little for the thriftiest plan, whatever share of the plain one it takes.
	if _, err := prepare(large.Needs - 1); !errors.As(err, &large) {
		t.Fatalf("got %v, want that it is too large", err)
	}
	if large.FitWidth == 0 && large.Fewer == 0 || large.FitWidth >= width || large.Fewer >= cutouts || large.Needs <= large.Has || !large.Half {
		t.Errorf("got %+v", large)
	}
	r = r.With(recipe.Precision.Is("half"))
	if s, err = prepare(large.Has); err != nil {
		t.Fatalf("half precision, which was said to fit: %v", err)
	}
	s.Close()
	r = r.With(recipe.Precision.Is("full"))
	if large.FitWidth > 0 {
		r = r.With(recipe.Width.Is(large.FitWidth), recipe.Height.Is(large.FitHeight))
	} else {
		r = r.With(recipe.Cutouts.Is(large.Fewer))
	}
	s, err = prepare(large.Has)
	if err != nil {
		t.Fatalf("what was said to fit: %v", err)
	}
	s.Close()
}

// What is foreseen without the model is what the run takes, but for the parameters of its kernels, which a planner does not count.
func TestForecastComesTrue(t *testing.T) {
	ctx := context.Background()
	const most = 1 << 20
	r := small("a red apple", preset.Upd, 7, recipe.Width.Is(64), recipe.Height.Is(48), recipe.Cutouts.Is(8))
	forecast, err := NewForecast(ctx, model.device, model.Manifest())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := model.embed(ctx, []string{"a red apple"}, quiet); err != nil { // gives the text tower back
		t.Fatal(err)
	}
	parts, _ := forecast.model.device.Used()
	before, _ := model.device.Used()
	s := open(t, config(r))
	got, err := forecast.Run(ctx, r)
	if err != nil {
		t.Fatal(err)
	}
	want := s.Footprint() // at once, by the same speed: what still ran may have measured it anew
	// Long dispatches are cut by the speed known when they are recorded, and each piece has an overhead: 40 more are a thousandth here.
	if math.Abs(got.Seconds/want.Seconds-1) > 0.01 {
		t.Errorf("%g s a step were foreseen, and the run says %g", got.Seconds, want.Seconds)
	}
	if missing := (want.Bytes - before) - (got.Bytes - parts); missing < 0 || missing > most {
		t.Errorf("foreseen were %d bytes beside the model's %d; the run takes %d beside %d", got.Bytes-parts, parts, want.Bytes-before, before)
	}
	if before < parts {
		t.Errorf("the model was foreseen with %d bytes and takes %d", parts, before)
	}
}
