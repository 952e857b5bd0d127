package ui

import (
	"fmt"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"reverie/app/film"
	"reverie/app/picture"
	"reverie/app/protocol"
	"reverie/recipe"
)

// stageShot is the picture that the page shows; ok is false where there is none.
func (p *Page) stageShot() (s shot, ok bool) {
	shown, run, at := p.state.Visible()
	if shown == nil || run == nil {
		return shot{}, false
	}
	return p.shotOf(shown, fileName(run.Script.At(at), at), metaOf(run, at)), true
}

// shotOf is a picture of a run that the engine has told.
func (p *Page) shotOf(shown *protocol.Picture, name string, meta picture.Meta) shot {
	return shot{
		name: name, prompt: recipe.Prompt.In(meta.Script.At(max(meta.Step-1, 0))),
		file: func() ([]byte, error) {
			png, _, err := picture.Encoder{Pause: breather()}.Write(shown.Pix, shown.Width, shown.Height, meta)
			return png, err
		},
		open: func() (picture.RGBA, picture.Meta, error) { return picture.RGBA(*shown), meta, nil },
	}
}

// sharings are what can be done with a picture beside downloading it.
func (p *Page) sharings() []sharing {
	list := []sharing{{copyPicture, p.copyPicture}}
	if p.sharing {
		list = append(list, sharing{sharePicture, p.sharePicture})
	}
	return append(list, sharing{saveLarge, p.saveLarge}, sharing{saveBare, p.saveBare})
}

type sharing struct {
	label string
	do    func(shot)
}

// renderShare is what can be done with the picture that the page shows.
func (p *Page) renderShare() app.UI {
	if p.state.Shown == nil {
		return elem("div").Hidden(true)
	}
	return p.chip("share", shareLabel, shareButton, p.shareMenu)
}

func (p *Page) shareMenu() []app.UI {
	var list []app.UI
	for _, one := range p.sharings() {
		list = append(list, app.Button().Type("button").Class("choice").Text(one.label).OnClick(func(app.Context, app.Event) {
			p.open = ""
			if s, ok := p.stageShot(); ok {
				one.do(s)
			}
		}, app.EventScope(one.label)))
	}
	return append(list, elem("p").Class("help").Text(fileCarries))
}

// shared tells what came of it.
func (p *Page) shared(err error, done string) {
	switch {
	case err == nil && done != "":
		p.note(done)
	case err != nil && p.gallery.opened != "": // the page's message lies behind the dialog
		p.note(err.Error())
	case err != nil:
		p.state.complain(err, nil)
	}
}

// later does what blocks, and tells what came of it.
func (p *Page) later(do func() (done string, err error)) {
	p.ctx.Async(func() {
		done, err := do()
		p.ctx.Dispatch(func(app.Context) { p.shared(err, done) })
	})
}

// pressCopyLink copies a link to the run that was steered, or else to the form's settings, with the seed that stands there.
func (p *Page) pressCopyLink(app.Context, app.Event) {
	script, err := p.state.linked()
	if err != nil {
		p.state.complain(err, func() error { _, err := p.state.linked(); return err })
		return
	}
	p.copyLink(script, func(text string) { p.state.Status = text })
}

// copyLink copies a link to a script, and tells.
func (p *Page) copyLink(script recipe.Script, tell func(string)) {
	link := root() + script.ToLink()
	p.ctx.Async(func() {
		err := copyText(link)
		p.ctx.Dispatch(func(app.Context) {
			if err != nil {
				tell(noClipboard)
				return
			}
			tell(linkText(link, script))
		})
	})
}

func (p *Page) copyPicture(s shot) {
	p.later(func() (string, error) {
		if err := copyImage(pngKind, s.file); err != nil {
			app.Log(err)
			return noClipboard, nil
		}
		return pictureCopied, nil
	})
}

func (p *Page) sharePicture(s shot) {
	p.later(func() (string, error) {
		png, err := s.file()
		if err == nil {
			err = shareFile(s.name, pngKind, s.prompt, png)
		}
		return "", err
	})
}

func (p *Page) saveBare(s shot) {
	p.later(func() (string, error) {
		opened, _, err := s.open()
		if err != nil {
			return "", err
		}
		png, err := picture.Encoder{Pause: breather()}.WritePlain(opened.Pix, opened.Width, opened.Height)
		if err != nil {
			return "", err
		}
		name := variant(s.name, "bare")
		save(name, pngKind, png)
		return fmt.Sprintf(savedBare, name), nil
	})
}

// saveLarge saves the picture with longer sides. Its settings are those of the picture itself.
func (p *Page) saveLarge(s shot) {
	p.later(func() (string, error) {
		opened, meta, err := s.open()
		if err != nil {
			return "", err
		}
		m, err := enlarge(opened)
		if err != nil {
			return "", err
		}
		p.ctx.Dispatch(func(app.Context) { p.once(m, func(m film.Message, err error) { p.savesLarge(s.name, m, meta, err) }) })
		return enlarging, nil
	})
}

func (p *Page) savesLarge(name string, m film.Message, meta picture.Meta, err error) {
	p.later(func() (string, error) {
		large, ok := m.(film.Enlarged)
		if err != nil || !ok {
			return "", err
		}
		png, _, err := picture.Encoder{Pause: breather()}.Write(large.Picture.Pix, large.Picture.Width, large.Picture.Height, meta)
		if err != nil {
			return "", err
		}
		name := variant(name, fmt.Sprintf("%dx", enlargedTimes))
		save(name, pngKind, png)
		return fmt.Sprintf(savedLarge, name, large.Picture.Width, large.Picture.Height), nil
	})
}

// once has the program that exports do one thing and hands over its answer. The program ends with it.
func (p *Page) once(m film.Message, take func(film.Message, error)) {
	var e *exporter
	e = startExporter(func(answer film.Message) {
		p.ctx.Dispatch(func(app.Context) {
			if e == nil {
				return // it has answered
			}
			e.close()
			e = nil
			take(answer, answered(answer))
		})
	})
	if err := e.post(m); err != nil {
		e.close()
		e = nil
		take(nil, err)
	}
}
