package ui

import (
	"errors"
	"slices"
	"sync"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"reverie/app/gallery"
	"reverie/app/picture"
)

// The ids of the gallery's elements that are looked for.
const (
	lightboxID      = "lightbox"
	lightboxTitleID = "lightbox-title"
)

// pngKind is the media type of a kept picture.
const pngKind = "image/png"

// galleryView ties the shelf to where the pictures are kept.
type galleryView struct {
	shelf
	store   gallery.Store
	urls    map[string]string // of thumbnails, by the pictures' IDs
	files   map[string]string // of the pictures themselves in the lightbox
	changes int               // how often it has changed
	order   sync.Mutex        // held by what is done with the kept pictures, one after another
}

// picturesView is the strip of kept pictures with the lightbox. Its exported fields say when it is to be drawn anew.
type picturesView struct {
	app.Compo
	page *Page

	Changes int
	Phase   Phase
	Live    bool
}

// renderPictures is the strip of kept pictures with its lightbox.
func (p *Page) renderPictures() app.UI {
	return &picturesView{page: p, Changes: p.gallery.changes, Phase: p.state.Phase, Live: p.live}
}

// openGallery shows what was kept in earlier visits, and again when the person comes back from another tab.
func (p *Page) openGallery() {
	p.gallery.store.Vault = picturesVault()
	p.reshelve(nil, nil)
	watchReturn(func() { p.ctx.Dispatch(func(app.Context) { p.reshelve(nil, nil) }) })
}

// reshelve does something with the kept pictures, shows them as they are then, and tells what then has to tell.
func (p *Page) reshelve(do func() error, then func()) {
	have := map[string]bool{}
	for id := range p.gallery.urls {
		have[id] = true
	}
	p.ctx.Async(func() {
		p.gallery.order.Lock()
		defer p.gallery.order.Unlock()
		var err error
		if do != nil {
			err = do()
		}
		list, listErr := p.gallery.store.List()
		fresh := map[string][]byte{}
		for _, kept := range list {
			if !have[kept.ID] {
				fresh[kept.ID], _ = p.gallery.store.Thumbnail(kept.ID) // without it there is the name
			}
		}
		p.ctx.Dispatch(func(app.Context) {
			g := &p.gallery
			if listErr == nil {
				g.take(list)
				p.showThumbnails(fresh)
			} else {
				app.Log(listErr) // a browser that keeps nothing for pages has no pictures either
			}
			switch {
			case err != nil:
				g.say(sentence(err))
			case then != nil:
				then()
			}
			p.galleryChanged()
		})
	})
}

// sentence is what a person reads of an error.
func sentence(err error) string {
	if errors.Is(err, gallery.ErrFull) || errors.Is(err, gallery.ErrGone) {
		return err.Error()
	}
	app.Log(err)
	return "The browser does not keep the picture or what you changed of it: download what you want to keep."
}

// showThumbnails gives new pictures an address, and takes it from those that are gone.
func (p *Page) showThumbnails(fresh map[string][]byte) {
	g := &p.gallery
	if g.urls == nil {
		g.urls = map[string]string{}
	}
	for id, png := range fresh {
		if png != nil && g.urls[id] == "" {
			g.urls[id] = fileURL(pngKind, png)
		}
	}
	for id, url := range g.urls {
		if _, ok := g.find(id); !ok && !slices.Contains(g.deleted, id) { // which may come back
			forgetURL(url)
			delete(g.urls, id)
		}
	}
}

// galleryChanged shows the shelf as it is now, and fetches the pictures that the lightbox shows.
func (p *Page) galleryChanged() {
	g := &p.gallery
	g.changes++
	for id, url := range g.files {
		if id != g.opened && id != g.against {
			forgetURL(url)
			delete(g.files, id)
		}
	}
	for _, id := range []string{g.opened, g.against} {
		if _, there := g.files[id]; id != "" && !there {
			p.fetchPicture(id)
		}
	}
	p.ctx.Defer(func(app.Context) { setDialog(lightboxID, g.opened != "") })
}

