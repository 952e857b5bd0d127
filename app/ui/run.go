package ui

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"reverie/app/protocol"
	"reverie/recipe"
)

// Run is the run under way, or the last one.
type Run struct {
	Script   recipe.Script // with all changes so far
	Step     int           // updates made
	Losses   []float64     // of the last updates, one each
	parts    [][]float64   // the same, term by term: pulls first, then one for each prompt
	history  History       // of its tokens
	Notices  []string
	Ended    bool
	Bytes    int64         // of the GPU's memory
	Foreseen time.Duration // of a step

	large    recipe.Settings  // of a small run: with which it may go on
	loaded   protocol.Loaded  // its model
	start    *Opened          // the picture that it started from
	pictures []protocol.Named // of all its image prompts, by name
	saved    saved
	cut      bool         // it ended by no wish of the person's, and can be resumed
	done     bool         // all its steps are made
	sent     []sentChange // that are not answered
	arrivals []time.Time  // of the last steps, to tell the pace
}

// saved is what a run needs to go on after Step updates; without a State it begins anew.
type saved struct {
	Step  int
	State []byte
}

// now is the recipe of the run's next update.
func (r *Run) now() recipe.Recipe { return r.Script.At(r.Step) }

// Prompt is the run's present one.
func (r *Run) Prompt() string { return recipe.Prompt.In(r.now()) }

// Steps is how many the run makes; an endless run has no end.
func (r *Run) Steps() (steps int, end bool) {
	now := r.now()
	return recipe.Steps.In(now), !recipe.Endless.In(now)
}

// At says where the run is: "Step 3 of 150", or "Step 3" without an end.
func (r *Run) At() string { return r.atStep(r.Step) }

// atStep is At when the run was at a step, or as if it were.
func (r *Run) atStep(step int) string {
	if steps, end := r.Steps(); end {
		return fmt.Sprintf(stepOfSteps, step, steps)
	}
	return fmt.Sprintf(stepNumber, step)
}

// afterStep is At in a sentence.
func (r *Run) afterStep() string {
	if steps, end := r.Steps(); end {
		return fmt.Sprintf(afterStepOf, r.Step, steps)
	}
	return fmt.Sprintf(afterStepNumber, r.Step)
}

// paceWindow is how many of the last steps tell the pace.
const paceWindow = 16

// leastMeasured is how many steps tell a pace.
const leastMeasured = 3

// Pace is the mean time of the last steps, or, as long as they are too few to tell, what was foreseen.
func (r *Run) Pace() (pace time.Duration, measured bool) {
	n := len(r.arrivals)
	if n < leastMeasured {
		return r.Foreseen, false
	}
	return r.arrivals[n-1].Sub(r.arrivals[0]) / time.Duration(n-1), true
}

// Left is the time that the rest of the run will take at the present pace, or 0 when nobody knows.
func (r *Run) Left() time.Duration {
	steps, end := r.Steps()
	if !end {
		return 0
	}
	pace, _ := r.Pace()
	return pace * time.Duration(max(0, steps-r.Step))
}

// Loss is the last step's loss.
func (r *Run) Loss() (loss float64, ok bool) {
	if len(r.Losses) == 0 {
		return 0, false
	}
	return r.Losses[len(r.Losses)-1], true
}

// Percent is how much of the run is made; an endless run has no share.
func (r *Run) Percent() (percent int, end bool) {
	steps, end := r.Steps()
	if steps == 0 {
		return 100, end
	}
	return min(100, 100*r.Step/steps), end
}

// step takes an update that came at now.
func (r *Run) step(m protocol.Step, now time.Time) {
	r.Step = m.Step
	r.Losses = append(r.Losses, m.Loss)
	r.parts = append(r.parts, m.Losses)
	if m.Tokens != nil {
		r.history.Add(m.Step-1, m.Tokens.Data)
	}
	r.arrivals = append(r.arrivals, now)
	if len(r.arrivals) > paceWindow {
		r.arrivals = r.arrivals[len(r.arrivals)-paceWindow:]
	}
}

// again is the run as it is when it goes on from what was saved.
func (r *Run) again() *Run {
	next := &Run{Script: r.Script, Step: r.saved.Step, loaded: r.loaded, start: r.start, pictures: r.pictures, saved: r.saved, cut: r.cut, history: r.history, large: r.large}
	if lost := r.Step - r.saved.Step; lost < len(r.Losses) {
		next.Losses = slices.Clone(r.Losses[:len(r.Losses)-max(0, lost)])
		next.parts = slices.Clone(r.parts[:min(len(r.parts), len(next.Losses))])
	}
	return next
}

// underWay says whether a run takes changes.
func (s *State) underWay() bool { return s.Run != nil && s.Phase >= Running && s.Phase <= Paused }

// CanContinue says whether Continue goes on from the end of the last run.
func (s *State) CanContinue() bool {
	return s.Phase == Idle && s.Run != nil && s.Run.Ended && s.Run.saved.State != nil
}

// PressContinue goes on after the end of the last run: with what the form says otherwise than the run, and for as many steps again as it
// says.
func (s *State) PressContinue(base string) (protocol.Message, bool) {
	if !s.CanContinue() {
		return nil, false
	}
	script, err := s.continued()
	if err != nil {
		s.complain(err, func() error { _, err := s.continued(); return err })
		return nil, false
	}
	s.goOn()
	s.next.Script, s.next.cut = script, false
	s.next.pictures = s.known(s.next)
	if s.edits[recipe.Dream.Option] { // it is dreamt once
		s.Form = s.Form.With(recipe.Dream.Option, "")
	}
	for _, o := range recipe.Options() {
		if o.During != recipe.NeedsNewRun {
			delete(s.edits, o)
		}
	}
	s.Status = fmt.Sprintf(goingOn, s.next.Step)
	return s.takeUp(base), true
}

