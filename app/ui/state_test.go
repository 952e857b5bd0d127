package ui

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"reverie/app/protocol"
	"reverie/recipe"
	"reverie/recipe/prompt"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func pixel(v byte) *protocol.Picture {
	return &protocol.Picture{Width: 1, Height: 1, Pix: []byte{v, v, v, 255}}
}

// idle is a page whose engine is ready.
func idle(t *testing.T) *State {
	t.Helper()
	s := NewState()
	s.SetModels([]Model{{Name: "mini", Title: "Mini", Factor: 8, Bytes: 9e6}})
	s.Receive(protocol.Ready{Adapter: "test"}, start)
	write(&s, recipe.Prompt, "a red apple")
	return &s
}

// write types a text into an option's field.
func write[T any](s *State, o recipe.Of[T], text string) { s.Edit(o.Option, text) }

// text is what stands in an option's field.
func text[T any](s *State, o recipe.Of[T]) string { return s.Form.Text(o.Option) }

// running is a page with a run of that many steps, of which none is made.
func running(t *testing.T, steps int) *State {
	t.Helper()
	s := idle(t)
	m, ok := s.PressStart("/weights/")
	if !ok {
		t.Fatalf("Start does nothing: %s", s.Problem)
	}
	script := m.(protocol.Start).Script
	script.Recipe = script.Recipe.Suggest(recipe.Recipe{}).With(recipe.Steps.Is(steps))
	s.Receive(protocol.Loaded{Model: "mini", Factor: 8}, start)
	s.Receive(protocol.Started{Script: script}, start)
	return s
}

func step(s *State, n int, loss float64, picture *protocol.Picture) {
	s.Receive(protocol.Step{Step: n, Loss: loss, Picture: picture}, start.Add(time.Duration(n)*2*time.Second))
}

func TestWhatEachPhaseOffers(t *testing.T) {
	for _, c := range []struct {
		phase         Phase
		label         string
		enabled, stop bool
	}{
		{Opening, "Start", false, false}, {Broken, "Start", false, false}, {Idle, "Start", true, false}, {Loading, "Start", true, true},
		{Measuring, "Start", false, true},
		{Starting, "Start", false, true}, {Running, "Pause", true, true}, {Pausing, "Pause", false, true}, {Paused, "Resume", true, true},
		{Stopping, "Start", false, true},
	} {
		s := State{Phase: c.phase}
		if label, enabled := s.primary(); label != c.label || enabled != c.enabled || s.Working() != c.stop {
			t.Errorf("phase %d: %q %t, working %t; want %q %t %t", c.phase, label, enabled, s.Working(), c.label, c.enabled, c.stop)
		}
	}
}

func TestRunToItsEnd(t *testing.T) {
	s := running(t, 4)
	if s.Phase != Running || s.Title() != "0 % · a red apple · Reverie" {
		t.Errorf("started: phase %d, title %q", s.Phase, s.Title())
	}
	step(s, 1, 0.9, pixel(1))
	if s.Status != "A quarter of the steps are made." || s.ShownAt != 0 || s.Shown.Pix[0] != 1 {
		t.Errorf("after step 1: status %q, picture after %d steps", s.Status, s.ShownAt)
	}
	step(s, 2, 0.8, nil)
	step(s, 3, 0.7, nil)
	if got, measured := s.Run.Pace(); got != 2*time.Second || !measured {
		t.Errorf("the pace is %v, measured %t, want 2s", got, measured)
	}
	if got := s.Run.Left(); got != 2*time.Second {
		t.Errorf("%v are left, want 2s", got)
	}
	if s.PreviewName() != "Step 3 of 4: a red apple" || s.Title() != "75 % · a red apple · Reverie" {
		t.Errorf("after step 3: preview %q, title %q", s.PreviewName(), s.Title())
	}
	step(s, 4, 0.6, nil)
	s.Receive(protocol.Done{Step: 4, Picture: pixel(4)}, start)
	if s.Phase != Idle || s.Status != "Done: 4 steps." || s.ShownAt != 4 || s.Shown.Pix[0] != 4 || s.Title() != "Reverie" || !s.Run.Ended {
		t.Errorf("done: %+v", s)
	}
	if loss, ok := s.Run.Loss(); !ok || loss != 0.6 {
		t.Errorf("the loss is %g", loss)
	}
}