// fetchPicture gives a kept picture an address.
func (p *Page) fetchPicture(id string) {
	g := &p.gallery
	if g.files == nil {
		g.files = map[string]string{}
	}
	g.files[id] = ""
	p.ctx.Async(func() {
		png, err := g.store.PNG(id)
		p.ctx.Dispatch(func(app.Context) {
			if _, wanted := g.files[id]; !wanted {
				return
			}
			if err != nil {
				g.say(sentence(err))
				g.close()
			} else {
				g.files[id] = fileURL(pngKind, png)
			}
			p.galleryChanged()
		})
	})
}

// keepFinished keeps the picture of a run that has ended.
func (p *Page) keepFinished() {
	f := p.state.takeFinished()
	if f == nil {
		return
	}
	removed := 0
	p.reshelve(func() error {
		png, _, err := p.encode(f.picture, &f.run, f.step)
		if err != nil {
			return err
		}
		_, removed, err = p.gallery.store.Add(gallery.Made{File: fileName(f.run.Script.At(f.step), f.step), Script: f.run.Script, Step: f.step,
			PNG: png, Pixels: picture.RGBA(*f.picture)})
		return err
	}, func() {
		if text := roomText(removed, p.gallery.store.Room()); text != "" {
			p.gallery.say(text)
		}
	})
}

func (v *picturesView) Render() app.UI {
	g := &v.page.gallery
	if len(g.all) == 0 && g.said == "" {
		return app.Section().Class("pictures").Hidden(true)
	}
	return app.Section().Class("pictures").Hidden(false).Aria("label", "Your pictures").Body(
		v.renderStrip("Pictures", g.found()),
		v.renderSaid(),
		app.Div().Class("row").Body(
			app.Input().Type("search").Class("search").Aria("label", "Search your pictures").Placeholder("Search").Attr("value", g.query).
				OnInput(func(ctx app.Context, _ app.Event) {
					g.query = ctx.JSSrc().Get("value").String()
					v.page.galleryChanged()
				}),
			app.Span().Class("quiet").Text(g.usage(g.store.Room())),
			v.page.button("Clear all pictures", "", len(g.all) > 0, v.pressClear),
		),
		v.renderLightbox(),
	)
}

// renderSaid tells what was done last, and offers to undo it where that can be.
func (v *picturesView) renderSaid() app.UI {
	g := &v.page.gallery
	return app.Div().Class("row aside").Hidden(g.said == "").Body(
		app.P().Role("alert").Text(g.said),
		app.If(len(g.deleted) > 0, func() app.UI { return v.page.button("Undo deletion", "", true, v.pressUndelete) }),
	)
}

// renderStrip is a list of pictures to choose from.
func (v *picturesView) renderStrip(name string, list []gallery.Picture) app.UI {
	g := &v.page.gallery
	return app.Ul().Class("strip").Role("list").Aria("label", name).Body(
		app.Range(list).Slice(func(i int) app.UI {
			p := list[i]
			label := p.Title()
			if p.Favourite {
				label += ", favourite"
			}
			return app.Li().Body(
				app.Button().Type("button").Class("thumbnail").Aria("label", label).Title(label).Aria("current", p.ID == g.opened).
					OnClick(func(app.Context, app.Event) {
						g.pick(p.ID)
						v.page.galleryChanged()
					}, app.EventScope(p.ID)).Body(
					app.Elem("img").Aria("hidden", "true").Attr("src", g.urls[p.ID]),
					app.Span().Class("star").Aria("hidden", "true").Hidden(!p.Favourite).Text("★"),
				),
			)
		}),
	)
}

// renderLightbox makes elements by their names where no other part of the page has their kind: each of go-app's types takes several kilobytes.
func (v *picturesView) renderLightbox() app.UI {
	g := &v.page.gallery
	p, ok := g.find(g.opened)
	dialog := app.Elem("dialog").ID(lightboxID).Class("lightbox").Aria("labelledby", lightboxTitleID).OnKeyDown(v.pressKey).
		On("close", func(app.Context, app.Event) {
			g.close()
			v.page.galleryChanged()
		})
	if !ok {
		return dialog.Body(app.H2().ID(lightboxTitleID))
	}
	against, beside := g.find(g.against)
	return dialog.Body(
		app.Div().Class("row").Body(
			app.H2().ID(lightboxTitleID).Text(p.Title()),
			v.page.button("Previous picture", "", true, v.presses(func() { g.move(-1) })),
			v.page.button("Next picture", "", true, v.presses(func() { g.move(1) })),
			v.page.button("Close", "", true, v.presses(g.close)),
		),
		app.Div().Class("shown").Body(
			v.renderPicture(p),
			app.If(beside, func() app.UI { return v.renderPicture(against) }),
		),
		app.If(g.choose, func() app.UI { return v.renderStrip("Choose the picture to compare with", g.found()) }),
		v.renderActions(p, beside || g.choose),
	)
}

