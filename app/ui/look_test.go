package ui

import (
	"strings"
	"testing"

	"reverie/app/protocol"
	"reverie/recipe"
	"reverie/recipe/prompt"
)

// told is a run after four steps, each of which has told its tokens: of 2×1 codes, the first is the number of updates.
func told(t *testing.T) *State {
	t.Helper()
	s := running(t, 9)
	s.Run.Script.Recipe = s.Run.Script.Recipe.With(recipe.Width.Is(16), recipe.Height.Is(8))
	for n := 1; n <= 4; n++ {
		s.Receive(protocol.Step{Step: n, Loss: 1, Tokens: &protocol.Bytes{Data: []byte{byte(n - 1), 0, 7, 1}}, Picture: pixel(byte(n))}, start)
	}
	return s
}

func TestLookBack(t *testing.T) {
	s := told(t)
	if first, last, ok := s.Reach(); first != 0 || last != 3 || !ok {
		t.Fatalf("steps %d to %d can be looked at (%t)", first, last, ok)
	}
	m, ok := s.LookAt(1, "/weights/")
	look, _ := m.(protocol.Look)
	if !ok || look.Model != "mini" || look.Width != 2 || look.Height != 1 || look.Half || look.Tokens.Data[0] != 1 || look.Base != "/weights/" {
		t.Fatalf("it asks for %+v (%t)", m, ok)
	}
	if picture, _, at := s.Visible(); picture.Pix[0] != 4 || at != 3 {
		t.Errorf("until the picture comes, step %d is shown", at)
	}
	m2, _ := s.LookAt(2, "/weights/")
	s.Receive(protocol.Looked{ID: look.ID, Picture: pixel(91)}, start)
	if picture, _, _ := s.Visible(); picture.Pix[0] != 4 {
		t.Error("an answer to an older question is shown")
	}
	s.Receive(protocol.Looked{ID: m2.(protocol.Look).ID, Picture: pixel(92)}, start)
	if picture, run, at := s.Visible(); picture.Pix[0] != 92 || run != s.Run || at != 2 {
		t.Errorf("step %d is shown, %v", at, picture)
	}
	if got := s.PreviewName(); got != "Step 2 of 9, looking back: a red apple" {
		t.Errorf("the picture is called %q", got)
	}
	// The run goes on unseen, and is there again at the last step.
	s.Receive(protocol.Step{Step: 5, Loss: 1, Tokens: &protocol.Bytes{Data: []byte{4, 0, 7, 1}}, Picture: pixel(5)}, start)
	if picture, _, at := s.Visible(); picture.Pix[0] != 92 || at != 2 {
		t.Errorf("with another step %d is shown", at)
	}
	if m, ok := s.LookAt(4, "/weights/"); ok {
		t.Errorf("at the last step it asks for %+v", m)
	}
	if picture, _, at := s.Visible(); picture.Pix[0] != 5 || at != 4 || s.PreviewName() != "Step 5 of 9: a red apple" {
		t.Errorf("at the last step %d is shown as %q", at, s.PreviewName())
	}
}

// Step by step one looks back as far as the run is kept, and forward until the look ends.
func TestLookAlong(t *testing.T) {
	s := told(t)
	for i, want := range []struct {
		by, at int
		on     bool
	}{{1, 0, false}, {-1, 2, true}, {-1, 1, true}, {-1, 0, true}, {-1, 0, true}, {1, 1, true}, {1, 2, true}, {1, 0, false}} {
		s.LookAlong(want.by, "/weights/")
		if s.look.on != want.on || s.look.step != want.at {
			t.Errorf("key %d leads to step %d (%t), want %d (%t)", i, s.look.step, s.look.on, want.at, want.on)
		}
	}
}

func TestLookThatFails(t *testing.T) {
	s := told(t)
	m, _ := s.LookAt(1, "/weights/")
	s.Receive(protocol.Looked{ID: m.(protocol.Look).ID, Problem: "There is no room."}, start)
	if picture, _, at := s.Visible(); picture.Pix[0] != 4 || at != 3 || s.Status != "There is no room." || s.CanFork() {
		t.Errorf("step %d is shown, and the page says %q", at, s.Status)
	}
}

// A fork has the tokens of its step and the steps that were left.
func TestFork(t *testing.T) {
	s := told(t)
	if s.CanFork() {
		t.Error("a fork is offered where nobody looks back")
	}
	m, _ := s.LookAt(2, "/weights/")
	s.Receive(protocol.Looked{ID: m.(protocol.Look).ID, Picture: pixel(92)}, start)
	s.PressStop()
	if s.CanFork() {
		t.Error("a fork is offered while the run ends")
	}
	s.Receive(protocol.Stopped{Step: 4, Picture: pixel(4)}, start)
	s.PressFork()
	started, ok := s.PressStart("/weights/")
	if !ok {
		t.Fatalf("Start does nothing: %s", s.Problem)
	}
	r := started.(protocol.Start).Script.Recipe
	if got := recipe.StartTokens.In(r); got.Columns != 2 || got.Rows != 1 || got.Codes[0] != 2 || got.Codes[1] != 263 {
		t.Errorf("it starts from %+v", got)
	}
	if recipe.Steps.In(r) != 7 || recipe.Prompt.In(r) != "a red apple" {
		t.Errorf("it takes %+v", r)
	}
}

