//go:build !js

package guide

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"reverie/recipe"
	"reverie/recipe/preset"
)

// A round covers every token, and no more than the windows that are moved inside cover again; from round to round the edges are others.
func TestWindowsCoverThePicture(t *testing.T) {
	for _, c := range [][4]int{{8, 8, 4, 4}, {9, 13, 4, 4}, {5, 30, 5, 7}, {7, 3, 2, 1}, {6, 6, 5, 6}, {4, 4, 4, 4}} {
		h, w, rows, columns := c[0], c[1], c[2], c[3]
		n := windowsOf(h, w, rows, columns)
		edges := map[window]bool{}
		total := make([]int, h*w)
		const rounds = 40
		for round := range rounds {
			covered := make([]int, h*w)
			for step := range n {
				at := windowAt(7, round*n+step, h, w, rows, columns)
				edges[at] = true
				for row := range rows {
					for column := range columns {
						covered[(at.top+row)*w+at.left+column]++
					}
				}
			}
			if least, most := slices.Min(covered), slices.Max(covered); least < 1 || most > 9 {
				t.Fatalf("%v: round %d covers tokens from %d to %d times", c, round, least, most)
			}
			for i, k := range covered {
				total[i] += k
			}
		}
		if least, most := slices.Min(total), slices.Max(total); most > 4*least {
			t.Errorf("%v: tokens are covered from %d to %d times", c, least, most)
		}
		if places := (h - rows + 1) * (w - columns + 1); len(edges) < (places+1)/2 {
			t.Errorf("%v: windows stand at %d of %d places", c, len(edges), places)
		}
	}
}

// What is made of windows is the whole where they agree, and where they do not, one turns into the next without a step.
func TestWindowsAreJoined(t *testing.T) {
	for _, c := range [][5]int{{8, 8, 4, 4, 2}, {9, 13, 4, 4, 3}, {5, 30, 5, 7, 1}, {7, 3, 2, 1, 4}, {3, 3, 1, 1, 1}, {4, 4, 4, 4, 2}} {
		h, w, rows, columns, f := c[0], c[1], c[2], c[3], c[4]
		const channels = 3
		whole := make([]byte, h*w*f*f*channels)
		for i := range whole {
			whole[i] = byte(i*i/7 + i)
		}
		crop := func(at window) (part []byte, err error) {
			for row := range rows * f {
				first := ((at.top*f+row)*w + at.left) * f * channels
				part = append(part, whole[first:first+columns*f*channels]...)
			}
			return part, nil
		}
		if got, err := assembled(h, w, rows, columns, f, channels, crop, mixBytes); err != nil || !slices.Equal(got, whole) {
			t.Errorf("%v: windows that agree make another picture (%v)", c, err)
		}
	}
	// Every window is of one shade, of its own: between neighbours no pixel is further from the next than a part of the way.
	shade := float32(0)
	flat := func(window) ([]float32, error) {
		shade++
		return slices.Repeat([]float32{shade}, 16*16*16), nil
	}
	got, err := assembled(40, 40, 16, 16, 4, 1, flat, mixFloats)
	if err != nil {
		t.Fatal(err)
	}
	const line = 160
	for i, v := range got {
		for _, next := range []int{i + 1, i + line} {
			if next/line >= line || next == i+1 && next%line == 0 {
				continue
			}
			if d := math.Abs(float64(got[next] - v)); d > 1 {
				t.Fatalf("from pixel %d to %d is a step of %g shades", i, next, d)
			}
		}
	}
	if got[0] != 1 || got[len(got)-1] != shade || shade < 9 {
		t.Errorf("from shade %g to %g of %g", got[0], got[len(got)-1], shade)
	}
	failing := errors.New("no window")
	if _, err := assembled(8, 8, 4, 4, 1, 1, func(window) ([]byte, error) { return nil, failing }, mixBytes); err != failing {
		t.Errorf("a window that fails gives %v", err)
	}
}

// windowed is a run of 8×6 tokens in windows of 3×3.
func windowed(set ...recipe.Setting) recipe.Recipe {
	return small("a red apple | a blue heart", preset.ZQ, 7, recipe.Width.Is(64), recipe.Height.Is(48), recipe.Window.Is(24), recipe.Steps.Is(30)).With(set...)
}

