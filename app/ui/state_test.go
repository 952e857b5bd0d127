package ui

import (
	"strings"
	"testing"
	"time"

	"reverie/app/protocol"
	"reverie/app/settings"
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
	s.Form.Prompt = "a red apple"
	return &s
}

// running is a page with a run of that many steps, of which none is made.
func running(t *testing.T, steps int) *State {
	t.Helper()
	s := idle(t)
	m, ok := s.PressStart("/weights/")
	if !ok {
		t.Fatalf("Start does nothing: %s", s.Problem)
	}
	begun := m.(protocol.Start).Settings
	begun.Steps = steps
	s.Receive(protocol.Loaded{Model: "mini", Factor: 8}, start)
	s.Receive(protocol.Started{Settings: begun}, start)
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
	if s.Status != "25 %: step 1 of 4." || s.ShownAt != 0 || s.Shown.Pix[0] != 1 {
		t.Errorf("after step 1: status %q, picture after %d steps", s.Status, s.ShownAt)
	}
	step(s, 2, 0.8, nil)
	step(s, 3, 0.7, nil)
	if got := s.Run.Pace(); got != 2*time.Second {
		t.Errorf("the pace is %v, want 2s", got)
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
	s.Receive(protocol.Started{Settings: s.Run.Settings, Bytes: 8e8, Seconds: 1.5}, start)
	if s.Run.Pace() != 1500*time.Millisecond || s.Run.Left() != 150*time.Second || s.Run.Bytes != 8e8 {
		t.Errorf("foreseen: %v a step, %v left, %d bytes", s.Run.Pace(), s.Run.Left(), s.Run.Bytes)
	}
	for i := 1; i <= 3; i++ {
		step(s, i, 1, nil)
	}
	if s.Run.Pace() != 2*time.Second {
		t.Errorf("after three steps: %v a step, want 2s", s.Run.Pace())
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
	if _, ok := s.PressResume(); !ok || s.Phase != Running || s.Run.Pace() != 0 {
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
	}{
		{"no prompt", func(s *State) { s.Form.Prompt = " " }, "Type what"},
		{"no width", func(s *State) { s.Form.Width = "" }, "Width"},
		{"width 0", func(s *State) { s.Form.Width = "0" }, "width"},
		{"negative cutouts", func(s *State) { s.Form.Cutouts = "-1" }, "cutouts"},
		{"half a step", func(s *State) { s.Form.Steps = "1.5" }, "Steps"},
		{"a seed in words", func(s *State) { s.Form.Seed = "seven" }, "seed"},
		{"a rate in words", func(s *State) { s.Form.LearningRate = "fast" }, "Learning rate"},
		{"a rate of 0", func(s *State) { s.Form.LearningRate = "0" }, "learning rate"},
		{"an image prompt without its picture", func(s *State) { s.Images = []ImagePrompt{{Name: "x.png", Weight: "1"}} }, "x.png"},
		{"an image prompt's weight", func(s *State) { s.Images = []ImagePrompt{{Name: "x.png", Weight: "much", Picture: pixel(0)}} }, "much"},
	} {
		s := idle(t)
		c.change(s)
		if _, ok := s.PressStart("/"); ok || !strings.Contains(s.Problem, c.want) || s.Status != s.Problem || s.Phase != Idle {
			t.Errorf("%s: started %t, problem %q, status %q; want %q", c.name, ok, s.Problem, s.Status, c.want)
		}
	}
}

func TestStartSendsEverything(t *testing.T) {
	s := idle(t)
	s.Form = Form{Prompt: "p", Model: "mini", Preset: "zq", Augment: "all", Precision: "half", Width: "60", Height: "64", Steps: "5", Seed: "18446744073709551615", Cutouts: "3",
		LearningRate: "0.2", CutPow: "0.5", Smoothness: "2", InitWeight: "0.1", rest: settings.Default()}
	s.Start = &Opened{Name: "s.png", Picture: *pixel(1)}
	s.Images = []ImagePrompt{{Name: "i.png", Weight: "-1", Stop: "0.5", Picture: pixel(2)}}
	m, ok := s.PressStart("/weights/")
	if !ok {
		t.Fatal(s.Problem)
	}
	got := m.(protocol.Start)
	c := got.Settings
	if c.Prompt != "p" || c.Preset != "zq" || c.Augment != "all" || c.Precision != "half" || c.Width != 60 || c.Height != 64 || c.Steps != 5 || c.Seed != 1<<64-1 || c.Cutouts != 3 ||
		*c.LearningRate != 0.2 || *c.CutPow != 0.5 || *c.Smoothness != 2 || c.InitWeight != 0.1 || c.InitImage != "s.png" {
		t.Errorf("settings %+v", c)
	}
	if got.Base != "/weights/" || got.Init.Pix[0] != 1 || len(got.Images) != 1 || got.Images[0].Pix[0] != 2 || c.ImagePrompts[0].Weight != -1 || c.ImagePrompts[0].Stop != 0.5 {
		t.Errorf("pictures %+v", got)
	}
}

func TestErrorsLeaveThePageUsable(t *testing.T) {
	s := running(t, 10)
	step(s, 1, 1, pixel(1))
	s.Receive(protocol.Error{Message: "It went astray."}, start)
	if s.Phase != Idle || s.Problem != "It went astray." || s.Status != s.Problem || s.Shown == nil || s.Form.Prompt != "a red apple" {
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
		{"no device", protocol.Error{Message: "x"}, "cannot be used", true},
		{"lost", protocol.Lost{Message: "x"}, "reset", true},
		{"crash", protocol.Exit{Code: 2, Tail: "x"}, "crashed", true},
	} {
		s := NewState()
		s.Form.Prompt = "kept"
		s.Receive(c.message, start)
		if s.Phase != Broken || !strings.Contains(s.Screen.Title, c.title) || s.Screen.Retry != c.retry || !strings.Contains(s.Status, c.title) {
			t.Errorf("%s: phase %d, screen %+v, status %q", c.name, s.Phase, s.Screen, s.Status)
		}
		if s.Screen.Detail != "x" && s.Screen.Text != "x" {
			t.Errorf("%s: what the engine said is lost", c.name)
		}
		s.Retry()
		s.Receive(protocol.Ready{}, start)
		if s.Phase != Idle || s.Form.Prompt != "kept" {
			t.Errorf("%s: after trying again: %+v", c.name, s)
		}
	}
}

func TestNoticesAreSpoken(t *testing.T) {
	s := idle(t)
	m, _ := s.PressStart("/")
	s.Receive(protocol.Started{Settings: m.(protocol.Start).Settings, Notices: []string{"It was rounded."}}, start)
	if !strings.Contains(s.Status, "It was rounded.") {
		t.Errorf("the status is %q", s.Status)
	}
}
