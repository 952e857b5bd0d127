package ui

import (
	"errors"
	"fmt"

	"reverie/app/protocol"
	"reverie/recipe"
)

// Order is a run that a program asks for in place of a person; see api_js.go.
type Order struct {
	Script recipe.Script
	Start  *Opened          // the picture that it starts from
	Images []protocol.Named // of the script's image prompts
	State  []byte           // to go on from, or nil
	Every  int              // asks for a picture after every so many steps; 0 asks for none
	Frames bool             // asks for the frames of a picture that is moved
}

// TakeOrder begins the run, and the form shows its script. A seed that the script leaves out is the default. The error is a sentence.
func (s *State) TakeOrder(base string, o Order) (protocol.Message, error) {
	if s.Phase != Idle && s.Phase != Loading {
		return nil, errors.New(engineBusy)
	}
	r := o.Script.Recipe
	o.Script.Recipe = r.With(recipe.Seed.Is(recipe.Seed.In(r)))
	if o.State != nil {
		return s.resumeOrder(base, o)
	}
	have := Draft{Start: o.Start}
	for i, image := range o.Images {
		have.Images = append(have.Images, ImagePrompt{Name: image.Name, Picture: &o.Images[i].Picture})
	}
	s.replace(theScript, DraftOf(o.Script, have))
	m, ok := s.PressStart(base)
	if !ok {
		return nil, errors.New(s.Problem)
	}
	start := m.(protocol.Start)
	start.Every, start.Frames = o.Every, o.Frames
	return start, nil
}

// TakeChange sets options of the run under way from its next step on, and the form says it, too. There is nothing to send where the run goes by
// them already. The error is a sentence.
func (s *State) TakeChange(set recipe.Settings) (protocol.Message, error) {
	if !s.underWay() {
		return nil, errors.New(noRunToChange)
	}
	for _, one := range set {
		if o := one.Option; o == recipe.ImagePrompts.Option || o == recipe.InitImage.Option {
			return nil, fmt.Errorf(needFiles, o.Label)
		}
	}
	now := s.expected()
	next, _, err := now.With(set...).Check(s.factor())
	if err == nil {
		err = now.CheckChange(next)
	}
	if err != nil {
		return nil, err
	}
	for _, one := range set {
		s.Edit(one.Option, one.Option.Format(one.Value))
	}
	m, _ := s.Change()
	if s.Problem != "" {
		return nil, errors.New(s.Problem)
	}
	return m, nil
}

// resumeOrder goes on from a state.
func (s *State) resumeOrder(base string, o Order) (protocol.Message, error) {
	if err := s.ready(o.Script.Recipe); err != nil {
		return nil, err
	}
	s.Run = &Run{Script: o.Script, pictures: o.Images, saved: saved{State: o.State}}
	s.goOn()
	s.showRun()
	s.edits, s.anew, s.undo = nil, nil, nil
	start := s.takeUp(base).(protocol.Start)
	start.Every, start.Frames = o.Every, o.Frames
	return start, nil
}
