package guide

import (
	"math"
	"slices"
	"testing"

	"reverie/recipe"
)

// Drawn starts lie in [0, 1], are the same for the same name and others for another seed or candidate, and look as their kind says.
func TestDrawnStarts(t *testing.T) {
	const w, h = 48, 40
	for _, kind := range []string{startPixel, startGradient, startFractal} {
		x := startDrawn(kind, 7, 0, w, h)
		if len(x) != 3*w*h || slices.Min(x) < 0 || slices.Max(x) > 1 {
			t.Errorf("%s: %d numbers from %g to %g", kind, len(x), slices.Min(x), slices.Max(x))
		}
		if !slices.Equal(x, startDrawn(kind, 7, 0, w, h)) || slices.Equal(x, startDrawn(kind, 8, 0, w, h)) || slices.Equal(x, startDrawn(kind, 7, 1, w, h)) {
			t.Errorf("%s does not depend on its seed and its number alone", kind)
		}
	}
	for _, kind := range []string{startTokens, startUniform} {
		if startDrawn(kind, 7, 0, w, h) != nil {
			t.Errorf("%s has pixels", kind)
		}
	}
	// A gradient: red is linear along rows from zero, green along columns, blue as well, and nothing depends on the other direction.
	g := startDrawn(startGradient, 7, 0, w, h)
	at := func(x, y, c int) float64 { return float64(g[3*(y*w+x)+c]) }
	for c, along := range []func(i int) float64{func(i int) float64 { return at(i, 3, 0) }, func(i int) float64 { return at(3, i, 1) }, func(i int) float64 { return at(3, i, 2) }} {
		for i := range h {
			if got, want := along(i), along(0)+float64(i)*(along(1)-along(0)); math.Abs(got-want) > 1e-6 {
				t.Fatalf("channel %d: %g at %d of a gradient, want %g", c, got, i, want)
			}
		}
	}
	if at(0, 7, 0) != 0 || at(7, 0, 1) != 0 || at(5, 7, 0) != at(5, 8, 0) || at(5, 7, 1) != at(6, 7, 1) || at(w-1, 0, 0) == 0 {
		t.Error("red does not grow from the left, or green not from the top")
	}
	// Neighbours of a fractal differ less than its pixels do, and of noise as much.
	spread := func(x []float32, lag int) float64 {
		sum := 0.0
		for i := range len(x) - lag {
			sum += math.Abs(float64(x[i+lag] - x[i]))
		}
		return sum / float64(len(x)-lag)
	}
	fractal, noise := startDrawn(startFractal, 7, 0, w, h), startDrawn(startPixel, 7, 0, w, h)
	if near, far := spread(fractal, 3), spread(fractal, 3*w*h/2); near > 0.6*far {
		t.Errorf("neighbours of a fractal differ by %g, places far away by %g", near, far)
	}
	if near, far := spread(noise, 3), spread(noise, 3*w*h/2); near < 0.9*far {
		t.Errorf("neighbours of random pixels differ by %g, places far away by %g", near, far)
	}
}

func TestFitted(t *testing.T) {
	row := []byte{10, 10, 10, 20, 20, 20, 30, 30, 30, 40, 40, 40} // 4×1
	greys := func(rgb []byte) (list []byte) {
		for i := 0; i < len(rgb); i += 3 {
			list = append(list, rgb[i])
		}
		return list
	}
	for _, c := range []struct {
		how  string
		w, h int
		want []byte
	}{
		{"stretch", 4, 2, []byte{10, 20, 30, 40, 10, 20, 30, 40}},
		{"crop", 2, 1, []byte{20, 30}},
		{"fit", 4, 3, []byte{10, 20, 30, 40, 10, 20, 30, 40, 10, 20, 30, 40}},
		{"fit", 6, 1, []byte{10, 10, 20, 30, 40, 40}},
		{"crop", 4, 1, []byte{10, 20, 30, 40}},
	} {
		if got := greys(fitted(row, 4, 1, c.w, c.h, c.how)); !slices.Equal(got, c.want) {
			t.Errorf("%s into %d×%d: %v, want %v", c.how, c.w, c.h, got, c.want)
		}
	}
}

func TestUniformStart(t *testing.T) {
	z := uniformLatent(7, 0, 4000)
	low := 0
	for _, v := range z {
		if v < 0 || v >= 2 {
			t.Fatalf("%g of a uniform start", v)
		}
		if v < 1 {
			low++
		}
	}
	near(t, "below one", float64(low)/4000, 0.5, 4000)
}

// Noise is added to the start picture with the spread that is asked for.
func TestStartNoise(t *testing.T) {
	s := &Session{config: Config{Init: &Picture{Width: 1, Height: 1, Pix: []byte{255, 255, 255, 255}}}, sides: [2]int{64, 64},
		now: recipe.New(recipe.Width.Is(64), recipe.Height.Is(64), recipe.InitNoise.Is(0.5))}
	square := 0.0
	x := s.initPixels()
	for _, v := range x {
		square += float64(v-1) * float64(v-1)
	}
	if sigma := math.Sqrt(square / float64(len(x))); math.Abs(sigma-0.5) > 0.02 { // five standard deviations of 12,288 draws
		t.Errorf("noise of %g, want 0.5", sigma)
	}
}
