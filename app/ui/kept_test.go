package ui

import (
	"reflect"
	"strings"
	"testing"

	"reverie/app/protocol"
	"reverie/recipe"
)

// What was typed is there in the next visit, half-typed numbers and all, and its pictures once they are read.
func TestFormIsKept(t *testing.T) {
	s := idle(t)
	write(s, recipe.Width, "many")
	write(s, recipe.Seed, "5476245293527641887")
	write(s, recipe.Preset, "zq")
	write(s, recipe.Model, "other")
	s.Images = []ImagePrompt{{Name: "i.png", Weight: "much", Stop: "0.5", Picture: pixel(1)}, {Name: "j.png", Later: true, Picture: pixel(2)}}
	s.Start = &Opened{"s.png", *pixel(3)}
	s.Changes = []recipe.Change{{Step: 5, Set: recipe.Settings{recipe.Cutouts.Is(3)}}}
	kept := s.FormText("#p=x")

	later := NewState()
	if fragment := later.RestoreForm(kept); fragment != "#p=x" {
		t.Errorf("the fragment is %q", fragment)
	}
	if again := later.FormText("#p=x"); again != kept {
		t.Errorf("before the pictures are read it is kept as %s, want %s", again, kept)
	}
	later.RestorePictures(s.Start, s.pictures())
	if !reflect.DeepEqual(later.Draft, s.Draft) || len(later.Notices) > 0 {
		t.Errorf("restored: %+v, want %+v; notices %q", later.Draft, s.Draft, later.Notices)
	}
}

func TestLockIsKept(t *testing.T) {
	for _, lock := range []bool{true, false} {
		s := idle(t)
		write(s, recipe.Seed, "7")
		s.LockSeed(lock)
		later := NewState()
		later.RestoreForm(s.FormText(""))
		if later.Form.Locked != lock || text(&later, recipe.Seed) != "7" {
			t.Errorf("locked %t became %t with %q", lock, later.Form.Locked, text(&later, recipe.Seed))
		}
	}
}

func TestWhatIsKeptMayBeOld(t *testing.T) {
	for name, text := range map[string]string{"nothing": "", "no JSON": "{", "another kind": `{"texts":3}`} {
		s := NewState()
		if s.RestoreForm(text); !reflect.DeepEqual(s.Draft, Draft{}) {
			t.Errorf("%s: %+v", name, s.Draft)
		}
	}
	s := NewState()
	s.RestoreForm(`{"texts":{"prompt":"x","gone":"1","preset":"none","steps":"9"},"script":{"version":2,"recipe":{},"changes":[{"step":3,"set":{"gone":1,"cutouts":2}}]}}`)
	if text(&s, recipe.Prompt) != "x" || text(&s, recipe.Steps) != "9" || text(&s, recipe.Preset) != "upd" || len(s.Changes) != 1 || len(s.Changes[0].Set) != 1 {
		t.Errorf("got %+v", s.Draft)
	}
}

// A picture that the browser has lost is asked for.
func TestPicturesThatAreLost(t *testing.T) {
	s := idle(t)
	s.Start = &Opened{"s.png", *pixel(3)}
	s.Images = []ImagePrompt{{Name: "i.png", Weight: "1", Picture: pixel(1)}}
	later := idle(t)
	later.RestoreForm(s.FormText(""))
	later.RestorePictures(nil, nil)
	if len(later.Notices) != 1 || !strings.Contains(later.Notices[0], `"s.png"`) {
		t.Errorf("notices %q", later.Notices)
	}
	if _, ok := later.PressStart("/"); ok || !strings.Contains(later.Problem, `"i.png"`) {
		t.Errorf("started %t, problem %q", ok, later.Problem)
	}
}

func TestRunIsKept(t *testing.T) {
	s := idle(t)
	s.Start = &Opened{"s.png", *pixel(4)}
	m, _ := s.PressStart("/")
	if _, due := s.TakeKept(); due {
		t.Error("nothing has begun")
	}
	s.Receive(protocol.Loaded{Model: "mini", Title: "Mini", Factor: 8}, start)
	s.Receive(protocol.Started{Script: m.(protocol.Start).Script}, start)
	taken := func(what string) keptRun {
		t.Helper()
		kept, due := s.TakeKept()
		if !due || kept == nil {
			t.Fatalf("%s: nothing is to be kept", what)
		}
		if _, due := s.TakeKept(); due {
			t.Errorf("%s: it is to be kept twice", what)
		}
		return *kept
	}
	if kept := taken("started"); kept.run.saved.State != nil || kept.run.start != s.Start || kept.run.loaded.Title != "Mini" {
		t.Errorf("kept %+v", kept)
	}
	step(s, 1, 1, pixel(1))
	if _, due := s.TakeKept(); due {
		t.Error("a step is to be kept")
	}
	saves(s, 1, "z")
	if kept := taken("saved"); kept.run.saved.Step != 1 || string(kept.run.saved.State) != "z" || kept.shown.Pix[0] != 1 || kept.shownAt != 0 {
		t.Errorf("kept %+v", kept)
	}
	write(s, recipe.Prompt, "b")
	takes(s, sends(t, s), 1)
	if kept := taken("changed"); recipe.Prompt.In(kept.run.Script.At(1)) != "b" {
		t.Errorf("kept %+v", kept.run.Script)
	}
	s.Receive(protocol.Done{Step: 150, Picture: pixel(9)}, start)
	if kept := taken("done"); !kept.run.done || kept.shown.Pix[0] != 9 {
		t.Errorf("kept %+v", kept)
	}
}

