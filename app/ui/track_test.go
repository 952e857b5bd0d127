package ui

import (
	"strings"
	"testing"

	"reverie/app/protocol"
	"reverie/recipe"
)

// A curve ends at the present step, and is thinned when it is long; the greatest loss is at the top.
func TestTrackPoints(t *testing.T) {
	for _, c := range []struct {
		step, steps int
		losses      []float64
		want        string
	}{
		{0, 10, nil, ""},
		{1, 10, []float64{1}, ""},
		{3, 6, []float64{3, 1, 2}, "0.0,3.0 60.0,41.0 120.0,22.0"},
		{3, 0, []float64{3, 1, 2}, "0.0,3.0 120.0,41.0 240.0,22.0"}, // without an end
		{10, 10, []float64{2, 1}, "192.0,3.0 240.0,41.0"},           // of a prompt that came later
	} {
		tr := track{Step: c.step, Steps: c.steps, Curves: []curve{{"a", c.losses}}}
		if got := tr.points(tr.Curves[0]); got != c.want {
			t.Errorf("step %d of %d: %q, want %q", c.step, c.steps, got, c.want)
		}
	}
	long := make([]float64, 1001)
	for i := range long {
		long[i] = float64(i)
	}
	tr := track{Step: 1001, Steps: 1001, Curves: []curve{{"a", long}}}
	if points := strings.Fields(tr.points(tr.Curves[0])); len(points) != trackPoints {
		t.Errorf("a long history has %d points", len(points))
	}
}

// Each prompt has a curve of its own, with its name, from the step on from which it pulls; pulls that are no prompts come first and have none.
func TestTrackOfARun(t *testing.T) {
	r := &Run{Script: recipe.Script{Recipe: recipe.New(recipe.Prompt.Is("a star"), recipe.Steps.Is(10))}}
	r.step(protocol.Step{Step: 1, Loss: 1, Losses: []float64{0.1, 0.9}}, start)
	r.step(protocol.Step{Step: 2, Loss: 0.9, Losses: []float64{0.1, 0.8}}, start)
	if tr := newTrack(r, true); len(tr.Curves) != 1 || tr.Curves[0].Losses[1] != 0.9 || len(tr.Marks) != 0 {
		t.Errorf("of one prompt: %+v", tr)
	}
	r.Script = r.Script.With(2, recipe.Prompt.Is("a star | fog:0.5"))
	r.step(protocol.Step{Step: 3, Loss: 1.2, Losses: []float64{0.1, 0.8, 0.3}}, start)
	tr := newTrack(r, true)
	if len(tr.Curves) != 2 || tr.Curves[0].Name != "a star" || tr.Curves[1].Name != "fog" || tr.Curves[1].Losses[0] != 0.3 || tr.Curves[0].Losses[0] != 0.8 {
		t.Errorf("of two prompts: %+v", tr.Curves)
	}
	if len(tr.Marks) != 1 || tr.Marks[0] != (mark{2, "From step 3 on: prompt"}) {
		t.Errorf("marks: %+v", tr.Marks)
	}
}