// A fork of a run under way ends that run, whose picture is kept, and begins by itself; the run under way takes nothing of it.
func TestForkUnderWay(t *testing.T) {
	s := told(t)
	m, _ := s.LookAt(2, "/weights/")
	s.Receive(protocol.Looked{ID: m.(protocol.Look).ID, Picture: pixel(92)}, start)
	if m, ok := s.PressFork(); !ok || m != (protocol.Stop{}) {
		t.Fatalf("it sends %+v", m)
	}
	if m, ok := s.Change(); ok {
		t.Errorf("the run under way is told %+v", m)
	}
	s.Receive(protocol.Stopped{Step: 4, Picture: pixel(4)}, start)
	if kept := s.takeFinished(); kept == nil || kept.step != 4 || kept.picture.Pix[0] != 4 {
		t.Errorf("of the run that ended %+v is kept", kept)
	}
	started, ok := s.FollowUp("/weights/")
	if !ok {
		t.Fatalf("the fork does not begin: %s", s.Problem)
	}
	if r := started.(protocol.Start).Script.Recipe; recipe.StartTokens.In(r).Codes[0] != 2 || recipe.Steps.In(r) != 7 {
		t.Errorf("it takes %+v", r)
	}
}

// A fork that cannot run leaves the run under way, and the form, alone.
func TestForkThatCannotRun(t *testing.T) {
	s := told(t)
	s.Run.Script.Recipe = s.Run.Script.Recipe.With(recipe.ImagePrompts.Is([]prompt.Image{{Name: "sea.png", Weight: 1, Stop: prompt.NoStop}}))
	m, _ := s.LookAt(2, "/weights/")
	s.Receive(protocol.Looked{ID: m.(protocol.Look).ID, Picture: pixel(92)}, start)
	before := s.Draft
	if m, ok := s.PressFork(); ok || s.Phase != Running || !strings.Contains(s.Problem, "sea.png") || len(s.Draft.differ(before)) > 0 {
		t.Errorf("it sends %+v in phase %d and says %q", m, s.Phase, s.Problem)
	}
}

// A run that begins anew is not looked back over with what was kept of another one.
func TestNoLookAcrossRuns(t *testing.T) {
	s := told(t)
	m, _ := s.LookAt(2, "/weights/")
	s.Receive(protocol.Looked{ID: m.(protocol.Look).ID, Picture: pixel(92)}, start)
	s.Receive(protocol.Done{Step: 4, Picture: pixel(4)}, start)
	s.PressStart("/weights/")
	s.Receive(protocol.Started{Script: s.Run.Script}, start)
	if _, _, ok := s.Reach(); ok || s.look.on {
		t.Error("the earlier run can still be looked at")
	}
}

// A run that was saved and goes on can be looked back over from its beginning, in its own precision.
func TestLookBackOverAContinuedRun(t *testing.T) {
	s := told(t)
	s.Run.Script.Recipe = s.Run.Script.Recipe.With(recipe.Precision.Is("half"))
	s.Receive(protocol.Saved{Step: 4, Script: s.Run.Script, State: &protocol.Bytes{Data: []byte{1}}, Tokens: &protocol.Bytes{Data: []byte{4, 0, 7, 1}}}, start)
	if _, last, _ := s.Reach(); last != 4 {
		t.Errorf("what was saved after step 4 makes %d the last", last)
	}
	s.Receive(protocol.Done{Step: 4, Picture: pixel(4)}, start)
	if _, ok := s.PressContinue("/weights/"); !ok {
		t.Fatalf("Continue does nothing: %s", s.Problem)
	}
	s.Receive(protocol.Started{Script: s.Run.Script, Step: 4}, start)
	if first, last, ok := s.Reach(); first != 0 || last != 4 || !ok {
		t.Errorf("once it goes on, steps %d to %d can be looked at (%t)", first, last, ok)
	}
	if m, _ := s.LookAt(1, "/weights/"); !m.(protocol.Look).Half {
		t.Error("the picture of a run in half precision is asked for in full")
	}
}

// The picture of a step is drawn as the run drew it.
func TestLookBackDrawsAlike(t *testing.T) {
	s := told(t)
	s.Run.Script.Recipe = s.Run.Script.Recipe.With(recipe.Tile.Is("x"), recipe.Mirror.Is("y"), recipe.Transparent.Is("fffff0"))
	m, _ := s.LookAt(1, "/weights/")
	if look, _ := m.(protocol.Look); look.Tile != "x" || look.Mirror != "y" || look.Clear != "fffff0" {
		t.Errorf("it asks for %+v", m)
	}
}

// Arrows are the page's only where there is a way back, and only where single keys do something.
func TestArrowsAreWanted(t *testing.T) {
	p := NewPage()
	p.state = *idle(t)
	if p.wantsKey("ArrowLeft") {
		t.Error("arrows are taken where there is no way back")
	}
	p.state = *told(t)
	if !p.wantsKey("ArrowLeft") || !p.wantsKey("ArrowRight") {
		t.Error("arrows are not taken over a run")
	}
	p.keysOff = true
	if p.wantsKey("ArrowLeft") {
		t.Error("arrows are taken though single keys are off")
	}
}
