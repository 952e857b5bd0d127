package ui

import (
	"errors"
	"fmt"
	"time"
)

// turn is how often the page looks whether its worker answers, and how often web/worker.js beats.
const turn = time.Second

// mostSilent is after how many turns without a word the worker has fallen silent. The page counts its own turns in place of a clock's time:
// clocks jump, and a page that sleeps or is held up turns as little as its worker beats.
const mostSilent = 5

// leastPatience is how many turns Stop waits for its answer. A step that is under way ends first, so that slow ones get twice their pace more.
const leastPatience = 10

// Turn counts a turn. It takes a worker that has fallen silent, or does not stop, for lost and says so; replace tells the page to start another
// one in its place. Out of sight a page does not count: browsers hold such pages up, and their workers.
func (s *State) Turn(hidden bool) (replace bool) {
	if s.Phase == Broken || hidden {
		s.silence = 0
		return false
	}
	if s.heard {
		s.silence++
	}
	if s.Phase == Stopping {
		s.stopping++
	} else {
		s.stopping = 0
	}
	// Before anything else a run waits for the model's first files.
	if s.Phase != Loading && s.Phase != Starting || !s.downloading() && s.Progress.Phase != "" {
		s.still = 0
	} else if s.still++; s.still == mostSilent {
		s.Status = serverSilent
	}
	switch {
	case s.silence < mostSilent && s.stopping < s.patience():
		return false
	case s.replaced: // and the new one is no better
		s.Block(silentScreen)
		return false
	}
	s.giveUp()
	return true
}

// patience is how many turns Stop waits.
func (s *State) patience() int {
	if s.Run == nil {
		return leastPatience
	}
	pace, _ := s.Run.Pace()
	return leastPatience + int(2*pace/turn)
}

// giveUp goes on without the worker, with what is kept of the run.
func (s *State) giveUp() {
	phase, why := s.Phase, engineFellSilent
	if s.stopping >= s.patience() {
		why = engineDidNotStop
	}
	s.broken()
	s.Retry()
	s.replaced = true
	step, resumable := s.Resumable()
	switch {
	case resumable:
		why += fmt.Sprintf(pressResumeFrom, step)
	case phase == Loading:
		why += pressDownloadAgain
	case phase == Starting || phase == Measuring:
		why += tryAgain
	default:
		why += "."
	}
	s.complain(errors.New(why), nil)
}

var silentScreen = Screen{Title: engineSilentTitle, Retry: true,
	Text: engineSilentText}