// continued is the last run's script with more steps.
func (s *State) continued() (recipe.Script, error) {
	from := s.Run.saved.Step
	more, _, err := s.Form.read(recipe.Steps.Option)
	if err != nil {
		return recipe.Script{}, err
	}
	if more.(int) < 1 {
		return recipe.Script{}, &recipe.Wrong{Option: recipe.Steps.Option, Reason: fmt.Errorf(moreStepsProblem, more)}
	}
	if err := s.ready(s.Run.Script.Recipe); err != nil {
		return recipe.Script{}, err
	}
	d := s.difference(s.editedOptions(), s.Run.Script.At(from))
	if d.err != nil {
		return recipe.Script{}, d.err
	}
	set := slices.DeleteFunc(d.live, func(one recipe.Setting) bool { return one.Option == recipe.Steps.Option })
	return s.Run.Script.With(from, append(set, recipe.Steps.Is(min(from+more.(int), recipe.MaxSteps)))...), nil
}

// Resumable is the step from which a run that broke off can be resumed.
func (s *State) Resumable() (step int, ok bool) {
	if s.Run == nil || !s.Run.cut || s.Phase == Broken || s.Phase > Idle && s.Phase != Loading {
		return 0, false
	}
	return s.Run.saved.Step, true
}

// PressResumeRun takes a run up that broke off. It goes on as if nothing had happened, and the form shows what it takes.
func (s *State) PressResumeRun(base string) (protocol.Message, bool) {
	if _, ok := s.Resumable(); !ok || s.Phase != Idle {
		return nil, false
	}
	if err := s.ready(s.Run.Script.Recipe); err != nil {
		s.complain(err, func() error { return s.ready(s.Run.Script.Recipe) })
		return nil, false
	}
	s.goOn()
	s.showRun()
	s.Status = fmt.Sprintf(resumingText, s.next.Step)
	return s.takeUp(base), true
}

// PressDiscard forgets the run that broke off.
func (s *State) PressDiscard() {
	if s.Run == nil || !s.Run.cut {
		return
	}
	s.stopLooking()
	s.Run, s.Shown, s.ShownRun, s.ShownAt = nil, nil, nil, 0
	s.keepDue = true
	s.Status = runDiscarded
}

// goOn prepares the page for a run that goes on.
func (s *State) goOn() {
	s.settle()
	s.brush.shown = false // the picture is what to look at
	s.next = s.Run.again()
	s.Progress = protocol.Progress{}
	s.Phase = Starting
}

// takeUp asks the engine for the run that is to go on. The start is in its state.
func (s *State) takeUp(base string) protocol.Message {
	m := protocol.Start{Base: base, Script: s.next.Script, Images: s.next.pictures}
	if s.next.saved.State != nil {
		m.State = &protocol.Bytes{Data: s.next.saved.State}
	} else if s.next.start != nil {
		m.Init = &s.next.start.Picture
	}
	return m
}

// ready says why a run of a recipe cannot begin now, or nil.
func (s *State) ready(r recipe.Recipe) error {
	model := recipe.Model.In(r)
	switch {
	case s.opening > 0:
		return errors.New(stillOpening)
	case s.Phase == Loading && s.loading != model:
		return fmt.Errorf(beingDownloaded, s.titleOf(s.loading))
	case s.Phase != Loading && s.needsDownload(model):
		return &recipe.Wrong{Option: recipe.Model.Option,
			Reason: fmt.Errorf(notOnDevice, s.titleOf(model), byteCount(s.model(model).Bytes))}
	}
	return s.judges(r)
}

// showRun makes the form say what the last run takes where it goes on; fields that say it in other words stay.
func (s *State) showRun() {
	takes := s.Run.Script.At(s.Run.saved.Step)
	with := s.Draft
	takes = takes.With(recipe.Dream.Is(recipe.Dream.In(s.Run.Script.Recipe))) // what was dreamt on the way is done
	for _, o := range fields() {
		if !s.saysAs(o, takes) {
			with.Form = with.Form.With(o, o.Format(takes.Value(o)))
		}
	}
	if images, err := s.imagePrompts(); err != nil || !reflect.DeepEqual(images, recipe.ImagePrompts.In(takes)) {
		with.Images = nil
		for _, image := range recipe.ImagePrompts.In(takes) {
			p := imagePromptOf(image)
			if at := slices.IndexFunc(s.Run.pictures, func(n protocol.Named) bool { return n.Name == p.Name }); at >= 0 {
				p.Picture = &s.Run.pictures[at].Picture
			}
			with.Images = append(with.Images, p)
		}
	}
	if s.Start == nil || s.Start.Name != recipe.InitImage.In(takes) {
		with.Start = s.Run.start
	}
	s.replace(theRun, with)
}

// saysAs says whether an option's field says what a recipe does, once that is checked.
func (s *State) saysAs(o *recipe.Option, r recipe.Recipe) bool {
	v, said, err := s.says(o, recipe.Model.In(r))
	if err != nil || !said {
		return false
	}
	checked, _, err := r.With(recipe.Setting{Option: o, Value: v}).Check(s.factor())
	return err == nil && reflect.DeepEqual(checked.Value(o), r.Value(o))
}