// Until three steps tell the pace, what the engine foresees stands in.
func TestForeseenPace(t *testing.T) {
	s := running(t, 100)
	s.Receive(protocol.Started{Script: s.Run.Script, Bytes: 8e8, Seconds: 1.5}, start)
	if each, measured := s.Run.Pace(); each != 1500*time.Millisecond || measured || s.Run.Left() != 150*time.Second || s.Run.Bytes != 8e8 {
		t.Errorf("foreseen: %v a step, %v left, %d bytes", each, s.Run.Left(), s.Run.Bytes)
	}
	step(s, 1, 1, nil)
	step(s, 2, 1, nil)
	if got, want := strings.Join(s.Run.numbers(true), " "), "Step 2 of 100 about 1.50 s/step about 2:27 left"; got != want {
		t.Errorf("two steps are told as %q, want %q", got, want)
	}
	step(s, 3, 1, nil)
	if each, measured := s.Run.Pace(); each != 2*time.Second || !measured {
		t.Errorf("after three steps: %v a step, want 2s", each)
	}
	if got, want := strings.Join(s.Run.numbers(true), " "), "Step 3 of 100 2.00 s/step 3:14 left"; got != want {
		t.Errorf("three steps are told as %q, want %q", got, want)
	}
}

func TestPauseAndResume(t *testing.T) {
	s := running(t, 100)
	step(s, 1, 1, nil)
	if _, ok := s.PressPause(); !ok || s.Phase != Pausing {
		t.Fatal("Pause does nothing")
	}
	if _, ok := s.PressPause(); ok {
		t.Error("Pause works twice")
	}
	step(s, 2, 1, nil) // was under way
	s.Receive(protocol.Paused{Step: 2, Picture: pixel(2)}, start)
	if s.Phase != Paused || s.Status != "Paused after step 2 of 100." || s.ShownAt != 2 {
		t.Errorf("paused: %+v", s)
	}
	_, ok := s.PressResume()
	if each, _ := s.Run.Pace(); !ok || s.Phase != Running || each != 0 {
		t.Error("Resume: the time of the pause must not count as a step's")
	}
}

func TestStop(t *testing.T) {
	t.Run("a run", func(t *testing.T) {
		s := running(t, 100)
		step(s, 1, 1, nil)
		if m, ok := s.PressStop(); !ok || m != (protocol.Stop{}) || s.Phase != Stopping {
			t.Fatal("Stop does nothing")
		}
		s.Receive(protocol.Stopped{Step: 1, Picture: pixel(1)}, start)
		if s.Phase != Idle || s.ShownAt != 1 || s.Status != "Stopped after step 1 of 100." {
			t.Errorf("got %+v", s)
		}
	})
	t.Run("before the first step keeps the last run's picture", func(t *testing.T) {
		s := running(t, 1)
		step(s, 1, 1, nil)
		s.Receive(protocol.Done{Step: 1, Picture: pixel(9)}, start)
		s.PressStart("/weights/")
		s.Receive(protocol.Progress{Phase: "downloading", Done: 1, Total: 2}, start)
		s.PressStop()
		s.Receive(protocol.Stopped{}, start)
		if s.Phase != Idle || s.Shown.Pix[0] != 9 || s.Status != "Stopped." {
			t.Errorf("got %+v", s)
		}
	})
}

func TestStartChecksTheForm(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*State)
		want   string
		field  string // that is wrong
	}{
		{"no prompt", func(s *State) { write(s, recipe.Prompt, " ") }, "Type what", "prompt"},
		{"no width", func(s *State) { write(s, recipe.Width, "") }, "Width", "field-width"},
		{"width 0", func(s *State) { write(s, recipe.Width, "0") }, "width", "field-width"},
		{"negative cutouts", func(s *State) { write(s, recipe.Cutouts, "-1") }, "cutouts", "field-cutouts"},
		{"half a step", func(s *State) { write(s, recipe.Steps, "1.5") }, "Steps", "field-steps"},
		{"a seed below zero", func(s *State) { write(s, recipe.Seed, "-7") }, "Seed", "field-seed"},
		{"a rate in words", func(s *State) { write(s, recipe.LearningRate, "fast") }, "Learning rate", "field-learning-rate"},
		{"a rate of 0", func(s *State) { write(s, recipe.LearningRate, "0") }, "learning rate", "field-learning-rate"},
		{"an image prompt without its picture", func(s *State) { s.Images = []ImagePrompt{{Name: "x.png", Weight: "1"}} }, "x.png", ""},
		{"an image prompt's weight", func(s *State) { s.Images = []ImagePrompt{{Name: "x.png", Weight: "much", Picture: pixel(0)}} }, "much", "image-0-weight"},
		{"an image prompt's stop", func(s *State) {
			s.Images = []ImagePrompt{{Name: "x.png", Weight: "1", Stop: "never", Picture: pixel(0)}}
		}, "never", "image-0-stop"},
	} {
		s := idle(t)
		c.change(s)
		if _, ok := s.PressStart("/"); ok || !strings.Contains(s.Problem, c.want) || s.Status != s.Problem || s.Phase != Idle || s.Wrong != c.field {
			t.Errorf("%s: started %t, problem %q of %q, status %q; want %q of %q", c.name, ok, s.Problem, s.Wrong, s.Status, c.want, c.field)
		}
	}
}

