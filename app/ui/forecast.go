package ui

import (
	"fmt"
	"strings"
	"time"

	"reverie/app/protocol"
	"reverie/recipe"
	"reverie/recipe/prompt"
)

// forecast is what the next run would take, as the engine foresees it.
type forecast struct {
	asked string // the key of the newest question
	id    int
	told  *protocol.Foreseen // its answer
}

// forecastKey names what a run of a recipe would take.
func (s *State) forecastKey(r recipe.Recipe) string {
	return r.Suggest(s.model(recipe.Model.In(r)).Suggested).CostKey()
}

// Foresee asks what a run of the form's settings would take, if that is not known yet.
func (s *State) Foresee(base string) (protocol.Message, bool) {
	if s.Phase <= Broken {
		return nil, false
	}
	f := &s.forecast
	r, err := s.Recipe()
	if strings.TrimSpace(recipe.Prompt.In(r)) == "" {
		r = r.With(recipe.Prompt.Is("anything")) // of which nothing depends
	}
	if _, wrong := prompt.Parse(recipe.Prompt.In(r)); err != nil || wrong != nil {
		f.asked, f.told = "", nil
		return nil, false
	}
	key := s.forecastKey(r)
	if key == f.asked {
		return nil, false
	}
	f.asked, f.told = key, nil
	f.id++
	return protocol.Foresee{ID: f.id, Base: base, Recipe: r}, true
}

// foreseenProblem is why a run of a recipe cannot be, if that is known already, or "".
func (s *State) foreseenProblem(r recipe.Recipe) string {
	if f := s.forecast; f.told != nil && f.asked == s.forecastKey(r) {
		return f.told.Problem
	}
	return ""
}

// forecastMayChange says whether a message may bring a reason to ask: a device, or the end of what was under way.
func (s *State) forecastMayChange(m protocol.Message) bool {
	switch m.(type) {
	case protocol.Ready, protocol.Done, protocol.Stopped, protocol.Error:
		return true
	}
	return false
}

// foreseen takes the answer, unless there is a newer question.
func (s *State) foreseen(m protocol.Foreseen) {
	if m.ID == s.forecast.id {
		s.forecast.told = &m
		s.suit()
		s.reconsider()
	}
}

// forecastText is the forecast as a sentence, or "" while there is none.
func (s *State) forecastText() string {
	m := s.forecast.told
	switch {
	case m == nil:
		return ""
	case m.Problem != "":
		return m.Problem
	}
	text := fmt.Sprintf(forecastMemory, byteCount(m.Bytes))
	if m.Seconds <= 0 {
		return text + "."
	}
	step := time.Duration(m.Seconds * float64(time.Second))
	text += fmt.Sprintf(forecastPace, pace(step))
	if r, err := s.Form.Recipe(); err == nil && recipe.Steps.In(r) > 0 && !recipe.Endless.In(r) {
		steps := recipe.Steps.In(r)
		text += fmt.Sprintf(forecastWhole, clock(step*time.Duration(steps)), count(steps, "step"))
	}
	return text + "."
}
