package ui

import (
	"strings"
	"testing"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"reverie/app/gallery"
)

// shelved is a page whose engine is ready, with two kept pictures of which the first is in the lightbox.
func shelved(t *testing.T) *Page {
	t.Helper()
	p := NewPage()
	p.state, p.live = *idle(t), true
	b := kept("b", "a blue heart")
	b.Favourite = true
	p.gallery.take([]gallery.Picture{kept("a", "a red apple"), b})
	p.gallery.pick("a")
	p.gallery.steps = review{of: "a", past: keptPast(kept("a", "").Script, gallery.Steps{Columns: 1, Rows: 1, List: []gallery.Step{{Number: 0, Tokens: []byte{1, 0}}, {Number: 20, Tokens: []byte{2, 0}}}})}
	return p
}

// The lightbox shows what is there, and offers what can be done with it.
func TestLightbox(t *testing.T) {
	const slider, wipe, other = `aria-label="Step"`, `id="wipe"`, `alt="a blue heart, 96 × 64 pixels"`
	for _, c := range []struct {
		name      string
		change    func(*Page)
		has, lack []string
	}{
		{"a picture", func(*Page) {}, []string{`alt="a red apple, 96 × 64 pixels"`, slider, "the finished picture", ">Film<", copyPicture}, []string{sharePicture, wipe, other}},
		{"an earlier step", func(p *Page) { p.gallery.steps.look = lookBack{on: true, step: 0, picture: pixel(1)} },
			[]string{`aria-label="Step 0 of 20: a red apple"`, "step 0 of 20"}, []string{"the finished picture"}},
		{"without steps", func(p *Page) { p.gallery.steps = review{of: "a"} }, nil, []string{slider, ">Film<"}},
		{"without an engine", func(p *Page) { p.state.Phase = Broken }, []string{stepsLater}, []string{slider}},
		{"where files are shared", func(p *Page) { p.sharing = true }, []string{sharePicture}, nil},
		{"compared", func(p *Page) { p.gallery.against = "b" }, []string{wipe, other, "End comparison"}, []string{slider}},
		{"compared with another shape", func(p *Page) { p.gallery.against, p.gallery.all[1].Width = "b", 64 }, []string{`alt="a blue heart, 64 × 64 pixels"`}, []string{wipe}},
		{"about to be compared", func(p *Page) { p.gallery.compare() }, []string{compareWith}, nil},
		{"with a note", func(p *Page) { p.toasts.add("It is so.", action{label: "Undo", name: "Undo deletion"}) }, []string{"It is so.", `aria-label="Undo deletion"`}, nil},
	} {
		p := shelved(t)
		c.change(p)
		html := app.HTMLString(p.renderPictures().(*picturesView).Render())
		for _, want := range c.has {
			if !strings.Contains(html, want) {
				t.Errorf("%s: it lacks %s", c.name, want)
			}
		}
		for _, not := range c.lack {
			if strings.Contains(html, not) {
				t.Errorf("%s: it has %s", c.name, not)
			}
		}
	}
}

// Who deletes all pictures may keep the favourites, where there are some and others.
func TestClearAsks(t *testing.T) {
	p := shelved(t)
	if got := p.gallery.ids(false); len(got) != 1 || got[0] != "a" || len(p.gallery.ids(true)) != 2 {
		t.Errorf("the pictures that are no favourites are %q", got)
	}
	dialog := func() string { return app.HTMLString((&picturesView{page: p}).renderClear()) }
	keep := func() bool { return strings.Contains(dialog(), `hidden="false"`) }
	if html := dialog(); !strings.Contains(html, "Delete all 2 pictures?") || !keep() {
		t.Errorf("it asks %s", html)
	}
	p.gallery.all[1].Favourite = false
	if keep() {
		t.Error("without favourites they can be kept")
	}
}
