package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"reverie/app/protocol"
	"reverie/recipe"
)

// inside is an answer of 2×1 tokens with two cutouts, about the update after so many steps.
func inside(id, step int) protocol.Inspected {
	return protocol.Inspected{ID: id, Step: step, Picture: &protocol.Picture{Width: 16, Height: 8, Pix: make([]byte, 4*16*8)},
		Tokens: &protocol.Bytes{Data: []byte{byte(step), 0, 7, 1}}, Codes: 1024, Boxes: []protocol.Box{{W: 8, H: 8}, {X: 8, W: 4, H: 4}},
		Cutouts: &protocol.Picture{Width: 1, Height: 2, Pix: []byte{1, 1, 1, 255, 2, 2, 2, 255}}, Embeddings: &protocol.Bytes{Data: []byte{127, 0, 1, 2, 129, 0}}, Length: 2,
		Scores: [][]float64{{0.5, 0.75}}, Weights: []float64{2}, Losses: []float64{1.25}, Pull: &protocol.Norms{Columns: 2, Values: &protocol.Bytes{Data: []byte{0, 255}}, Most: 3, Total: 3},
		Move: &protocol.Norms{Columns: 2, Values: &protocol.Bytes{Data: []byte{255, 0}}, Most: 1, Total: 1}, Reach: 200}
}

// The engine is asked only while the walk is open, one question at a time and not too often, and once where a run is paused.
func TestInsideIsAskedFor(t *testing.T) {
	s := told(t)
	asks := func(after time.Duration) int {
		m, ok := s.AskInside(start.Add(after))
		if !ok {
			return 0
		}
		return m.(protocol.Inspect).ID
	}
	if id := asks(0); id != 0 {
		t.Errorf("while it is closed question %d is asked", id)
	}
	s.OpenInside(true)
	if id := asks(0); id != 1 {
		t.Fatalf("question %d is asked, want 1", id)
	}
	if id := asks(time.Hour); id != 0 {
		t.Error("it asks again before there is an answer")
	}
	s.Receive(inside(1, 4), start)
	if s.Inside() == nil || s.insideWhere() != "Step 5, live" {
		t.Errorf("the answer is not taken: %q", s.insideWhere())
	}
	if id := asks(insideInterval / 2); id != 0 {
		t.Error("it asks again too soon")
	}
	if id := asks(insideInterval); id != 2 {
		t.Errorf("question %d is asked, want 2", id)
	}
	s.Receive(inside(1, 9), start)
	if s.Inside().Step != 4 {
		t.Error("an answer to another question is taken")
	}
	s.Receive(inside(2, 3), start)
	s.PressPause()
	if id := asks(time.Hour); id != 0 {
		t.Error("it asks while the run is on its way to a pause")
	}
	s.Receive(protocol.Paused{Step: 4, Picture: pixel(4)}, start)
	if id := asks(time.Hour); id != 3 {
		t.Errorf("paused, it asks question %d, want 3", id)
	}
	coming := inside(3, 4)
	coming.Coming = true
	s.Receive(coming, start)
	if id := asks(2 * time.Hour); id != 0 || s.insideWhere() != "Step 5, as it is about to be made" {
		t.Errorf("paused, it asks question %d about what it knows: %q", id, s.insideWhere())
	}
	s.OpenInside(false)
	s.PressResume()
	if id := asks(3 * time.Hour); id != 0 {
		t.Errorf("closed again, it asks question %d", id)
	}
}

// What was asked of a run that has ended is not waited for, its last inside stays, and another run begins without one.
func TestInsideOfAnotherRun(t *testing.T) {
	s := told(t)
	if got := idle(t).insideWhere(); got != insideNoRun {
		t.Errorf("without a run it says %q", got)
	}
	s.OpenInside(true)
	if got := s.insideWhere(); got != insideSoon {
		t.Errorf("before an answer it says %q", got)
	}
	s.AskInside(start)
	s.Receive(inside(1, 3), start)
	s.AskInside(start.Add(time.Hour))
	s.Receive(protocol.Done{Step: 4, Picture: pixel(4)}, start)
	if s.Inside() == nil || s.insideWhere() != "Step 4" {
		t.Errorf("after the end it says %q", s.insideWhere())
	}
	s.PressStart("/weights/")
	s.Receive(protocol.Started{Script: s.Run.Script}, start)
	if s.Inside() != nil {
		t.Error("another run shows the inside of the one before")
	}
	m, ok := s.AskInside(start.Add(2 * time.Hour))
	if !ok {
		t.Fatal("what the run before did not answer keeps it from asking")
	}
	s.Receive(protocol.Inspected{ID: m.(protocol.Inspect).ID, Problem: "There is no room."}, start)
	if s.insideWhere() != "There is no room." {
		t.Errorf("a problem is told as %q", s.insideWhere())
	}
}

