package ui

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"reverie/app/protocol"
	"reverie/recipe"
)

// errFilmLost is what a film says whose pictures do not come any more.
var errFilmLost = errors.New(engineLeftFilm)

// filming is the film that is being made of a run.
type filming struct {
	source FilmSource
	asked  int // the ID of the picture that is on its way, or 0
	take   func(*protocol.Picture, error)
}

// CanFilm says whether the run has pictures to make a film of.
func (s *State) CanFilm() bool {
	_, _, ok := s.Reach()
	return ok
}

// film is a run until a step as a film shows it. Its pictures are asked for by ask.
func (s *State) film(p past, until int, base string, ask func(protocol.Look, func(*protocol.Picture, error))) FilmSource {
	moments := p.history.moments()
	var frames []int
	if p.script.HasFrames() {
		for i, m := range moments {
			if p.script.At(m.step).Frame(m.step) {
				frames = append(frames, i)
			}
		}
	}
	settings, _ := json.Marshal(p.script) // of its own making
	now := p.script.At(until)
	return FilmSource{
		Pictures: len(moments), Frames: frames, Width: recipe.Width.In(now), Height: recipe.Height.In(now),
		Name: strings.TrimSuffix(fileName(now, until), ".png"), Title: recipe.Prompt.In(now), Comment: string(settings),
		Picture: func(i int, take func(*protocol.Picture, error)) {
			ask(s.question(p, moments[i].step, moments[i].tokens, base), take)
		},
	}
}

// pressFilm opens the dialog that makes a film of the run.
func (p *Page) pressFilm(app.Context, app.Event) {
	if p.state.CanFilm() {
		p.film(p.state.past(), p.state.Run.Step)
	}
}

// film opens the dialog that makes a film of a run's steps until one of them.
func (p *Page) film(steps past, until int) {
	p.filming = &filming{}
	p.filming.source = p.state.film(steps, until, p.weights(), func(m protocol.Look, take func(*protocol.Picture, error)) {
		if p.filming != nil { // it was closed meanwhile
			p.filming.asked, p.filming.take = m.ID, take
			p.send(m, true)
		}
	})
}

func (p *Page) closeFilm() { p.filming = nil }

// renderFilm is the dialog, while it is open.
func (p *Page) renderFilm() app.UI {
	if p.filming == nil {
		return elem("div").Hidden(true)
	}
	return &FilmDialog{Source: p.filming.source, Closed: p.closeFilm}
}

// tellFilm hands over the picture that the film waits for, or why none will come.
func (p *Page) tellFilm(m protocol.Message) {
	f := p.filming
	if f == nil || f.take == nil {
		return
	}
	take := f.take
	switch m := m.(type) {
	case protocol.Looked:
		if m.ID != f.asked {
			return
		}
		f.take = nil
		if m.Problem != "" {
			take(nil, errors.New(m.Problem))
		} else {
			take(m.Picture, nil)
		}
	default:
		if p.state.Phase == Broken {
			f.take = nil
			take(nil, errFilmLost)
		}
	}
}
