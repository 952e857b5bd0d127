package ui

import (
	"fmt"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"reverie/app/gallery"
	"reverie/app/picture"
	"reverie/app/protocol"
	"reverie/recipe"
)

// fetchSteps gets what is needed to look back over a kept picture's steps. A picture without is no problem.
func (p *Page) fetchSteps(id string) {
	g := &p.gallery
	p.ctx.Async(func() {
		steps, err := g.store.Steps(id)
		p.ctx.Dispatch(func(app.Context) {
			if err != nil {
				app.Log(err)
			}
			if of, ok := g.find(id); ok && g.steps.of == id {
				g.steps.past = keptPast(of.Script, steps)
				g.changes++
			}
		})
	})
}

// review takes the picture of a step that the lightbox looks at.
func (p *Page) review(m protocol.Message) {
	g := &p.gallery
	looked, ok := m.(protocol.Looked)
	if !ok || looked.ID != g.steps.look.asked {
		return
	}
	if problem := g.steps.look.take(looked); problem != "" {
		p.note(problem)
	}
	p.galleryChanged()
}

// drawStep draws the step that the lightbox looks at.
func (p *Page) drawStep() {
	if picture := p.gallery.steps.look.picture; picture != nil {
		draw(lightboxStepID, picture, func() { p.ctx.Dispatch(func(app.Context) { p.galleryChanged() }) })
	}
}

// renderLightbox is the dialog that shows one picture, or compares it with another.
func (v *picturesView) renderLightbox() app.UI {
	g := &v.page.gallery
	p, ok := g.find(g.opened)
	dialog := elem("dialog").ID(lightboxID).Class("lightbox").Aria("labelledby", lightboxTitleID).OnKeyDown(v.pressKey).
		On("close", func(app.Context, app.Event) {
			g.close()
			v.page.galleryChanged()
		})
	if !ok {
		return dialog.Body(elem("h2").ID(lightboxTitleID))
	}
	against, beside := g.find(g.against)
	return dialog.Body(
		elem("div").Class("row").Body(
			elem("h2").ID(lightboxTitleID).Text(p.Title()),
			v.page.iconButton(previousPicture, "M15 5l-7 7 7 7", true, v.presses(func() { g.move(-1) })),
			v.page.iconButton(nextPicture, "M9 5l7 7-7 7", true, v.presses(func() { g.move(1) })),
			v.page.iconButton(closeButton, "M5 5l14 14M19 5L5 19", true, v.presses(g.close)),
		),
		v.page.renderToasts(true),
		v.renderShown(p, against, beside),
		v.renderSteps(p, beside),
		app.If(g.choose, func() app.UI {
			return elem("div").Body(elem("p").Text(compareWith), v.renderStrip(compareList, g.found()))
		}),
		v.renderActions(p, beside || g.choose),
		v.renderShares(),
	)
}

// renderShown is the picture, with another one beside it or, where they have the same proportions, over it.
func (v *picturesView) renderShown(p, against gallery.Picture, beside bool) app.UI {
	switch {
	case beside && alike(p, against):
		return elem("div").Class("shown").Body(elem("figure").Body(
			elem("div").ID(wipeID).Class("wipe").Body(v.renderImage(p, false), v.renderImage(against, false)),
			app.Input().Type("range").Aria("label", compareShare).Attr("min", 0).Attr("max", 100).OnInput(func(ctx app.Context, _ app.Event) {
				setProperty(wipeID, "--share", ctx.JSSrc().Get("value").String()+"%")
			}),
			elem("figcaption").Class("quiet sides").Body(elem("span").Text(p.Title()), elem("span").Text(against.Title())),
		))
	case beside:
		return elem("div").Class("shown").Body(v.renderPicture(p), v.renderPicture(against))
	}
	return elem("div").Class("shown").Body(v.renderPicture(p))
}

// renderPicture is a picture, or in its place the step of it that is looked at.
func (v *picturesView) renderPicture(p gallery.Picture) app.UI {
	g := &v.page.gallery
	look := &g.steps.look
	looking, about := g.steps.of == p.ID && look.picture != nil, aboutPicture(p)
	name := ""
	if looking {
		about = fmt.Sprintf(stepOfSteps, look.at, p.Step)
		name = about + ": " + recipe.Prompt.In(p.Script.At(look.at))
	}
	return elem("figure").Body(
		v.renderImage(p, looking),
		elem("canvas").ID(lightboxStepID).Role("img").Aria("label", name).Hidden(!looking),
		elem("figcaption").Class("quiet").Text(about),
	)
}

