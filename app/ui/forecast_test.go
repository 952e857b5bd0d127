package ui

import (
	"testing"

	"reverie/app/protocol"
	"reverie/recipe"
)

func TestForecast(t *testing.T) {
	s := idle(t)
	write(s, recipe.Steps, "100")
	ask := func() protocol.Foresee {
		t.Helper()
		m, ok := s.Foresee("/w/")
		if !ok {
			t.Fatal("nothing is asked")
		}
		return m.(protocol.Foresee)
	}
	says := func(want string) {
		t.Helper()
		if got := s.forecastText(); got != want {
			t.Errorf("the page says %q, want %q", got, want)
		}
	}
	first := ask()
	says("")
	s.Receive(protocol.Foreseen{ID: first.ID, Bytes: 62e6}, start)
	says("This takes about 62 MB of GPU memory.")
	for _, same := range []func(){func() { write(s, recipe.Prompt, "a blue heart") }, func() { write(s, recipe.Seed, "9") }, func() { write(s, recipe.Steps, "200") }} {
		same()
		if m, ok := s.Foresee("/w/"); ok {
			t.Errorf("what does not matter is asked again: %+v", m)
		}
	}

	write(s, recipe.Cutouts, "32")
	second := ask()
	if recipe.Cutouts.In(second.Recipe) != 32 || second.Base != "/w/" {
		t.Errorf("asked %+v", second)
	}
	says("")
	s.Receive(protocol.Foreseen{ID: first.ID, Bytes: 1}, start) // late
	says("")
	s.Receive(protocol.Foreseen{ID: second.ID, Bytes: 99e6, Seconds: 0.5}, start)
	says("This takes about 99 MB of GPU memory and 0.50 s/step: 1:40 for 200 steps.")
	write(s, recipe.Steps, "10")
	says("This takes about 99 MB of GPU memory and 0.50 s/step: 0:05 for 10 steps.")

	// A run shows the device's speed anew.
	s.end()
	s.Receive(protocol.Foreseen{ID: ask().ID, Problem: "Too large: choose a smaller size."}, start)
	says("Too large: choose a smaller size.")

	write(s, recipe.Smoothness, "1")
	if m := ask(); recipe.Smoothness.In(m.Recipe) != 1 {
		t.Errorf("asked %+v", m)
	}

	write(s, recipe.Augment, "all")
	if m := ask(); recipe.Augment.In(m.Recipe) != "all" {
		t.Errorf("asked %+v", m)
	}

	write(s, recipe.Precision, "half")
	if m := ask(); recipe.Precision.In(m.Recipe) != "half" {
		t.Errorf("asked %+v", m)
	}

	write(s, recipe.Width, "many")
	if m, ok := s.Foresee("/w/"); ok {
		t.Errorf("settings that are none are asked for: %+v", m)
	}
	says("")
}

func TestNothingIsForeseenWithoutADevice(t *testing.T) {
	s := NewState()
	if m, ok := s.Foresee("/w/"); ok {
		t.Errorf("asked %+v", m)
	}
}

// What is known not to fit is not begun; what is not known yet is left to the engine.
func TestStartKnowsTheForecast(t *testing.T) {
	s := idle(t)
	write(s, recipe.Width, "4096")
	m, _ := s.Foresee("/")
	if _, ok := s.PressStart("/"); !ok {
		t.Errorf("nobody knows, and it does not begin: %q", s.Problem)
	}
	s.Phase = Idle
	const problem = "This takes 564.9 GB of 8.6 GB: choose a smaller size."
	s.Receive(protocol.Foreseen{ID: m.(protocol.Foresee).ID, Problem: problem}, start)
	if _, ok := s.PressStart("/"); ok || s.Problem != problem || s.Status != problem || s.Phase != Idle {
		t.Errorf("it begins: %t, problem %q", ok, s.Problem)
	}
	write(s, recipe.Prompt, "another")
	if s.Problem != problem {
		t.Errorf("another prompt does not help, and the page says %q", s.Problem)
	}
	write(s, recipe.Width, "64")
	if s.Problem != "" {
		t.Errorf("the problem stays: %q", s.Problem)
	}
	if _, ok := s.PressStart("/"); !ok {
		t.Errorf("another size does not begin: %q", s.Problem)
	}
}
