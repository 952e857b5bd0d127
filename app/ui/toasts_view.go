package ui

import (
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// note shows a note that goes by itself.
func (p *Page) note(text string) { p.offer(text, action{}) }

// offer shows a note with something that can be done.
func (p *Page) offer(text string, act action) {
	p.toasts.add(text, act)
	p.toastsChanged()
	if !p.ticking {
		p.ticking = true
		p.tick()
	}
}

// tick lets the toasts' time pass, as long as there are any. It stands still while somebody points at them or has the focus in them, or cannot see
// the page.
func (p *Page) tick() {
	const interval = time.Second
	p.ctx.After(interval, func(ctx app.Context) {
		if toastsHeld() || hidden() || !p.toasts.pass(interval) {
			ctx.PreventUpdate()
		} else {
			p.toastsChanged()
		}
		if p.ticking = len(p.toasts.list) > 0; p.ticking {
			p.tick()
		}
	})
}

// toastsChanged shows the toasts as they are now, also in the lightbox, beside which nothing can be seen.
func (p *Page) toastsChanged() { p.gallery.changes++ }

// renderToasts is the place of the toasts: within the dialog that lies over the page, or else on the page.
func (p *Page) renderToasts(here bool) app.UI {
	var list []toast
	if here {
		list = p.toasts.list
	}
	return elem("div").Class("toasts").Role("status").Body(app.Range(list).Slice(func(i int) app.UI {
		one := list[i]
		return elem("div").Class("toast").Body(
			elem("p").Text(one.text),
			app.If(one.act.label != "", func() app.UI {
				return app.Button().Type("button").Class("button").Aria("label", one.act.name).Text(one.act.label).OnClick(p.closes(one, true), app.EventScope(one.id))
			}),
			app.Button().Type("button").Class("icon").Aria("label", closeNote).Text("×").OnClick(p.closes(one, false), app.EventScope(one.id)),
		)
	}))
}

// closes makes a handler that takes a toast away, and may do what it offers.
func (p *Page) closes(one toast, do bool) app.EventHandler {
	return func(app.Context, app.Event) {
		if one, ok := p.toasts.take(one.id); ok && do {
			one.act.do()
		}
		p.toastsChanged()
	}
}
