package ui

import (
	"strings"
	"testing"
	"time"

	"reverie/app/protocol"
	"reverie/recipe"
)

// turns lets so many turns pass and returns after which of them the worker is replaced, or 0.
func turns(s *State, n int, hidden bool) int {
	for i := range n {
		if s.Turn(hidden) {
			return i + 1
		}
	}
	return 0
}

func TestASilentWorkerIsReplaced(t *testing.T) {
	saved := func(s *State) {
		s.Receive(protocol.Saved{Step: 2, Script: s.Run.Script, State: &protocol.Bytes{Data: []byte{1}}}, start)
	}
	for _, c := range []struct {
		name  string
		begin func(t *testing.T) *State
		want  string
	}{
		{"idle", idle, "The engine fell silent and was started again."},
		{"a run", func(t *testing.T) *State {
			s := running(t, 9)
			step(s, 3, 1, pixel(3))
			saved(s)
			return s
		}, "The engine fell silent and was started again: press Resume from step 2 to go on."},
		{"a run at a pause", func(t *testing.T) *State {
			s := running(t, 9)
			saved(s)
			s.PressPause()
			s.Receive(protocol.Paused{Step: 2, Picture: pixel(2)}, start)
			return s
		}, "The engine fell silent and was started again: press Resume from step 2 to go on."},
		{"a run that is stopping", func(t *testing.T) *State {
			s := running(t, 9)
			s.PressStop()
			return s
		}, "The engine fell silent and was started again: press Resume from step 0 to go on."},
		{"a run that is being prepared", func(t *testing.T) *State {
			s := idle(t)
			s.PressStart("/")
			return s
		}, "The engine fell silent and was started again: try again what you were doing."},
		{"a benchmark", func(t *testing.T) *State {
			s := idle(t)
			s.PressBenchmark()
			return s
		}, "The engine fell silent and was started again: try again what you were doing."},
		{"a download", func(t *testing.T) *State {
			s := idle(t)
			s.PressLoad("/", false)
			return s
		}, "The engine fell silent and was started again: press Download models to go on from there."},
	} {
		s := c.begin(t)
		s.Receive(protocol.Beat{}, start)
		if got := turns(s, 3, false); got != 0 {
			t.Fatalf("%s: replaced after %d turns", c.name, got)
		}
		s.Receive(protocol.Beat{}, start)
		if got := turns(s, 9, false); got != mostSilent {
			t.Errorf("%s: replaced after %d turns of silence, want %d", c.name, got, mostSilent)
		}
		if s.Phase != Opening || s.Problem != c.want || s.Status != c.want || text(s, recipe.Prompt) != "a red apple" {
			t.Errorf("%s: phase %d, problem %q, status %q; want %q", c.name, s.Phase, s.Problem, s.Status, c.want)
		}
		if got := turns(s, 99, false); got != 0 || s.Phase != Opening {
			t.Errorf("%s: a worker that is on its way is replaced after %d turns, or given up: phase %d", c.name, got, s.Phase)
		}
		s.Receive(protocol.Ready{}, start)
		if s.Phase != Idle || s.Problem != c.want {
			t.Errorf("%s: once another worker is ready: phase %d, problem %q", c.name, s.Phase, s.Problem)
		}
		if _, offered := s.Resumable(); offered != strings.Contains(c.want, "Resume") {
			t.Errorf("%s: resumable: %t", c.name, offered)
		}
	}
}

// The turns are a matter of time for the person who waits.
func TestSilenceIsNoticedWithinFiveSeconds(t *testing.T) {
	if mostSilent*turn > 5*time.Second {
		t.Errorf("a silent worker is noticed after %v", mostSilent*turn)
	}
}

// A screen that says why nothing runs stays, though its worker says nothing any more.
func TestABrokenPageIsNotSilent(t *testing.T) {
	s := running(t, 9)
	s.Receive(protocol.Lost{}, start)
	if got := turns(s, 99, false); got != 0 || s.Screen.Title != "The GPU was reset" {
		t.Errorf("replaced after %d turns, and the screen is %+v", got, s.Screen)
	}
}

// Browsers hold up what nobody looks at.
func TestOutOfSightNoTurnCounts(t *testing.T) {
	s := running(t, 9)
	turns(s, mostSilent-1, false)
	if got := turns(s, 99, true); got != 0 {
		t.Errorf("replaced after %d turns", got)
	}
	if got := turns(s, 99, false); got != mostSilent {
		t.Errorf("back in sight, it is replaced after %d turns, want %d", got, mostSilent)
	}
}

