package ui

import (
	"fmt"
	"strings"
	"time"

	"reverie/app/protocol"
	"reverie/recipe/prompt"
)

// plans is what decides what a run takes of the device.
type plans struct {
	model, preset, augment, initLoss, precision string
	width, height, cutouts                      int
	texts, images                               int
	held                                        bool // to its start
	smoothed                                    bool
}

// forecast is what the next run would take, as the engine foresees it.
type forecast struct {
	asked plans // of the newest question
	id    int
	told  *protocol.Foreseen // its answer
}

// Foresee asks what a run of the form's settings would take, if that is not known yet.
func (s *State) Foresee(base string) (protocol.Message, bool) {
	if s.Phase <= Broken {
		return nil, false
	}
	f := &s.forecast
	chosen, err := s.Form.Settings()
	if err == nil {
		chosen.ImagePrompts, err = imagePrompts(s.Images)
	}
	if strings.TrimSpace(chosen.Prompt) == "" {
		chosen.Prompt = "anything" // of which nothing depends
	}
	parts, wrong := prompt.Parse(chosen.Prompt)
	if err != nil || wrong != nil {
		f.asked, f.told = plans{}, nil
		return nil, false
	}
	p := plans{chosen.Model, chosen.Preset, chosen.Augment, chosen.InitLoss, chosen.Precision, chosen.Width, chosen.Height, chosen.Cutouts, len(parts), len(chosen.ImagePrompts), chosen.InitWeight > 0,
		*chosen.Suggest(s.Model().Suggested).Smoothness > 0}
	if p == f.asked {
		return nil, false
	}
	f.asked, f.told = p, nil
	f.id++
	return protocol.Foresee{ID: f.id, Base: base, Settings: chosen}, true
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
	text := "This takes about " + byteCount(m.Bytes) + " of GPU memory"
	if m.Seconds <= 0 {
		return text + "."
	}
	step := time.Duration(m.Seconds * float64(time.Second))
	text += " and " + pace(step)
	if chosen, err := s.Form.Settings(); err == nil && chosen.Steps > 0 {
		text += fmt.Sprintf(": %s for %d steps", clock(step*time.Duration(chosen.Steps)), chosen.Steps)
	}
	return text + "."
}