func (v *picturesView) renderPicture(p gallery.Picture) app.UI {
	return app.Elem("figure").Body(
		app.Elem("img").Attr("alt", p.Prompt()).Attr("width", p.Width).Attr("height", p.Height).Attr("src", v.page.gallery.files[p.ID]),
		app.Elem("figcaption").Class("quiet").Text(aboutPicture(p)),
	)
}

func (v *picturesView) renderActions(p gallery.Picture, comparing bool) app.UI {
	idle := v.Phase == Idle || v.Phase == Loading
	compare := "Compare"
	if comparing {
		compare = "End comparison"
	}
	star := "Favourite"
	if p.Favourite {
		star = "No favourite any more"
	}
	return app.Div().Class("row").Body(
		v.page.button("Use settings", "primary", true, v.pressUse),
		v.page.button("Tweak (same seed)", "", true, v.pressTweak),
		v.page.button("Re-run (new seed)", "", idle || v.page.state.underWay(), v.pressRerun),
		v.page.button("Evolve (start from it)", "", true, v.pressEvolve),
		v.page.button(compare, "", len(v.page.gallery.all) > 1, v.presses(v.page.gallery.compare)),
		v.page.button(star, "", true, v.pressFavourite),
		v.page.button("Download", "", true, v.pressDownload),
		v.page.button("Delete", "", true, v.pressDelete),
		app.Label().Body(
			app.Text("Name "),
			app.Input().Type("text").MaxLength(120).Placeholder("its prompt").Attr("value", p.Name).OnChange(v.rename),
		),
	)
}

// presses lets a button change the shelf.
func (v *picturesView) presses(do func()) app.EventHandler {
	return func(app.Context, app.Event) {
		do()
		v.page.galleryChanged()
	}
}

// withOpened does something with the picture in the lightbox as it is at the press.
func (v *picturesView) withOpened(do func(gallery.Picture)) {
	if p, ok := v.page.gallery.find(v.page.gallery.opened); ok {
		do(p)
	}
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
			png, err := page.gallery.store.PNG(p.ID)
			var opened picture.RGBA
			if err == nil {
				opened, err = picture.Decoder{Pause: breather()}.Open(png)
			}
			page.ctx.Dispatch(func(app.Context) {
				if err != nil {
					page.gallery.say(err.Error())
					page.galleryChanged()
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
	v.withOpened(func(p gallery.Picture) {
		page := v.page
		page.ctx.Async(func() {
			png, err := page.gallery.store.PNG(p.ID)
			page.ctx.Dispatch(func(app.Context) {
				if err != nil {
					page.gallery.say(sentence(err))
					page.galleryChanged()
					return
				}
				save(p.File, pngKind, png)
			})
		})
	})
}

func (v *picturesView) pressDelete(app.Context, app.Event) {
	v.withOpened(func(p gallery.Picture) { v.delete(p.ID) })
}

func (v *picturesView) pressClear(app.Context, app.Event) {
	var ids []string
	for _, p := range v.page.gallery.all {
		ids = append(ids, p.ID)
	}
	v.delete(ids...)
}

// delete takes pictures away, and removes them for good when they cannot come back any more.
func (v *picturesView) delete(ids ...string) {
	page := v.page
	page.gallery.removed(ids...)
	page.galleryChanged()
	page.reshelve(func() error { return page.gallery.store.Delete(ids...) }, nil)
	page.ctx.After(gallery.UndoFor, func(app.Context) { page.reshelve(nil, nil) })
}

func (v *picturesView) pressUndelete(app.Context, app.Event) {
	page := v.page
	ids := page.gallery.deleted
	page.gallery.say("")
	page.reshelve(func() error { return page.gallery.store.Undelete(ids...) }, nil)
}

// pressKey moves on by arrows and deletes by Delete, but not while a name is typed. Escape is the browser's.
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