func (v *picturesView) renderImage(p gallery.Picture, hidden bool) app.UI {
	return elem("img").Attr("alt", fmt.Sprintf(namedSides, p.Prompt(), p.Width, p.Height)).Attr("width", p.Width).Attr("height", p.Height).
		Attr("src", v.page.gallery.files[p.ID]).Hidden(hidden)
}

// renderSteps is the head with which a person looks back over the steps of a kept picture, or why that cannot be now.
func (v *picturesView) renderSteps(p gallery.Picture, beside bool) app.UI {
	page, r := v.page, &v.page.gallery.steps
	first, last, ok := r.past.reach()
	if !ok || beside {
		return elem("div").Hidden(true)
	}
	if why := page.state.stepsWait(p.Script); why != "" {
		return elem("p").Class("quiet").Text(why)
	}
	at, text := last, finishedPictureText
	if r.look.on {
		at, text = r.look.step, fmt.Sprintf(atStepOf, r.look.step, last)
	}
	return elem("div").Class("look").Hidden(false).Body(
		app.Input().Type("range").Aria("label", stepLabel).Aria("valuetext", text).Attr("min", first).Attr("max", last).Attr("step", 1).Attr("value", at).
			OnInput(v.looksBack),
		page.button(forkButton, "chip", r.look.picture != nil && page.state.canForkNow(), v.pressFork),
		page.button(filmLabel, "chip", true, func(app.Context, app.Event) {
			v.withOpened(func(p gallery.Picture) { page.film(r.past, p.Step) })
		}),
	)
}

func (v *picturesView) looksBack(ctx app.Context, _ app.Event) {
	page, r := v.page, &v.page.gallery.steps
	page.send(page.state.lookInto(r.past, &r.look, ctx.JSSrc().Get("valueAsNumber").Int(), page.weights()))
	page.galleryChanged()
}

func (v *picturesView) pressFork(app.Context, app.Event) {
	page, r := v.page, &v.page.gallery.steps
	page.send(page.state.forkFrom(r.past, r.look.at, page.state.Draft))
	v.leave()
	page.started()
}

func (v *picturesView) renderActions(p gallery.Picture, comparing bool) app.UI {
	idle := v.Phase == Idle || v.Phase == Loading
	compare := compareButton
	if comparing {
		compare = endComparison
	}
	star := favouriteButton
	if p.Favourite {
		star = noFavourite
	}
	return elem("div").Class("row").Body(
		v.page.button(useSettings, "primary", true, v.pressUse),
		v.page.button(tweakButton, "", true, v.pressTweak),
		v.page.button(rerunButton, "", idle || v.page.state.underWay(), v.pressRerun),
		v.page.button(evolveButton, "", true, v.pressEvolve),
		v.page.button(compare, "", len(v.page.gallery.all) > 1, v.presses(v.page.gallery.compare)),
		v.page.button(star, "", true, v.pressFavourite),
		v.page.button(deleteButton, "", true, v.pressDelete),
		elem("label").Body(
			app.Text(nameLabel),
			app.Input().Type("text").MaxLength(gallery.MaxName).Placeholder(itsPrompt).Attr("value", p.Name).OnChange(v.rename),
		),
	)
}

// renderShares is how the picture leaves the page.
func (v *picturesView) renderShares() app.UI {
	row := []app.UI{v.page.button(downloadButton, "strong", true, v.pressDownload), v.page.button(copyLinkToIt, "", true, v.pressLink)}
	for _, one := range v.page.sharings() {
		row = append(row, v.page.button(one.label, "", true, func(app.Context, app.Event) { v.withShot(one.do) }))
	}
	return elem("div").Class("shares").Body(elem("div").Class("row").Body(row...), elem("p").Class("help").Text(fileCarries))
}

// withOpened does something with the picture in the lightbox as it is at the press.
func (v *picturesView) withOpened(do func(gallery.Picture)) {
	if p, ok := v.page.gallery.find(v.page.gallery.opened); ok {
		do(p)
	}
}

