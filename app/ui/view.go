package ui

import (
	"fmt"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// Render lays the page out: the picture with its track, the composer under it, and the panel beside them. The first time, when the browser also compiles all
// that runs, it draws and answers between the parts.
func (p *Page) Render() app.UI {
	after := func(part app.UI) app.UI { return part }
	if !p.begun {
		p.begun = true
		after = func(part app.UI) app.UI {
			giveWay()
			return part
		}
	}
	return elem("div").Class("page").Body(
		after(p.renderBar()),
		elem("main").Class("studio").Body(
			elem("div").Class("alerts").Body(p.renderUnable(), p.renderScreen(), p.renderResume(), p.renderUpdate(), p.renderImport()),
			after(p.renderStage()),
			after(p.renderComposer()),
			p.renderPictures(),
			after(p.renderPanel()),
		),
		p.renderKeys(),
		p.renderFilm(),
		p.renderGlossary(),
		p.renderGet(),
		elem("div").Class("drop-sign").Aria("hidden", "true").Text(dropHere),
	)
}

// renderBar is the head of the page.
func (p *Page) renderBar() app.UI {
	s := &p.state
	state := "dot"
	if m := s.Model(); s.kept(m.Name) || s.Loaded.Model == m.Name {
		state = "dot here"
	}
	return elem("header").Class("bar").Body(
		elem("h1").Text(reverieName),
		p.foldButton(modelFold, fmt.Sprintf("Model: %s", s.titleOf(s.Form.Model())), elem("span").Class(state), elem("span").Class("title").Text(s.titleOf(s.Form.Model()))).Class("ghost"),
		elem("div").Class("right").Body(
			p.fileInput(openImageID, openImageLabel, openImageID+"-help", p.chooseFile(openImageID, s.OpenFile)),
			elem("p").ID(openImageID+"-help").Hidden(true).Text(dropHere),
			p.iconButton("Keys and help", "M9 9a3 3 0 1 1 4 3c-1 .5-1 1-1 2M12 17.5v.1", true, p.pressKeys).Class("ghost"),
		),
	)
}

// renderUnable says why this browser cannot run Reverie. The page as the server renders it holds both reasons, and web/start.js shows one of them, before any
// program is asked for. What it says of what a person does before the page's program listens stands there, too.
func (p *Page) renderUnable() app.UI {
	if p.live {
		return elem("div").Hidden(true)
	}
	reason := func(id string, why Screen) app.UI {
		return elem("section").ID(id).Class("screen why").Aria("labelledby", id+"-title").Body(elem("h2").ID(id+"-title").Text(why.Title), elem("p").Text(why.Text))
	}
	return elem("div").Body(reason("no-webgpu", noWebGPU), reason("insecure", insecure),
		elem("p").ID("early-press").Hidden(true).Text(earlyPress), elem("p").ID("early-drop").Hidden(true).Text(earlyDrop))
}

func (p *Page) renderScreen() app.UI {
	s := &p.state
	if s.Phase != Broken {
		return elem("div").Hidden(true)
	}
	return elem("section").Class("screen").Aria("labelledby", "screen-title").Body(
		elem("h2").ID("screen-title").Text(s.Screen.Title),
		elem("p").Text(s.Screen.Text),
		app.If(s.Screen.Retry, func() app.UI {
			return p.button(startEngineAgain, "primary", true, p.pressRetry)
		}),
		app.If(s.Screen.Detail != "", func() app.UI {
			return elem("details").Body(elem("summary").Text(bugDetails), elem("pre").TabIndex(0).Text(s.Screen.Detail))
		}),
	)
}

// renderResume offers a run that broke off.
func (p *Page) renderResume() app.UI {
	s := &p.state
	step, ok := s.Resumable()
	if !ok {
		return elem("div").Hidden(true)
	}
	return elem("section").Class("resume").Hidden(false).Aria("labelledby", "resume-title").Body(
		elem("canvas").ID(resumeID).Hidden(s.Shown == nil).Aria("hidden", "true"),
		elem("div").Class("said").Body(
			elem("h2").ID("resume-title").Text(brokeOffTitle),
			elem("p").Text("“"+s.Run.Prompt()+"”"),
			elem("div").Class("row").Body(
				p.button(fmt.Sprintf(resumeFrom, step), "primary", s.Phase == Idle, p.pressResumeRun),
				p.button(discardButton, "", true, p.pressDiscard),
			),
		),
	)
}

// renderUpdate offers a new version, but never while something is under way.
func (p *Page) renderUpdate() app.UI {
	if !p.state.Update || p.state.Working() {
		return elem("div").Hidden(true)
	}
	return elem("div").Class("update").Hidden(false).Body(
		elem("span").Text(newVersionReady),
		p.button(loadNewVersion, "", true, p.pressUpdate),
	)
}

func (s *State) runNotices() []string {
	if s.Run == nil {
		return nil
	}
	return s.Run.Notices
}

func notices(lines []string) app.UI {
	if len(lines) == 0 {
		return elem("ul").Class("notices").Hidden(true)
	}
	return elem("ul").Class("notices").Hidden(false).Body(
		app.Range(lines).Slice(func(i int) app.UI { return elem("li").Text(lines[i]) }),
	)
}

// button stays focusable when it is off, so that the focus is never lost. As the server renders it, nothing listens yet, so it is really
// disabled there.
func (p *Page) button(label, class string, enabled bool, press app.EventHandler) app.HTMLButton {
	return app.Button().Type("button").Class("button").Class(class).Disabled(!p.live).Aria("disabled", !enabled).Text(label).
		OnClick(func(ctx app.Context, e app.Event) {
			if enabled {
				press(ctx, e)
			}
		}, app.EventScope(label, enabled))
}

// iconButton shows a drawing; its label is its name.
func (p *Page) iconButton(label, path string, enabled bool, press app.EventHandler) app.HTMLButton {
	return app.Button().Type("button").Class("icon").Disabled(!p.live).Aria("disabled", !enabled).Aria("label", label).Title(label).OnClick(press, app.EventScope(label, enabled)).
		Body(svg("svg").Attr("viewBox", "0 0 24 24").Attr("aria-hidden", "true").Body(svg("path").Attr("d", path)))
}

// fileInput looks like a button; the input itself is there for keyboards and screen readers.
func (p *Page) fileInput(id, label, describedBy string, chosen app.EventHandler) app.UI {
	return elem("div").Class("file").Body(
		app.Input().ID(id).Type("file").Disabled(!p.live).Accept("image/*,.zip").Aria("describedby", describedBy).OnChange(chosen, app.EventScope(id, label)),
		elem("label").Attr("for", id).Class("button").Text(label),
	)
}

// elem is an element that needs nothing of its own. Each type of go-app's for one weighs some kilobytes in the page's program.
func elem(tag string) app.HTMLElem { return app.Elem(tag) }
