package guide

import (
	"context"
	"slices"
	"testing"

	"reverie/gpu/ops"
	"reverie/recipe"
	"reverie/recipe/preset"
)

// Where the edges meet no place is special: tokens that are moved around them give the picture that is moved. And halves are mirror images.
func TestTilesAndMirrors(t *testing.T) {
	ctx, m := context.Background(), model
	const h, w, side = 3, 4, 8
	var tokens []uint16
	for i := range h * w {
		tokens = append(tokens, uint16(97*i%1024))
	}
	look := func(how Drawing, tokens []uint16) Picture {
		p, err := m.Look(ctx, h, w, false, how, tokens)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	// furthest is the largest difference between two pictures of which the second is looked up elsewhere.
	furthest := func(a, b Picture, place func(x, y int) (int, int)) (most int) {
		for y := range a.Height {
			for x := range a.Width {
				u, v := place(x, y)
				for c := range 3 {
					d := int(a.Pix[4*(y*a.Width+x)+c]) - int(b.Pix[4*(v*a.Width+u)+c])
					most = max(most, d, -d)
				}
			}
		}
		return most
	}
	moved := slices.Concat(tokens[w:], tokens[:w]) // one row up
	for i := 0; i < len(moved); i += w {           // and one column to the left
		copy(moved[i:i+w], slices.Concat(moved[i+1:i+w], moved[i:i+1]))
	}
	around := func(x, y int) (int, int) { return (x + side) % (w * side), (y + side) % (h * side) }
	both := ops.Axes{X: true, Y: true}
	if d := furthest(look(Drawing{Tile: both}, moved), look(Drawing{Tile: both}, tokens), around); d > 1 {
		t.Errorf("a tile that is moved around its edges differs by %d", d)
	}
	if d := furthest(look(Drawing{}, moved), look(Drawing{}, tokens), around); d < 20 {
		t.Errorf("a picture with edges differs by %d only: the test cannot tell", d)
	}
	p := look(Drawing{Mirror: both}, tokens)
	if d := furthest(p, p, func(x, y int) (int, int) { return p.Width - 1 - x, p.Height - 1 - y }); d > 0 {
		t.Errorf("mirror images differ by %d", d)
	}
}

// A tiled and mirrored run is what its tokens show, and goes on after an interruption.
func TestTiledRun(t *testing.T) {
	ctx := context.Background()
	c := config(small("a red apple", preset.Upd, 7, recipe.Tile.Is("both"), recipe.Mirror.Is("x"), recipe.Regions.Is([]recipe.Region{{Prompt: 0, Mask: left}})))
	var before, want, got trace
	s := open(t, c)
	before.goOn(t, s, 2)
	before.end(t, s)
	want.goOn(t, s, 4)
	want.end(t, s)
	var tokens []uint16
	for _, code := range want.state.Tokens {
		tokens = append(tokens, uint16(code))
	}
	if p, err := s.Look(ctx, tokens); err != nil || !slices.Equal(p.Pix, want.picture) {
		t.Errorf("the run looks at another picture (%v)", err)
	}
	s.Close()
	s = reopen(t, c, before.state)
	got.goOn(t, s, 4)
	got.end(t, s)
	s.Close()
	got.same(t, "interrupted", want)
}