// Another worker that falls silent, too, is not replaced for ever.
func TestSilentAgain(t *testing.T) {
	s := running(t, 9)
	turns(s, mostSilent, false)
	s.Receive(protocol.Beat{}, start)
	if got := turns(s, 99, false); got != 0 || s.Phase != Broken || !s.Screen.Retry {
		t.Errorf("replaced after %d turns, phase %d, screen %+v", got, s.Phase, s.Screen)
	}
	s.Retry()
	s.Receive(protocol.Ready{}, start)
	if got := turns(s, 99, false); got != mostSilent {
		t.Errorf("a worker that opened the device is replaced after %d turns, want %d", got, mostSilent)
	}
}

// Stop ends in Idle: by the worker's word, or without the worker.
func TestStopThatIsNotAnswered(t *testing.T) {
	for _, c := range []struct {
		name   string
		steps  int
		within int
	}{
		{"steps of 2 s", 3, leastPatience + 4},
		{"no step yet", 0, leastPatience},
	} {
		s := running(t, 9)
		for n := range c.steps {
			step(s, n+1, 1, nil)
		}
		s.PressStop()
		replaced := 0
		for replaced < 99 {
			replaced++
			s.Receive(protocol.Beat{}, start)
			if s.Turn(false) {
				break
			}
		}
		want := "The engine did not stop and was started again: press Resume from step 0 to go on."
		if replaced != c.within || s.Problem != want {
			t.Errorf("%s: replaced after %d turns, want %d; problem %q", c.name, replaced, c.within, s.Problem)
		}
		s.Receive(protocol.Ready{}, start.Add(time.Minute))
		if s.Phase != Idle {
			t.Errorf("%s: phase %d, want Idle", c.name, s.Phase)
		}
	}
	s := running(t, 9)
	s.PressStop()
	turns(s, 3, false)
	s.Receive(protocol.Stopped{Step: 1, Picture: pixel(1)}, start)
	s.Turn(false)
	if s.stopping != 0 || s.Phase != Idle {
		t.Errorf("after an answered Stop: phase %d, %d turns are counted", s.Phase, s.stopping)
	}
}

// Chromium gives a page no adapter any more once the GPU was reset twice under it.
func TestNoAdapterAfterAReset(t *testing.T) {
	s := idle(t)
	s.Receive(protocol.Error{Reason: protocol.NoAdapter}, start)
	if strings.Contains(s.Screen.Text, "load the page anew") {
		t.Error("a computer without a GPU is to load the page anew")
	}
	s.Retry()
	s.Receive(protocol.Ready{}, start)
	s.Receive(protocol.Lost{}, start)
	if strings.Contains(s.Screen.Text, "load the page anew") {
		t.Error("after one reset the page is to be loaded anew")
	}
	s.Retry()
	s.Receive(protocol.Error{Reason: protocol.NoAdapter}, start)
	if s.Phase != Broken || !s.Screen.Retry || !strings.Contains(s.Screen.Text, "load the page anew") {
		t.Errorf("the screen is %+v", s.Screen)
	}
}

// A download that stands still is said once, and that it goes on is seen.
func TestADownloadThatStandsStill(t *testing.T) {
	s := idle(t)
	s.PressLoad("/", false)
	beating := func(n int) {
		for range n {
			s.Receive(protocol.Beat{}, start)
			s.Turn(false)
		}
	}
	s.Receive(protocol.Progress{Phase: protocol.PhaseDownload, Done: 1, Total: 9}, start)
	beating(mostSilent - 1)
	s.Receive(protocol.Progress{Phase: protocol.PhaseDownload, Done: 2, Total: 9}, start)
	beating(mostSilent - 1)
	if strings.Contains(s.Status, "sends nothing") {
		t.Errorf("while bytes come, the status is %q", s.Status)
	}
	beating(1)
	if !strings.Contains(s.Status, "The server sends nothing at the moment") {
		t.Errorf("the status is %q", s.Status)
	}
}

// Only waiting for the server is said to be that, and each wait is counted from its begin.
func TestWhatStandsStill(t *testing.T) {
	const said = "The server sends nothing at the moment"
	beating := func(s *State, n int) {
		for range n {
			s.Receive(protocol.Beat{}, start)
			s.Turn(false)
		}
	}
	s := idle(t)
	s.PressStart("/")
	beating(s, mostSilent)
	if !strings.Contains(s.Status, said) {
		t.Errorf("a run that waits for its first file: %q", s.Status)
	}
	s.Receive(protocol.Progress{Phase: protocol.PhaseCompile, Total: 9}, start)
	beating(s, 99)
	if strings.Contains(s.Status, said) {
		t.Errorf("while shaders are compiled: %q", s.Status)
	}

	s = idle(t)
	s.PressLoad("/", false)
	beating(s, mostSilent-1)
	s.PressStop()
	s.Receive(protocol.Stopped{}, start)
	beating(s, 1)
	s.PressLoad("/", false)
	beating(s, mostSilent-1)
	if strings.Contains(s.Status, said) {
		t.Errorf("a download that has begun anew: %q", s.Status)
	}
}
