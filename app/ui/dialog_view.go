package ui

import "github.com/maxence-charriere/go-app/v10/pkg/app"

// dialog is one that a button opens. It is empty until that is pressed for the first time: nobody should wait for its elements before the page answers.
func (p *Page) dialog(id, class, title string, body func() []app.UI) app.UI {
	dialog := elem("dialog").ID(id).Class(class)
	if !p.dialogs[id] {
		return dialog
	}
	return dialog.Aria("labelledby", id+"-title").Body(append([]app.UI{elem("h2").ID(id + "-title").Text(title)}, body()...)...)
}

// openDialog shows a dialog once it has its elements.
func (p *Page) openDialog(id string) {
	p.dialogs[id] = true
	p.ctx.Defer(func(app.Context) { showDialog(id) })
}

// renderKeys is the dialog that lists the keys and can turn them off.
func (p *Page) renderKeys() app.UI { return p.dialog(keysID, "", keysTitle, p.keysBody) }

func (p *Page) keysBody() []app.UI {
	return []app.UI{
		elem("dl").Body(app.Range(shortcuts).Slice(func(i int) app.UI {
			return elem("div").Body(elem("dt").Body(elem("kbd").Text(shortcuts[i].Key)), elem("dd").Text(shortcuts[i].Does))
		})),
		elem("div").Class("check").Body(
			app.Input().ID("single-keys").Type("checkbox").Checked(!p.keysOff).OnChange(func(ctx app.Context, _ app.Event) {
				p.keysOff = !ctx.JSSrc().Get("checked").Bool()
				storeText(keysKey, map[bool]string{true: "off"}[p.keysOff])
			}),
			elem("label").Attr("for", "single-keys").Text(singleKeysLabel),
		),
		p.renderNotify(),
		p.button(closeButton, "", true, func(app.Context, app.Event) { closeDialog(keysID) }),
	}
}

func (p *Page) pressKeys(app.Context, app.Event) { p.openDialog(keysID) }

// keysKey is the name under which the browser keeps whether single keys do something.
const keysKey = "reverie-keys"

// wantsKey says whether a single key stands for something now.
func (p *Page) wantsKey(key string) bool {
	switch key {
	case "Escape":
		return p.open != "" || !p.keysOff && p.state.Working()
	case " ":
		return !p.keysOff && (p.state.Phase == Running || p.state.Phase == Paused)
	case "ArrowLeft", "ArrowRight":
		_, _, ok := p.state.Reach()
		return !p.keysOff && ok
	case "s", "S", "c", "C", "?", "/":
		return !p.keysOff
	}
	return false
}

// key does what a single key stands for.
func (p *Page) key(key string) {
	switch {
	case key == "Escape" && p.open != "":
		p.open = ""
	case key == "Escape":
		p.send(p.state.PressStop())
	case key == " ":
		p.pressPrimary(p.ctx, app.Event{})
	case key == "s" || key == "S":
		p.pressDownload(p.ctx, app.Event{})
	case key == "c" || key == "C":
		p.pressCopyLink(p.ctx, app.Event{})
	case key == "ArrowLeft" || key == "ArrowRight":
		p.send(p.state.LookAlong(map[string]int{"ArrowLeft": -1, "ArrowRight": 1}[key], p.weights()))
		p.draw()
	case key == "?":
		p.openDialog(keysID)
	case key == "/":
		focus(promptID)
	}
}