// withShot does something with what the lightbox shows: the kept picture, or the step of it that is looked at.
func (v *picturesView) withShot(do func(shot)) {
	v.withOpened(func(p gallery.Picture) {
		if look := &v.page.gallery.steps.look; look.picture != nil {
			meta := picture.Meta{Script: p.Script, Step: look.at, ModelTitle: v.page.state.titleOf(recipe.Model.In(p.Script.Recipe)), Build: app.Getenv("GOAPP_VERSION")}
			do(v.page.shotOf(look.picture, fileName(p.Script.At(look.at), look.at), meta))
			return
		}
		do(v.page.keptShot(p))
	})
}

// keptShot is a kept picture.
func (p *Page) keptShot(of gallery.Picture) shot {
	return shot{
		name: of.File, prompt: of.Prompt(),
		file: func() ([]byte, error) { return p.gallery.store.PNG(of.ID) },
		open: func() (picture.RGBA, picture.Meta, error) {
			png, err := p.gallery.store.PNG(of.ID)
			if err != nil {
				return picture.RGBA{}, picture.Meta{}, err
			}
			opened, found, err := picture.Decoder{Pause: breather()}.OpenWithSettings(png)
			picture.Bare(opened.Pix)
			return opened, picture.Meta{Script: of.Script, Step: of.Step, ModelTitle: found.Model, Build: found.Build, Weights: found.Weights}, err
		},
	}
}

func (v *picturesView) pressLink(app.Context, app.Event) {
	v.withOpened(func(p gallery.Picture) { v.page.copyLink(portable(p.Script), v.page.note) })
}

// pressUse puts the picture's settings into the form.
func (v *picturesView) pressUse(app.Context, app.Event) {
	v.withOpened(func(p gallery.Picture) {
		v.page.state.UseSettings(p)
		v.leave()
		v.page.changed(now)
	})
}

// pressTweak is pressUse for a person who is about to type: with the seed that stays, what differs then comes from what was typed.
func (v *picturesView) pressTweak(ctx app.Context, e app.Event) {
	v.pressUse(ctx, e)
	v.page.ctx.Defer(func(app.Context) { focus(promptID) })
}

func (v *picturesView) leave() {
	v.page.gallery.close()
	v.page.galleryChanged()
}

// pressRerun makes another picture by the same settings, in place of what is under way.
func (v *picturesView) pressRerun(app.Context, app.Event) {
	v.withOpened(func(p gallery.Picture) {
		page := v.page
		page.state.UseAnew(p)
		v.leave()
		if page.state.underWay() {
			page.send(page.state.PressNewRun())
			page.started()
			return
		}
		page.start()
	})
}

func (v *picturesView) pressEvolve(app.Context, app.Event) {
	v.withOpened(func(p gallery.Picture) {
		page := v.page
		page.ctx.Async(func() {
			opened, _, err := page.keptShot(p).open()
			page.ctx.Dispatch(func(app.Context) {
				if err != nil {
					page.note(err.Error())
					return
				}
				page.state.Evolve(p, opened)
				v.leave()
				page.changed(now)
			})
		})
	})
}

func (v *picturesView) pressFavourite(app.Context, app.Event) {
	v.withOpened(func(p gallery.Picture) {
		v.page.reshelve(func() error { return v.page.gallery.store.SetFavourite(p.ID, !p.Favourite) }, nil)
	})
}

func (v *picturesView) rename(ctx app.Context, _ app.Event) {
	name := ctx.JSSrc().Get("value").String()
	v.withOpened(func(p gallery.Picture) {
		v.page.reshelve(func() error { return v.page.gallery.store.Rename(p.ID, name) }, nil)
	})
}

func (v *picturesView) pressDownload(app.Context, app.Event) {
	v.withShot(func(s shot) {
		v.page.later(func() (string, error) {
			png, err := s.file()
			if err == nil {
				save(s.name, pngKind, png)
			}
			return "", err
		})
	})
}

func (v *picturesView) pressDelete(app.Context, app.Event) {
	v.withOpened(func(p gallery.Picture) { v.delete(p.ID) })
}

// pressKey moves on by arrows and deletes by Delete, but not while a name is typed or a slider has the focus. Escape is the browser's.
func (v *picturesView) pressKey(ctx app.Context, e app.Event) {
	if e.Get("target").Get("tagName").String() == "INPUT" {
		return
	}
	switch e.Get("key").String() {
	case "ArrowLeft":
		v.presses(func() { v.page.gallery.move(-1) })(ctx, e)
	case "ArrowRight":
		v.presses(func() { v.page.gallery.move(1) })(ctx, e)
	case "Delete":
		v.pressDelete(ctx, e)
	}
}