// Beside its window an update holds every token; within it those that a person holds.
func TestWindowsHoldTheRest(t *testing.T) {
	s := mustPlan(t, recipe.Script{Recipe: windowed(recipe.Hold.Is(upper))})
	for step := range 12 {
		m := s.moment(s.now, uint32(step))
		words := m.held()
		for i := range 48 {
			row, column := i/8, i%8
			in := row >= m.frame.top && row < m.frame.top+3 && column >= m.frame.left && column < m.frame.left+3
			if held := binary.LittleEndian.Uint32(words[4*i:]) != 0; held != (!in || row < 3) {
				t.Fatalf("step %d, window %+v: token %d is held: %t", step, m.frame, i, held)
			}
		}
		if m.width != 24 || m.height != 24 {
			t.Errorf("CLIP sees %d×%d pixels", m.width, m.height)
		}
	}
}

// What a cutout sees of a region depends on where the window is.
func TestRegionsOfWindows(t *testing.T) {
	s := mustPlan(t, recipe.Script{Recipe: windowed(recipe.Regions.Is([]recipe.Region{{Prompt: 0, Mask: left}}))})
	seen := map[string]bool{}
	for step := range 40 {
		m := s.moment(s.now, uint32(step))
		r := m.places.rasters[0]
		sees := m.sees(&r, 0)
		switch {
		case m.frame.left+m.frame.columns <= 4:
			seen["within"] = true
			if sees != 1 {
				t.Errorf("a window of the left half, %+v, sees %g of it", m.frame, sees)
			}
		case m.frame.left >= 4:
			seen["beside"] = true
			if sees != 0 {
				t.Errorf("a window of the right half, %+v, sees %g of the left", m.frame, sees)
			}
		}
	}
	if !seen["within"] || !seen["beside"] {
		t.Errorf("windows were %v", seen)
	}
}

// The optimiser counts rounds, and a run that is taken up within one goes on counting.
func TestRoundsAreCounted(t *testing.T) {
	s := mustPlan(t, recipe.Script{Recipe: windowed(recipe.Averaging.Is(0.5))})
	n := windowsOf(6, 8, 3, 3)
	for step := range 2*n + 1 {
		if s.count.Updates != step/n || step < n && s.averaged != 0 {
			t.Errorf("after step %d of rounds of %d the optimiser counts %d and the mean %g", step, n, s.count.Updates, s.averaged)
		}
		oneUpdate(t, s)
	}
}

// A picture of 2048² in windows of 512² takes what one of 512² takes, and besides some latents and the scores of their codes.
func TestWindowsSaveMemory(t *testing.T) {
	memory := func(side, window int) (total int64, s *Session) {
		s = mustPlan(t, recipe.Script{Recipe: small("a red apple", preset.Upd, 7, recipe.Width.Is(side), recipe.Height.Is(side), recipe.Cutouts.Is(8), recipe.Window.Is(window))})
		return s.step.tape.Plan.Memory().Total, s
	}
	one, _ := memory(512, 0)
	whole, s := memory(2048, 512)
	latent := int64(4 * s.step.Z.Len())
	const scores = 64 << 20
	if most := one + 10*latent + scores; whole > most {
		t.Errorf("2048² in windows takes %d bytes, and 512² %d with latents of %d", whole, one, latent)
	}
	if all, _ := memory(2048, 0); all < 8*one {
		t.Errorf("2048² as a whole takes %d bytes, and 512² %d: windows would save nothing", all, one)
	}
}

// Who asks for too large a picture hears in what windows it fits, and in these it does.
func TestWindowsAreProposed(t *testing.T) {
	r := small("a red apple", preset.ZQ, 7, recipe.Width.Is(512), recipe.Height.Is(256))
	windowed := mustPlan(t, recipe.Script{Recipe: r.With(recipe.Window.Is(128))})
	room := func(c *Config) { c.Memory = windowed.bytes(windowed.step) }
	var large *TooLarge
	if _, err := plan(t, recipe.Script{Recipe: r}, room); !errors.As(err, &large) || large.Window < 128 || !strings.Contains(err.Error(), " or a window of ") {
		t.Fatalf("%v", err)
	}
	if _, err := plan(t, recipe.Script{Recipe: r.With(recipe.Window.Is(large.Window))}, room); err != nil {
		t.Errorf("in windows of %d, which were proposed: %v", large.Window, err)
	}
	if _, err := plan(t, recipe.Script{Recipe: r.With(recipe.Mirror.Is("x"))}, room); !errors.As(err, &large) || large.Window != 0 {
		t.Errorf("a mirrored picture: %v", err)
	}
}