// restored is a page in which a run of 150 steps is found that was saved after 40.
func restored(t *testing.T, done bool) *State {
	t.Helper()
	script := recipe.Script{Recipe: recipe.New(recipe.Prompt.Is("a blue heart"), recipe.Seed.Is(9)).Suggest(recipe.Recipe{})}
	s := idle(t)
	s.Status = "Ready."
	s.RestoreRun(keptRun{
		run:   Run{Script: script, Step: 40, Ended: true, cut: !done, done: done, saved: saved{40, []byte("z")}, loaded: protocol.Loaded{Model: "mini", Factor: 8}},
		shown: pixel(5), shownAt: 39,
	})
	return s
}

func TestRestoredRunIsOffered(t *testing.T) {
	s := restored(t, false)
	if at, ok := s.Resumable(); !ok || at != 40 || s.Status != "Ready. A run can be resumed from step 40." {
		t.Errorf("resumable from %d, %t; status %q", at, ok, s.Status)
	}
	if s.Shown.Pix[0] != 5 || s.ShownAt != 39 || s.ShownRun != s.Run || s.PreviewName() != "Step 40 of 150: a blue heart" {
		t.Errorf("shown after %d steps: %q", s.ShownAt, s.PreviewName())
	}
	m, ok := s.PressResumeRun("/")
	if !ok {
		t.Fatal(s.Problem)
	}
	if got := m.(protocol.Start); string(got.State.Data) != "z" || recipe.Prompt.In(got.Script.Recipe) != "a blue heart" {
		t.Errorf("it goes on with %+v", got)
	}
	if text(s, recipe.Prompt) != "a blue heart" || text(s, recipe.Seed) != "9" || s.UndoText() == "" {
		t.Errorf("the form says %q and %q; %q", text(s, recipe.Prompt), text(s, recipe.Seed), s.UndoText())
	}
}

// A run that is done is not offered, but its picture is there, and it can be continued with what the form says.
func TestDoneRunIsRestored(t *testing.T) {
	s := restored(t, true)
	if _, ok := s.Resumable(); ok || s.Shown == nil || s.Status != "Ready." {
		t.Errorf("resumable %t, status %q", ok, s.Status)
	}
	m, ok := s.PressContinue("/")
	if !ok {
		t.Fatal(s.Problem)
	}
	if r := m.(protocol.Start).Script.At(40); recipe.Steps.In(r) != 190 || recipe.Prompt.In(r) != "a red apple" { // as the form says
		t.Errorf("it goes on with %+v", r)
	}
}

// What the form has said all along does not undo what the run's script has changed.
func TestRestoredRunKeepsItsChanges(t *testing.T) {
	s := idle(t)
	script := recipe.Script{Recipe: recipe.New(recipe.Prompt.Is("a red apple"), recipe.Seed.Is(9)).Suggest(recipe.Recipe{})}.With(10, recipe.Prompt.Is("b"))
	s.RestoreRun(keptRun{run: Run{Script: script, Step: 40, Ended: true, done: true, saved: saved{40, []byte("z")}, loaded: protocol.Loaded{Model: "mini", Factor: 8}}})
	m, ok := s.PressContinue("/")
	if !ok {
		t.Fatal(s.Problem)
	}
	if got := recipe.Prompt.In(m.(protocol.Start).Script.At(40)); got != "b" {
		t.Errorf("it goes on with %q", got)
	}
}

func TestRunUnderWayIsNotReplaced(t *testing.T) {
	s := running(t, 10)
	s.RestoreRun(keptRun{run: Run{cut: true}})
	if s.Run.Prompt() != "a red apple" || s.Phase != Running {
		t.Errorf("the run is %+v", s.Run)
	}
	s = ended(t)
	s.RestoreRun(keptRun{run: Run{cut: true}})
	if s.Run.Prompt() != "a red apple" {
		t.Errorf("the run is %+v", s.Run)
	}
	s = idle(t)
	s.PressStart("/")
	s.RestoreRun(keptRun{run: Run{cut: true}})
	if s.Run != nil {
		t.Error("a run that begins is replaced")
	}
}

func TestKeepFailureIsToldOnce(t *testing.T) {
	s := running(t, 10)
	s.KeepFailed()
	s.KeepFailed()
	if len(s.Run.Notices) != 1 || !strings.Contains(s.Run.Notices[0], "download its picture") || s.Phase != Running {
		t.Errorf("notices %q", s.Run.Notices)
	}
}

func TestHiding(t *testing.T) {
	s := idle(t)
	if m, ok := s.Hide(); ok {
		t.Errorf("at rest %v is asked", m)
	}
	s = running(t, 10)
	if m, ok := s.Hide(); !ok || m != (protocol.Save{}) {
		t.Errorf("got %v, %t", m, ok)
	}
}
