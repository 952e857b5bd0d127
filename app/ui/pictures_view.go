package ui

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"reverie/app/gallery"
	"reverie/app/picture"
	"reverie/app/protocol"
)

// The ids of the gallery's elements that are looked for.
const (
	lightboxID      = "lightbox"
	lightboxTitleID = "lightbox-title"
	lightboxStepID  = "lightbox-step"
	wipeID          = "wipe"
	clearID         = "clear-pictures"
	manageID        = "manage-pictures"
	importID        = "import-pictures"
)

// pngKind is the media type of a kept picture.
const pngKind = "image/png"

// galleryView ties the shelf to where the pictures are kept.
type galleryView struct {
	shelf
	store    gallery.Store
	urls     map[string]string // of thumbnails, by the pictures' IDs
	files    map[string]string // of the pictures themselves in the lightbox
	finished finishedFile      // of the stage
	packing  bool              // a zip is being made
	changes  int               // how often it has changed
	order    sync.Mutex        // held by what is done with the kept pictures, one after another
}

// finishedFile is the file of the picture that the stage shows, once its run has ended.
type finishedFile struct {
	of  *protocol.Picture
	url string
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
				if g.faceless(fresh) { // what was deleted when this began has come back since
					p.reshelve(nil, nil)
				}
			} else {
				app.Log(listErr) // a browser that keeps nothing for pages has no pictures either
			}
			switch {
			case err != nil:
				p.note(sentence(err))
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
	return picturesNotKept
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
		if _, ok := g.find(id); !ok {
			forgetURL(url)
			delete(g.urls, id)
		}
	}
}

// faceless says whether a picture has no thumbnail, and none was looked for.
func (g *galleryView) faceless(fresh map[string][]byte) bool {
	return slices.ContainsFunc(g.all, func(p gallery.Picture) bool {
		_, sought := fresh[p.ID]
		return !sought && g.urls[p.ID] == ""
	})
}

// galleryChanged shows the shelf as it is now, and fetches what the lightbox shows.
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
	if g.steps.of != g.opened {
		g.steps = review{of: g.opened}
		if g.opened != "" {
			p.fetchSteps(g.opened)
		}
	}
	p.ctx.Defer(func(app.Context) {
		setDialog(lightboxID, g.opened != "")
		p.drawStep()
	})
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
				p.note(sentence(err))
				g.close()
			} else {
				g.files[id] = fileURL(pngKind, png)
			}
			p.galleryChanged()
		})
	})
}

// keepFinished keeps the picture of a run that has ended, and gives the stage its file.
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
		p.ctx.Dispatch(func(app.Context) {
			forgetURL(p.gallery.finished.url)
			p.gallery.finished = finishedFile{f.picture, fileURL(pngKind, png)}
		})
		_, removed, err = p.gallery.store.Add(gallery.Made{File: fileName(f.run.Script.At(f.step), f.step), Script: f.run.Script, Step: f.step,
			PNG: png, Pixels: picture.RGBA(*f.picture), Tokens: f.steps})
		return err
	}, func() {
		if text := roomText(removed, p.gallery.store.Room()); text != "" {
			p.note(text)
		}
	})
}

// finishedShown says whether the stage shows the picture of a run that has ended, whose file is there.
func (p *Page) finishedShown() bool {
	visible, _, _ := p.state.Visible()
	return visible != nil && visible == p.gallery.finished.of
}

// renderFinished lies over the canvas once the run has ended: an image that can be saved, dragged and read aloud as any other.
func (p *Page) renderFinished() app.UI {
	if !p.finishedShown() {
		return elem("span").Hidden(true)
	}
	of := p.gallery.finished.of
	return elem("img").Class("finished").Attr("src", p.gallery.finished.url).Attr("alt", fmt.Sprintf(namedSides, p.state.PreviewName(), of.Width, of.Height))
}

func (v *picturesView) Render() app.UI {
	g := &v.page.gallery
	if len(g.all) == 0 {
		return elem("section").Class("pictures").Hidden(true)
	}
	return elem("section").Class("pictures").Hidden(false).Aria("label", yourPictures).Body(
		v.renderStrip(picturesLabel, g.found()),
		elem("span").Class("quiet").Text(g.usage(g.store.Room())),
		app.Button().Type("button").Class("button chip").Aria("expanded", g.managing).Aria("controls", manageID).Text(manageButton).OnClick(v.presses(func() {
			g.managing, g.query = !g.managing, ""
		})),
		v.page.renderInstall(),
		v.renderManage(),
		v.renderClear(),
		v.renderLightbox(),
	)
}