func TestStartSendsEverything(t *testing.T) {
	s := idle(t)
	want := recipe.New(recipe.Prompt.Is("p"), recipe.Model.Is("mini"), recipe.Preset.Is("zq"), recipe.Augment.Is("all"), recipe.Precision.Is("half"),
		recipe.Width.Is(60), recipe.Height.Is(64), recipe.Steps.Is(5), recipe.Seed.Is(1<<64-1), recipe.Cutouts.Is(3), recipe.LearningRate.Is(0.2),
		recipe.CutPow.Is(0.5), recipe.Smoothness.Is(2), recipe.InitWeight.Is(0.1), recipe.Optimizer.Is("radam"), recipe.Endless.Is(true))
	for _, set := range want.Said() {
		s.Edit(set.Option, set.Option.Format(set.Value))
	}
	s.Start = &Opened{Name: "s.png", Picture: *pixel(1)}
	s.Images = []ImagePrompt{{Name: "i.png", Weight: "-1", Stop: "0.5", Picture: pixel(2)}}
	want = want.With(recipe.InitImage.Is("s.png"), recipe.ImagePrompts.Is([]prompt.Image{{Name: "i.png", Weight: -1, Stop: 0.5}}))
	m, ok := s.PressStart("/weights/")
	if !ok {
		t.Fatal(s.Problem)
	}
	got := m.(protocol.Start)
	if !reflect.DeepEqual(got.Script, recipe.Script{Recipe: want}) {
		t.Errorf("the script is %+v, want %+v", got.Script, want)
	}
	if got.Base != "/weights/" || got.Init.Pix[0] != 1 || len(got.Images) != 1 || got.Images[0].Name != "i.png" || got.Images[0].Picture.Pix[0] != 2 || got.State != nil {
		t.Errorf("pictures %+v", got)
	}
}

func TestErrorsLeaveThePageUsable(t *testing.T) {
	s := running(t, 10)
	step(s, 1, 1, pixel(1))
	s.Receive(protocol.Error{Message: "It went astray."}, start)
	if s.Phase != Idle || s.Problem != "It went astray." || s.Status != s.Problem || s.Shown == nil || text(s, recipe.Prompt) != "a red apple" {
		t.Errorf("got %+v", s)
	}
}

func TestScreens(t *testing.T) {
	for _, c := range []struct {
		name    string
		message protocol.Message
		title   string
		retry   bool
	}{
		{"no WebGPU", protocol.Error{Reason: protocol.NoWebGPU, Message: "x"}, "no WebGPU", false},
		{"no adapter", protocol.Error{Reason: protocol.NoAdapter, Message: "x"}, "No GPU answers", true},
		{"no engine", protocol.Error{Reason: protocol.NoEngine, Message: "x"}, "The engine cannot be fetched", true},
		{"no device", protocol.Error{Message: "x"}, "cannot be used", true},
		{"lost", protocol.Lost{Message: "x"}, "reset", true},
		{"crash", protocol.Exit{Code: 2, Tail: "x"}, "crashed", true},
		{"memory", protocol.Exit{Code: 2, Tail: "fatal error: runtime: out of memory"}, "ran out of memory", true},
		{"memory at the start", protocol.Exit{Code: 1, Tail: "RangeError: WebAssembly.instantiate(): Out of memory: Cannot allocate Wasm memory for new instance"}, "ran out of memory", true},
	} {
		s := NewState()
		write(&s, recipe.Prompt, "kept")
		s.Receive(c.message, start)
		if s.Phase != Broken || !strings.Contains(s.Screen.Title, c.title) || s.Screen.Retry != c.retry || !strings.Contains(s.Status, c.title) {
			t.Errorf("%s: phase %d, screen %+v, status %q", c.name, s.Phase, s.Screen, s.Status)
		}
		if s.Screen.Detail != "x" && s.Screen.Text != "x" && !strings.Contains(s.Screen.Detail, "memory") {
			t.Errorf("%s: what the engine said is lost", c.name)
		}
		s.Retry()
		s.Receive(protocol.Ready{}, start)
		if s.Phase != Idle || text(&s, recipe.Prompt) != "kept" {
			t.Errorf("%s: after trying again: %+v", c.name, s)
		}
	}
}

func TestNoticesAreSpoken(t *testing.T) {
	s := idle(t)
	m, _ := s.PressStart("/")
	s.Receive(protocol.Started{Script: m.(protocol.Start).Script, Notices: []string{"It was rounded."}}, start)
	if !strings.Contains(s.Status, "It was rounded.") {
		t.Errorf("the status is %q", s.Status)
	}
}

func TestEveryPhaseHasWords(t *testing.T) {
	seen := map[string]bool{PhaseName(""): true}
	for _, phase := range protocol.Phases {
		if name := PhaseName(phase); seen[name] {
			t.Errorf("phase %q is called %q", phase, name)
		} else {
			seen[name] = true
		}
	}
}
