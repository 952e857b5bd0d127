package ui

import (
	"encoding/binary"
	"fmt"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"reverie/app/gallery"
	"reverie/app/protocol"
	"reverie/recipe"
)

// stepID is the slider's that looks back over a run.
const stepID = "step"

// lookBack is a look at an earlier step of the run, while the run may go on.
type lookBack struct {
	on      bool
	step    int               // that is looked at
	asked   int               // the ID of the last question
	picture *protocol.Picture // of the step, once it has come
	at      int               // the step of picture
}

// take takes the answer to the last question, for the others are of no use any more. A problem ends the look back.
func (l *lookBack) take(m protocol.Looked) (problem string) {
	switch {
	case !l.on || m.ID != l.asked:
	case m.Problem != "":
		*l = lookBack{}
		return m.Problem
	default:
		l.picture, l.at = m.Picture, l.step
	}
	return ""
}

// past is what is known of a run's steps.
type past struct {
	script        recipe.Script // by which they came about
	columns, rows int           // of the latent in tokens, at its last size
	history       History
}

// past is what is known of the steps of the run.
func (s *State) past() past {
	if s.Run == nil {
		return past{}
	}
	r, f := s.Run.Script.Recipe, s.factor()
	return past{script: s.Run.Script, columns: recipe.Width.In(r) / f, rows: recipe.Height.In(r) / f, history: s.Run.history}
}

// grid are tokens of one of the steps in their rows: at the last size, or at one of those that a picture had on its way from coarse to fine.
func (p past) grid(tokens []byte) recipe.Tokens {
	columns, rows := p.columns, p.rows
	for 2*columns*rows > len(tokens) && columns*rows > 1 {
		columns, rows = (columns+1)/2, (rows+1)/2
	}
	return grid(tokens, columns)
}

// keptPast is what is known of the steps of a kept picture.
func keptPast(script recipe.Script, kept gallery.Steps) past {
	p := past{script: script, columns: kept.Columns, rows: kept.Rows}
	for _, step := range kept.List {
		p.history.Add(step.Number, step.Tokens)
	}
	return p
}

// pack is what stays of the steps with a picture of the run after so many updates: those of the size that it then had.
func (p past) pack(until int) []byte {
	last, _, _ := p.history.At(until)
	size := p.grid(last)
	kept := gallery.Steps{Columns: size.Columns, Rows: size.Rows}
	for _, m := range p.history.moments() {
		if m.step <= until && len(m.tokens) == len(last) {
			kept.List = append(kept.List, gallery.Step{Number: m.step, Tokens: m.tokens})
		}
	}
	return kept.Pack(gallery.StepsBytes)
}

// reach is the first and the last step that can be looked at; ok is false where there is no way back.
func (p past) reach() (first, last int, ok bool) {
	first, last, ok = p.history.Range()
	return first, last, ok && last > first
}

// fork is a run that departs from a step, unless that is not kept any more.
func (p past) fork(step int) (fork recipe.Script, ok bool) {
	tokens, found, ok := p.history.At(step)
	if !ok || found != step {
		return recipe.Script{}, false
	}
	return p.script.Fork(step, p.grid(tokens)), true
}

// Reach is the first and the last step that can be looked at; ok is false where there is no way back.
func (s *State) Reach() (first, last int, ok bool) {
	if s.Run == nil || s.Phase == Broken {
		return 0, 0, false
	}
	return s.past().reach()
}

// LookAt asks for the picture after so many updates of the run. At the last one the look back ends, and the page follows the run.
func (s *State) LookAt(step int, base string) (protocol.Message, bool) {
	if _, _, ok := s.Reach(); !ok {
		s.stopLooking()
		return nil, false
	}
	return s.lookInto(s.past(), &s.look, step, base)
}

// lookInto asks for the picture of a step. At the last one the look back ends.
func (s *State) lookInto(p past, l *lookBack, step int, base string) (protocol.Message, bool) {
	_, last, ok := p.reach()
	if !ok || step >= last {
		*l = lookBack{}
		return nil, false
	}
	tokens, found, ok := p.history.At(step)
	if !ok {
		return nil, false
	}
	m := s.question(p, found, tokens, base)
	l.on, l.step, l.asked = true, found, m.ID
	return m, true
}

// LookAlong is LookAt so many steps after the one that is looked at, or after the newest.
func (s *State) LookAlong(by int, base string) (protocol.Message, bool) {
	_, at, _ := s.Reach()
	if s.look.on {
		at = s.look.step
	}
	return s.LookAt(at+by, base)
}

// question asks for the picture of the tokens of a step.
func (s *State) question(p past, step int, tokens []byte, base string) protocol.Look {
	s.looks++
	now, size := p.script.At(step), p.grid(tokens)
	return protocol.Look{ID: s.looks, Base: base, Model: recipe.Model.In(now), Width: size.Columns, Height: size.Rows,
		Half: recipe.Precision.In(now) == "half", Tile: recipe.Tile.In(now), Mirror: recipe.Mirror.In(now), Clear: recipe.Transparent.In(now),
		Window: recipe.Window.In(now), Tokens: &protocol.Bytes{Data: tokens}}
}

