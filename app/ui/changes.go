package ui

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"reverie/app/protocol"
	"reverie/recipe"
)

// sentChange is one that the engine has not answered.
type sentChange struct {
	id  int
	set recipe.Settings
}

// edited is told which options the form says otherwise than before.
func (s *State) edited(options ...*recipe.Option) {
	s.mark(options...)
	switch {
	case s.recheck != nil:
		s.reconsider()
	case s.Problem != noModels:
		s.settle() // it was about the form as it was
	}
}

// mark keeps in mind what a run under way, or one that goes on, may have to take.
func (s *State) mark(options ...*recipe.Option) {
	if s.edits == nil {
		s.edits = map[*recipe.Option]bool{}
	}
	for _, o := range options {
		s.edits[o] = true
	}
}

// complain says what is wrong. Again finds out whether it still is, where the person can mend it.
func (s *State) complain(err error, again func() error) {
	s.Problem, s.Status, s.Wrong, s.recheck = err.Error(), err.Error(), fieldOf(err), again
}

// reconsider takes a complaint back once what it was about is right.
func (s *State) reconsider() {
	if s.recheck == nil {
		return
	}
	if err := s.recheck(); err != nil {
		s.complain(err, s.recheck)
		return
	}
	s.settle()
}

// settle takes the complaint back.
func (s *State) settle() {
	if s.Status == s.Problem {
		s.Status = ""
	}
	s.Problem, s.Wrong, s.recheck = "", "", nil
}

// editedOptions are those that the form says anew, in the table's order.
func (s *State) editedOptions() []*recipe.Option {
	return slices.DeleteFunc(slices.Clone(recipe.Options()), func(o *recipe.Option) bool { return !s.edits[o] })
}

// difference is how the draft departs from a recipe by which a run goes on.
type difference struct {
	live  recipe.Settings  // what the run can take
	anew  []*recipe.Option // what needs a new run
	wrong []*recipe.Option // what cannot be read or cannot run
	err   error            // why the first of these does not
}

// difference looks at some options only, in the table's order.
func (s *State) difference(of []*recipe.Option, now recipe.Recipe) difference {
	var d difference
	note := func(o *recipe.Option, err error) {
		d.wrong = append(d.wrong, o)
		if d.err == nil {
			d.err = err
		}
	}
	var set recipe.Settings
	for _, o := range of {
		v, said, err := s.says(o, recipe.Model.In(now))
		if err != nil {
			note(o, err)
		} else if said {
			set = append(set, recipe.Setting{Option: o, Value: v})
		}
	}
	next, _, err := now.With(set...).Check(s.factor())
	for err != nil && len(set) > 0 {
		bad := set[0].Option // unless the error says which
		var w *recipe.Wrong
		if errors.As(err, &w) && slices.Contains(options(set), w.Option) {
			bad = w.Option
		}
		note(bad, err)
		set = slices.DeleteFunc(set, func(one recipe.Setting) bool { return one.Option == bad })
		next, _, err = now.With(set...).Check(s.factor())
	}
	for _, one := range now.Diff(next) {
		switch {
		case !slices.Contains(of, one.Option): // what else the check has mended
		case !one.Option.Steers(now.Value(one.Option), one.Value):
			d.anew = append(d.anew, one.Option)
		default:
			d.live = append(d.live, one)
		}
	}
	return d
}

// says is what the draft says of an option, with what the run's model suggests where it says nothing.
func (s *State) says(o *recipe.Option, model string) (v any, said bool, err error) {
	switch o {
	case recipe.ImagePrompts.Option:
		v, err = s.imagePrompts()
		return v, true, err
	case recipe.InitImage.Option:
		if s.Start == nil {
			return "", true, nil
		}
		return s.Start.Name, true, nil
	}
	v, open, err := s.Form.read(o)
	switch {
	case err != nil || !open:
		return v, err == nil, err
	case o.Open == recipe.ByModel:
		return recipe.Recipe{}.Suggest(s.model(model).Suggested).Value(o), true, nil
	}
	return nil, false, nil
}

// factor is the pixels per token of the run's model, or of the chosen one.
func (s *State) factor() int {
	if s.Run != nil && s.Run.loaded.Factor > 0 {
		return s.Run.loaded.Factor
	}
	return max(s.Model().Factor, 1)
}

// expected is the recipe of the run's next update once all that was sent is taken.
func (s *State) expected() recipe.Recipe {
	now := s.Run.now()
	for _, sent := range s.Run.sent {
		now = now.With(sent.set...)
	}
	return now
}