// Every station has numbers of its own, and its text, which is short, leads to the glossary.
func TestStations(t *testing.T) {
	s := told(t)
	s.OpenInside(true)
	s.AskInside(start)
	s.Receive(inside(1, 3), start)
	want := [][]string{
		{"2 × 1 tokens", "2 of 1024 codes in use", "1 changed since the step before"},
		{"2 tokens", "16 × 8 pixels", "each token paints about 8 × 8"},
		{"2 cutouts", "from 4 to 8 pixels wide"},
		{"2 cutouts", "2 numbers each"},
		{"a red apple: 0.625 × weight 2 = 1.2500"},
		{"the gradient's norm at the picture is 3"},
		{"adam, learning rate 0.1", "z moved by 1, 0.5 % of its length 200"},
	}
	for i, st := range stations {
		s.GoTo(i)
		if got := s.facts(s.Inside()); !slices.Equal(got, want[i]) {
			t.Errorf("%s tells %q, want %q", st.ID, got, want[i])
		}
		if n := strings.Count(st.Text, ". ") + 1; n < 2 || n > 4 {
			t.Errorf("%s is told in %d sentences", st.ID, n)
		}
		if !slices.ContainsFunc(pieces(st.Text), func(p piece) bool { return p.Term != "" }) {
			t.Errorf("%s has no term", st.ID)
		}
		if s.insidePictures()[map[string]string{"latent": insideMapID, "clip": insideStripesID + "1", "backward": insideGlowID, "adam": insideGlowID}[st.ID]] == nil &&
			st.ID != "decoder" && st.ID != "cutouts" && st.ID != "distance" {
			t.Errorf("%s draws %v", st.ID, s.insidePictures())
		}
	}
	s.GoTo(len(stations))
	if s.Station().ID != "latent" {
		t.Error("after the last station comes another than the first")
	}
}

// The pictures are made of the data: a cutout is its own, a frame marks what changed, light is where the norms are, and signs have colours.
func TestInsideIsDrawn(t *testing.T) {
	in := inside(1, 3)
	if got := cutout(in.Cutouts, 1); got.Width != 1 || got.Height != 1 || got.Pix[0] != 2 {
		t.Errorf("the second cutout is %+v", got)
	}
	m := tokenMap([]uint16{5, 5, 6}, []uint16{5, 4, 6}, 3)
	at := func(x, y int) []byte { return m.Pix[4*(y*m.Width+x):][:4] }
	if m.Width != 3*tokenSide || m.Height != tokenSide || !slices.Equal(at(2, 2), at(tokenSide+2, 2)) || slices.Equal(at(2, 2), at(2*tokenSide+2, 2)) {
		t.Errorf("codes have the colours %v, %v and %v", at(2, 2), at(tokenSide+2, 2), at(2*tokenSide+2, 2))
	}
	if !slices.Equal(at(tokenSide, 0), []byte{255, 255, 255, 255}) || !slices.Equal(at(0, 0), at(2, 2)) {
		t.Errorf("the frames are %v of what changed, %v of what did not", at(tokenSide, 0), at(0, 0))
	}
	if g := glow(in.Pull); g.Width != 2 || g.Height != 1 || g.Pix[3] != 0 || g.Pix[7] != 255 {
		t.Errorf("the light is %+v", g)
	}
	if st := stripes([]byte{127, 0, 129}); st.Pix[3] != 255 || st.Pix[7] != 0 || st.Pix[11] != 255 || st.Pix[0] < st.Pix[2] || st.Pix[8] > st.Pix[10] {
		t.Errorf("the stripes are %v", st.Pix)
	}
	if row := embedding(&in, 2); !slices.Equal(row, []byte{129, 0}) {
		t.Errorf("the last row is %v", row)
	}
}

// Settings whose label is a term of the field have a plain name beside it.
func TestSettingsHavePlainNames(t *testing.T) {
	for _, o := range []*recipe.Option{recipe.Cutouts.Option, recipe.Preset.Option, recipe.Augment.Option, recipe.Optimizer.Option, recipe.PhaseBlend.Option} {
		if !slices.ContainsFunc(settingNames, func(e explained) bool { return e.Option == o && e.Plain != "" }) {
			t.Errorf("%s has no plain name", o.Name)
		}
	}
	for _, o := range recipe.Options() {
		words, _ := o.Kind.(recipe.Choice)
		for _, w := range words {
			if slices.Contains([]string{"upd", "zq", "pool", "moves", "nerdyrodent"}, strings.TrimRight(strings.Fields(w.Label)[0], ":")) {
				t.Errorf("%s says %q: plain words come first", o.Name, w.Label)
			}
		}
	}
}
