package ui

import (
	"fmt"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"reverie/app/protocol"
)

// platform is what the browser does for the page outside of it.
type platform struct {
	notifies    bool // when a picture is done
	refused     bool // the browser does not let the page notify
	installable bool
	offline     bool // the person was told, or is about to be
}

// The names under which the browser keeps whether the page notifies, and whether the person was told that it works offline.
const (
	notifyKey  = "reverie-notify"
	offlineKey = "reverie-offline"
)

// seePlatform looks what the browser offers.
func (p *Page) seePlatform() {
	p.platform.notifies = loadText(notifyKey) != "" && notifies()
	p.platform.offline = loadText(offlineKey) != ""
	watchInstall(func(ready bool) {
		p.ctx.Dispatch(func(app.Context) {
			p.platform.installable = ready
			p.gallery.changes++ // whose strip holds the button
		})
	})
}

// tellPlatform lets a person know who looks elsewhere.
func (p *Page) tellPlatform(m protocol.Message) {
	switch m.(type) {
	case protocol.Done:
		if p.platform.notifies && hidden() && p.state.Run != nil {
			title, body := p.state.Status, p.state.Run.Prompt()
			p.ctx.Async(func() {
				if err := notify(title, body); err != nil {
					app.Log(err)
				}
			})
		}
	case protocol.Storage:
		p.tellOffline()
	}
}

// tellOffline tells a person, once, that the page works without a network.
func (p *Page) tellOffline() {
	model := p.state.Form.Model()
	if p.platform.offline || !p.state.kept(model) {
		return
	}
	p.platform.offline = true
	p.ctx.Async(func() {
		kept := shellKept()
		p.ctx.Dispatch(func(app.Context) {
			if p.platform.offline = kept; kept {
				storeText(offlineKey, "told")
				p.note(fmt.Sprintf(offlineText, p.state.titleOf(model)))
			}
		})
	})
}

// renderNotify lets a person ask to be told when a picture is done.
func (p *Page) renderNotify() app.UI {
	const id = "notify"
	refused := ""
	if p.platform.refused {
		refused = notifyRefused
	}
	return elem("div").Body(
		elem("div").Class("check").Body(
			app.Input().ID(id).Type("checkbox").Checked(p.platform.notifies).OnChange(p.pressNotify),
			elem("label").Attr("for", id).Text(notifyLabel),
		),
		elem("p").Class("help").Role("status").Text(refused),
	)
}

func (p *Page) pressNotify(ctx app.Context, _ app.Event) {
	on := ctx.JSSrc().Get("checked").Bool()
	p.platform.notifies, p.platform.refused = on, false
	if !on {
		storeText(notifyKey, "")
		return
	}
	p.ctx.Async(func() {
		may := mayNotify()
		p.ctx.Dispatch(func(app.Context) {
			p.platform.notifies, p.platform.refused = may, !may
			if may {
				storeText(notifyKey, "on")
			}
		})
	})
}

// renderInstall is the browser's offer to install the page, for a person who has made a picture.
func (p *Page) renderInstall() app.UI {
	if !p.platform.installable {
		return elem("div").Hidden(true)
	}
	return p.button(installButton, "", true, func(app.Context, app.Event) {
		p.platform.installable = false
		p.gallery.changes++
		install()
	})
}