// stopLooking shows the run's own picture again.
func (s *State) stopLooking() { s.look = lookBack{} }

// looked takes the picture of an earlier step.
func (s *State) looked(m protocol.Looked) {
	if problem := s.look.take(m); problem != "" {
		s.Status = problem
	}
}

// Visible is the picture that the page shows, with its run and the updates made until then: an earlier one, or the newest.
func (s *State) Visible() (picture *protocol.Picture, run *Run, step int) {
	if s.look.on && s.look.picture != nil {
		return s.look.picture, s.Run, s.look.at
	}
	return s.Shown, s.ShownRun, s.ShownAt
}

// CanFork says whether an earlier step is looked at, from which another run may depart.
func (s *State) CanFork() bool {
	return s.look.on && s.look.picture != nil && s.canForkNow()
}

// canForkNow says whether another run may depart from an earlier step.
func (s *State) canForkNow() bool { return s.Phase == Idle || s.Phase == Loading || s.underWay() }

// PressFork makes the earlier step that is looked at the start of another run, which takes what the run took then.
func (s *State) PressFork() (protocol.Message, bool) {
	if !s.CanFork() {
		return nil, false
	}
	return s.forkFrom(s.past(), s.look.at, Draft{Images: imagesOf(s.known(s.Run))})
}

// forkFrom makes a step the start of another run; pictures that its settings name are those of known. Where a run is under way it ends here, its
// picture stays, and the other one begins at once: a form beside a run says what that run takes.
func (s *State) forkFrom(p past, step int, known Draft) (protocol.Message, bool) {
	script, ok := p.fork(step)
	if !ok {
		s.Status = fmt.Sprintf(stepNotKept, step)
		return nil, false
	}
	draft := DraftOf(script, known)
	s.settle()
	s.Offer = nil
	if s.underWay() {
		return s.depart(fmt.Sprintf(stepNumber, step), draft)
	}
	s.replace(fmt.Sprintf(stepNumber, step), draft)
	s.Status = fmt.Sprintf(departsFrom, step)
	return nil, false
}

// depart ends the run under way for another one, by a draft that takes the form's place. A draft that cannot run changes nothing.
func (s *State) depart(by string, draft Draft) (protocol.Message, bool) {
	before := s.Draft
	s.Draft = draft
	_, err := s.check()
	s.Draft = before
	if err != nil {
		s.complain(err, nil)
		return nil, false
	}
	s.replace(by, draft)
	s.restart = true
	return s.PressStop()
}

// grid are tokens as a run tells them, in rows of so many.
func grid(tokens []byte, columns int) recipe.Tokens {
	codes := make([]uint16, len(tokens)/2)
	for i := range codes {
		codes[i] = binary.LittleEndian.Uint16(tokens[2*i:])
	}
	return recipe.Tokens{Columns: columns, Rows: len(codes) / max(1, columns), Codes: codes}
}

// imagesOf are pictures as image prompts whose names are all that is known of them.
func imagesOf(pictures []protocol.Named) []ImagePrompt {
	list := make([]ImagePrompt, len(pictures))
	for i, n := range pictures {
		list[i] = ImagePrompt{Name: n.Name, Picture: &pictures[i].Picture}
	}
	return list
}

// renderLook is the head with which a person looks back over the run.
func (p *Page) renderLook() app.UI {
	s := &p.state
	first, last, ok := s.Reach()
	if !ok {
		return elem("div").Class("look").Hidden(true)
	}
	at := last
	if s.look.on {
		at = s.look.step
	}
	text := newestStep
	if s.look.on {
		text = fmt.Sprintf(atStepOf, at, last)
	}
	return elem("div").Class("look").Hidden(false).Body(
		app.Input().ID(stepID).Type("range").Aria("label", stepLabel).Aria("valuetext", text).Attr("min", first).Attr("max", last).Attr("step", 1).
			Attr("value", at).OnInput(p.looksBack),
		p.button(forkButton, "chip", s.CanFork(), func(app.Context, app.Event) {
			p.send(s.PressFork())
			p.started()
		}),
	)
}

// placeSlider lays the slider over the part of the track that it reaches.
func (p *Page) placeSlider() {
	first, _, ok := p.state.Reach()
	if !ok {
		return
	}
	span := track{Step: p.state.Run.Step}
	if steps, end := p.state.Run.Steps(); end {
		span.Steps = steps
	}
	share := func(step int) string { return fmt.Sprintf("%.1f%%", 100*float64(step)/float64(span.end())) }
	if rail := [2]string{share(first), share(span.Step)}; rail != p.rail {
		p.rail = rail
		setProperty(timeID, "--from", rail[0])
		setProperty(timeID, "--to", rail[1])
	}
}

func (p *Page) looksBack(ctx app.Context, _ app.Event) {
	p.send(p.state.LookAt(ctx.JSSrc().Get("valueAsNumber").Int(), p.weights()))
	p.draw()
}
