package ui

import (
	"slices"
	"testing"

	"reverie/app/gallery"
	"reverie/recipe"
)

// Steps of a picture that goes from coarse to fine have tokens of several sizes: each is looked at and departed from in its own, and with a picture stay
// those of its size.
func TestStepsOfACoarseRun(t *testing.T) {
	p := past{script: recipe.Script{Recipe: recipe.New(recipe.Steps.Is(9), recipe.Coarse.Is("2 4"))}, columns: 5, rows: 3}
	codes := func(n int) []byte { return slices.Repeat([]byte{7, 0}, n) }
	for step, n := range []int{2, 2, 6, 6, 15, 15} { // 2×1, 3×2 and 5×3 tokens
		p.history.Add(step, codes(n))
	}
	s := &State{}
	for step, want := range [][2]int{{2, 1}, {2, 1}, {3, 2}, {3, 2}, {5, 3}, {5, 3}} {
		tokens, _, _ := p.history.At(step)
		if m := s.question(p, step, tokens, ""); m.Width != want[0] || m.Height != want[1] {
			t.Errorf("step %d is asked for as %d×%d tokens, want %v", step, m.Width, m.Height, want)
		}
		fork, ok := p.fork(step)
		if from := recipe.StartTokens.In(fork.Recipe); !ok || from.Columns != want[0] || from.Rows != want[1] {
			t.Errorf("a fork after step %d begins with %d×%d tokens, want %v", step, from.Columns, from.Rows, want)
		}
	}
	for until, want := range map[int][]int{1: {0, 1}, 3: {2, 3}, 5: {4, 5}} {
		kept, err := gallery.UnpackSteps(p.pack(until))
		var got []int
		for _, one := range kept.List {
			got = append(got, one.Number)
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("with the picture after step %d stay steps %v, want %v (%v)", until, got, want, err)
		}
		back := keptPast(p.script, kept)
		if tokens, _, _ := back.history.At(until); back.grid(tokens).Columns != kept.Columns {
			t.Errorf("what stays after step %d comes back as %d columns, want %d", until, back.grid(tokens).Columns, kept.Columns)
		}
	}
}

// Small runs are as small as they are from their beginning; the one that goes on large goes from coarse to fine as the form says.
func TestFourSeedsOfACoarseRun(t *testing.T) {
	s := idle(t)
	write(s, recipe.Steps, "200")
	write(s, recipe.Coarse, "150")
	for _, r := range fourOf(t, s) {
		if got := recipe.Coarse.In(r); got != "" {
			t.Errorf("a small run is enlarged after %q", got)
		}
	}
	m, ok := s.GoOnLarge(1, "/weights/")
	if r := runOf(t, s, m, ok); recipe.Coarse.In(r) != "150" || recipe.Steps.In(r) != 200 || text(s, recipe.Coarse) != "150" {
		t.Errorf("on goes %+v, and the form says %q", r, text(s, recipe.Coarse))
	}
}