// renderManage is what is done with all pictures.
func (v *picturesView) renderManage() app.UI {
	g := &v.page.gallery
	return elem("div").ID(manageID).Class("row manage").Hidden(!g.managing).Body(
		app.Input().Type("search").Class("search").Aria("label", searchLabel).Placeholder(searchHint).Attr("value", g.query).
			OnInput(func(ctx app.Context, _ app.Event) {
				g.query = ctx.JSSrc().Get("value").String()
				v.page.galleryChanged()
			}),
		v.page.button(exportAllButton, "", !g.packing, v.pressExport),
		elem("div").Class("file").Body(
			app.Input().ID(importID).Type("file").Accept(".zip,.png").Aria("describedby", importID+"-help").OnChange(v.chooseImport),
			elem("label").Attr("for", importID).Class("button").Text(importButton),
			elem("p").ID(importID+"-help").Hidden(true).Text(importHelp),
		),
		v.page.button(clearPicturesButton, "", true, func(app.Context, app.Event) { showDialog(clearID) }),
	)
}

// renderClear asks before all pictures go.
func (v *picturesView) renderClear() app.UI {
	g := &v.page.gallery
	all, others := len(g.all), len(g.ids(false))
	return elem("dialog").ID(clearID).Aria("labelledby", clearID+"-title").Body(
		elem("h2").ID(clearID+"-title").Text(fmt.Sprintf(deleteAllQuestion, count(all, "picture"))),
		elem("p").Class("help").Text(clearUndo),
		elem("div").Class("row").Body(
			v.page.button(cancelButton, "", true, func(app.Context, app.Event) { closeDialog(clearID) }),
			v.page.button(keepFavourites, "", true, v.clears(false)).Hidden(others == 0 || others == all),
			v.page.button(deleteAllButton, "primary", true, v.clears(true)),
		),
	)
}

// clears makes a handler that deletes the pictures that there are at the press: all, or those that are no favourites.
func (v *picturesView) clears(favourites bool) app.EventHandler {
	return func(app.Context, app.Event) {
		closeDialog(clearID)
		v.delete(v.page.gallery.ids(favourites)...)
	}
}

// renderStrip is a list of pictures to choose from.
func (v *picturesView) renderStrip(name string, list []gallery.Picture) app.UI {
	g := &v.page.gallery
	return elem("ul").Class("strip").Role("list").Aria("label", name).Body(
		app.Range(list).Slice(func(i int) app.UI {
			p := list[i]
			label := p.Title()
			if p.Favourite {
				label += favouriteName
			}
			return elem("li").Body(
				app.Button().Type("button").Class("thumbnail").Aria("label", label).Title(label).Aria("current", p.ID == g.opened).
					OnClick(func(app.Context, app.Event) {
						g.pick(p.ID)
						v.page.galleryChanged()
					}, app.EventScope(p.ID)).Body(
					elem("img").Aria("hidden", "true").Attr("src", g.urls[p.ID]),
					elem("span").Class("star").Aria("hidden", "true").Hidden(!p.Favourite).Text("★"),
				),
			)
		}),
	)
}

// presses lets a button change the shelf.
func (v *picturesView) presses(do func()) app.EventHandler {
	return func(app.Context, app.Event) {
		do()
		v.page.galleryChanged()
	}
}

// delete takes pictures away, offers to bring them back, and removes them for good when that cannot be any more.
func (v *picturesView) delete(ids ...string) {
	page := v.page
	if len(ids) == 0 {
		return
	}
	said := page.gallery.removed(ids...)
	page.galleryChanged()
	page.reshelve(func() error { return page.gallery.store.Delete(ids...) }, nil)
	page.offer(said, action{label: undoButton, name: undoDeletion, do: func() {
		page.reshelve(func() error { return page.gallery.store.Undelete(ids...) }, nil)
	}})
	page.ctx.After(gallery.UndoFor, func(app.Context) { page.reshelve(nil, nil) })
}
