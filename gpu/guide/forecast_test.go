//go:build !js

package guide

import (
	"context"
	"errors"
	"testing"

	"reverie/gpu"
	"reverie/recipe"
	"reverie/weights/folder"
	"reverie/weights/mini"
)

// A forecast grows with the picture and the cutouts, has a time once the device has shown its speed, and says so when nothing fits.
func TestForecast(t *testing.T) {
	ctx := context.Background()
	m, err := folder.Manifest(mini.FS)
	if err != nil {
		t.Fatal(err)
	}
	d := gpu.NewPlanner(gpu.Info{MaxBinding: 128 << 20, MaxBuffer: 256 << 20, Memory: 1 << 30})
	f, err := NewForecast(ctx, d, m)
	if err != nil {
		t.Fatal(err)
	}
	square := func(side, cutouts int) recipe.Recipe {
		return recipe.New(recipe.Prompt.Is("a red apple"), recipe.Width.Is(side), recipe.Height.Is(side), recipe.Cutouts.Is(cutouts), recipe.Augment.Is("all"))
	}
	of := func(side, cutouts int) Footprint {
		t.Helper()
		p, err := f.Run(ctx, square(side, cutouts))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	if p := of(64, 4); p.Seconds != 0 || p.Bytes < 10<<20 {
		t.Errorf("before the speed is known: %+v", p)
	}
	d.SetSpeed(1e12)
	small, larger, more := of(64, 4), of(128, 4), of(64, 32)
	if small.Seconds <= 0 || larger.Bytes <= small.Bytes || more.Bytes <= small.Bytes || larger.Seconds <= small.Seconds || more.Seconds <= small.Seconds {
		t.Errorf("foreseen: %+v, a larger picture %+v, more cutouts %+v", small, larger, more)
	}
	if again := of(64, 4); again != small {
		t.Errorf("the same run again: %+v, was %+v", again, small)
	}
	var large *TooLarge
	if _, err := f.Run(ctx, square(4096, 32)); !errors.As(err, &large) || large.Needs <= large.Has || !large.Unsought {
		t.Errorf("a picture of 4096² in 1 GiB: %v", err)
	}
	if again := of(64, 4); again != small {
		t.Errorf("after one that does not fit: %+v, was %+v", again, small)
	}
}
