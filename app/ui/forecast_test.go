package ui

import (
	"testing"

	"reverie/app/protocol"
)

func TestForecast(t *testing.T) {
	s := idle(t)
	s.Form.Steps = "100"
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
	for _, same := range []func(){func() { s.Form.Prompt = "a blue heart" }, func() { s.Form.Seed = "9" }, func() { s.Form.Steps = "200" }} {
		same()
		if m, ok := s.Foresee("/w/"); ok {
			t.Errorf("what does not matter is asked again: %+v", m)
		}
	}

	s.Form.Cutouts = "32"
	second := ask()
	if second.Settings.Cutouts != 32 || second.Base != "/w/" {
		t.Errorf("asked %+v", second)
	}
	says("")
	s.Receive(protocol.Foreseen{ID: first.ID, Bytes: 1}, start) // late
	says("")
	s.Receive(protocol.Foreseen{ID: second.ID, Bytes: 99e6, Seconds: 0.5}, start)
	says("This takes about 99 MB of GPU memory and 0.50 s/step: 1:40 for 200 steps.")
	s.Form.Steps = "10"
	says("This takes about 99 MB of GPU memory and 0.50 s/step: 0:05 for 10 steps.")

	// A run shows the device's speed anew.
	s.end()
	s.Receive(protocol.Foreseen{ID: ask().ID, Problem: "Too large: choose a smaller size."}, start)
	says("Too large: choose a smaller size.")

	s.Form.Smoothness = "1"
	if m := ask(); *m.Settings.Smoothness != 1 {
		t.Errorf("asked %+v", m)
	}

	s.Form.Augment = "all"
	if m := ask(); m.Settings.Augment != "all" {
		t.Errorf("asked %+v", m)
	}

	s.Form.Precision = "half"
	if m := ask(); m.Settings.Precision != "half" {
		t.Errorf("asked %+v", m)
	}

	s.Form.Width = "many"
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
