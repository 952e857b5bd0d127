package ui

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"reverie/app/film"
	"reverie/app/protocol"
)

// FilmDialog makes a film of Source and saves it. It is open while it is mounted; Closed is told when the person closes it. The program that
// makes films lives as long.
type FilmDialog struct {
	app.Compo

	Source FilmSource
	Closed func()

	form     filmForm
	exporter *exporter
}

func (d *FilmDialog) OnMount(ctx app.Context) {
	d.form = newFilmForm(d.Source)
	ctx.Defer(func(app.Context) { showModal(filmID) })
}

func (d *FilmDialog) OnDismount() { d.stop() }

func (d *FilmDialog) stop() {
	if d.exporter != nil {
		d.exporter.close()
		d.exporter = nil
	}
}

func (d *FilmDialog) pressMake(ctx app.Context, _ app.Event) {
	m := d.form.begin(d.Source)
	if m == nil {
		if d.form.wrong != "" {
			focus(d.form.wrong)
		}
		return
	}
	if d.exporter == nil {
		d.exporter = startExporter(func(m film.Message) {
			ctx.Dispatch(func(ctx app.Context) { d.receive(ctx, m) })
		})
	}
	d.post(m)
}

// receive acts on what the program says.
func (d *FilmDialog) receive(ctx app.Context, m film.Message) {
	want, made := d.form.hear(m)
	if unusable(m) {
		d.stop()
	}
	if made != nil {
		save(d.Source.Name+"."+string(made.Format), filmKinds[made.Format], made.File.Data)
	}
	if want < 0 {
		return
	}
	serial := d.form.serial
	d.form.shown(d.Source).Picture(want, func(p *protocol.Picture, err error) {
		ctx.Dispatch(func(app.Context) {
			if m := d.form.frame(serial, p, err); m != nil {
				d.post(m)
			}
		})
	})
}

func (d *FilmDialog) post(m film.Message) {
	if d.exporter == nil {
		return
	}
	if err := d.exporter.post(m); err != nil {
		d.form.fail(err.Error())
	}
}

func (d *FilmDialog) Render() app.UI {
	f := &d.form
	return elem("dialog").ID(filmID).Class("film-dialog").Aria("labelledby", filmID+"-title").On("close", d.closed).Body(
		elem("h2").ID(filmID+"-title").Text(filmTitle),
		elem("p").Class("help").Text(filmHelp),
		elem("div").Class("field").Body(
			elem("label").Attr("for", filmFormatID).Text(filmFormat),
			elem("select").ID(filmFormatID).Aria("invalid", f.wrong == filmFormatID).OnChange(func(ctx app.Context, _ app.Event) {
				f.format = film.Format(ctx.JSSrc().Get("value").String())
			}).Body(app.Range(film.Formats).Slice(func(i int) app.UI {
				k := film.Formats[i]
				return elem("option").Attr("value", string(k)).Attr("selected", k == f.format).Text(filmFormats[k])
			})),
		),
		elem("div").Class("pair").Body(
			app.Range(f.filmNumbers()).Slice(func(i int) app.UI { return d.renderNumber(f.filmNumbers()[i]) }),
		),
		app.If(len(d.Source.Frames) > 1, func() app.UI {
			return d.renderSwitch(filmFramesID, framesAlone, f.frames, func(on bool) { f.showFrames(d.Source, on) })
		}),
		d.renderSwitch(filmSmoothID, smoothPixels, f.smooth, func(on bool) { f.smooth = on }),
		d.renderSwitch(filmFadeID, fadePictures, f.fade, func(on bool) { f.fade = on }),
		elem("p").ID(filmID+"-problem").Class("problem").Role("alert").Text(f.problem),
		elem("div").Class("progress").Body(
			app.If(f.making && f.total > 0, func() app.UI {
				return elem("progress").Aria("label", filmLabel).Attr("max", f.total).Attr("value", f.done)
			}),
			elem("p").Role("status").Text(f.status),
		),
		elem("div").Class("row").Body(
			app.If(f.making, func() app.UI {
				return elem("button").Attr("type", "button").Class("button").Text(cancelButton).OnClick(d.pressCancel)
			}).Else(func() app.UI {
				return elem("button").Attr("type", "button").Class("button primary").Text(makeFilmButton).OnClick(d.pressMake)
			}),
			elem("button").Attr("type", "button").Class("button").Text(closeButton).OnClick(func(app.Context, app.Event) { closeModal(filmID) }),
		),
	)
}

func (d *FilmDialog) pressCancel(app.Context, app.Event) { d.post(film.Cancel{}) }

func (d *FilmDialog) closed(app.Context, app.Event) {
	d.stop()
	d.form.making = false
	if d.Closed != nil {
		d.Closed()
	}
}

func (d *FilmDialog) renderNumber(n filmNumber) app.UI {
	wrong := d.form.wrong == n.id
	return elem("div").Class("field").Body(
		elem("label").Attr("for", n.id).Text(n.label),
		app.Input().ID(n.id).Type("text").Attr("inputmode", "decimal").Value(*n.text).Aria("invalid", wrong).
			Aria("describedby", filmID+"-problem").OnInput(func(ctx app.Context, _ app.Event) {
			*n.text = ctx.JSSrc().Get("value").String()
		}, app.EventScope(n.id)),
	)
}

func (d *FilmDialog) renderSwitch(id, label string, on bool, set func(on bool)) app.UI {
	return elem("div").Class("check").Body(
		app.Input().ID(id).Type("checkbox").Checked(on).OnChange(func(ctx app.Context, _ app.Event) {
			set(ctx.JSSrc().Get("checked").Bool())
		}, app.EventScope(id)),
		elem("label").Attr("for", id).Text(label),
	)
}