// Change sends what was edited while a run is under way, as far as it can be read and the run can take it.
func (s *State) Change() (protocol.Message, bool) {
	if !s.underWay() {
		return nil, false
	}
	d := s.difference(s.editedOptions(), s.expected())
	s.edits, s.anew = nil, d.anew
	s.mark(d.anew...)
	s.mark(d.wrong...)
	if d.err != nil {
		s.complain(d.err, s.checkEdits)
	}
	if len(d.live) == 0 {
		return nil, false
	}
	s.changes++
	s.Run.sent = append(s.Run.sent, sentChange{s.changes, d.live})
	m := protocol.Change{ID: s.changes, Set: d.live}
	if slices.Contains(options(d.live), recipe.ImagePrompts.Option) {
		m.Images = s.unknown(s.Run)
		s.Run.pictures = append(slices.Clip(s.Run.pictures), m.Images...)
	}
	if d.err == nil {
		s.Status = fmt.Sprintf(changingText, names(options(d.live)))
	}
	return m, true
}

// checkEdits says what is wrong with the form while a run is under way: with what was edited on its way.
func (s *State) checkEdits() error {
	if !s.underWay() {
		_, err := s.check()
		return err
	}
	return s.difference(s.editedOptions(), s.expected()).err
}

// unknown are the draft's pictures that a run does not have.
func (s *State) unknown(r *Run) []protocol.Named {
	return slices.DeleteFunc(s.Draft.pictures(), func(n protocol.Named) bool {
		return slices.ContainsFunc(r.pictures, func(have protocol.Named) bool { return have.Name == n.Name })
	})
}

// known are a run's pictures and the draft's.
func (s *State) known(r *Run) []protocol.Named {
	return append(slices.Clip(r.pictures), s.unknown(r)...)
}

// changed takes the engine's answer to a change, or the news that the script itself changed something.
func (s *State) changed(m protocol.Changed) {
	r := s.Run
	if r == nil {
		return
	}
	var changed []*recipe.Option
	if i := slices.IndexFunc(r.sent, func(sent sentChange) bool { return sent.id == m.ID }); i >= 0 {
		changed = options(r.sent[i].set)
		r.sent = slices.Delete(r.sent, i, i+1)
	} else {
		changed = options(m.Script.At(m.Step - 1).Diff(m.Script.At(m.Step)))
	}
	if m.Problem != "" {
		s.complain(errors.New(m.Problem), nil)
		if len(changed) > 0 {
			s.Wrong = fieldID(changed[0])
		}
		return
	}
	r.Script, r.arrivals = m.Script, nil
	for _, notice := range m.Notices {
		if !slices.Contains(r.Notices, notice) {
			r.Notices = append(slices.Clip(r.Notices), notice)
		}
	}
	s.keepDue = true
	if s.Problem == "" && len(changed) > 0 {
		s.Status = strings.Join(append([]string{fmt.Sprintf(changedFrom, m.Step+1, names(changed))}, m.Notices...), " ")
	}
}

// unsent marks what was sent to a run that has ended before it took it as edited.
func (s *State) unsent() {
	for _, sent := range s.Run.sent {
		for _, one := range sent.set {
			s.mark(one.Option)
		}
	}
	s.Run.sent = nil
}

// NewRunText says what of the form needs a new run, or "" where nothing does.
func (s *State) NewRunText() string {
	if !s.underWay() || len(s.anew) == 0 {
		return ""
	}
	labels := make([]string, len(s.anew))
	for i, o := range s.anew {
		labels[i] = strings.ToLower(o.Label)
	}
	verb := "takes"
	if len(labels) > 1 {
		verb = "take"
	}
	return fmt.Sprintf(newRunEffect, upperFirst(list(labels)), verb)
}

// PressNewRun ends the run under way and starts another one with the form's settings, if they can run.
func (s *State) PressNewRun() (protocol.Message, bool) {
	if !s.underWay() {
		return nil, false
	}
	if _, err := s.check(); err != nil {
		s.complain(err, func() error { _, err := s.check(); return err })
		return nil, false
	}
	s.settle()
	s.restart = true
	return s.PressStop()
}

// FollowUp is what the page sends by itself after it has received a message.
func (s *State) FollowUp(base string) (protocol.Message, bool) {
	switch {
	case s.restart && s.Phase == Idle:
		s.restart = false
		return s.PressStart(base)
	case s.queue.next && s.Phase == Idle:
		return s.PressNext(base)
	case s.flush && s.underWay():
		s.flush = false
		return s.Change()
	}
	return nil, false
}

func options(set recipe.Settings) []*recipe.Option {
	list := make([]*recipe.Option, len(set))
	for i, one := range set {
		list[i] = one.Option
	}
	return list
}

// names lists options in a sentence.
func names(options []*recipe.Option) string {
	labels := make([]string, len(options))
	for i, o := range options {
		labels[i] = strings.ToLower(o.Label)
	}
	return strings.Join(labels, ", ")
}

// list joins words as in a sentence.
func list(words []string) string {
	if n := len(words); n > 1 {
		return fmt.Sprintf(listEnd, strings.Join(words[:n-1], ", "), words[n-1])
	}
	return strings.Join(words, "")
}

func upperFirst(text string) string { return strings.ToUpper(text[:1]) + text[1:] }
