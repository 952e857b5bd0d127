// Package ui is the page: what a person sees, types and presses.
//
// State holds everything that is shown and how it changes, without the browser, and is tested natively. Page ties it to go-app and
// to the worker; browser_js.go is the little that needs JavaScript.
package ui

import (
	"math/rand/v2"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"reverie/app/picture"
	"reverie/app/protocol"
)

// The ids of the elements that browser_js.go looks for.
const (
	promptID      = "prompt"
	previewID     = "preview"
	openImageID   = "open-image"
	imagePromptID = "image-prompt"
)

// Page is the root component.
type Page struct {
	app.Compo

	state    State
	live     bool        // whether this is a browser that runs the page
	ctx      app.Context // the page's own: what comes later must not depend on a button that may be gone
	engine   *engine
	prefill  string            // the fragment that the form shows
	drawn    *protocol.Picture // what the canvas shows
	rendered time.Time         // when a step was last shown
	wishes   int               // changes that may change the forecast
}

// keepDelay is how long the page waits with storing a small model.
const keepDelay = 2 * time.Second

// NewPage is the page as the server renders it and as it first appears.
func NewPage() *Page { return &Page{state: NewState()} }

// renderInterval is the least time between two updates of the numbers while a run goes on.
const renderInterval = 100 * time.Millisecond

func (p *Page) OnMount(ctx app.Context) {
	p.live, p.ctx = true, ctx
	ctx.Defer(func(app.Context) { focusOnDesktop(promptID) })
	p.fetchModels()
	watchUpdate(func() {
		ctx.Dispatch(func(app.Context) { p.state.Update = true })
	})
	open := func(read func() ([]byte, error), name string) { p.openFile(read, name, p.state.OpenFile) }
	watchFiles(open)
	watchLaunches(open)
	takeShared(open)
	if screen, ok := environment(); !ok {
		p.state.Block(screen)
		return
	}
	p.startEngine()
}

// OnNav is called when the page is opened and when its address changes.
func (p *Page) OnNav(ctx app.Context) {
	if f := fragment(); len(f) > 1 && f != p.prefill {
		p.prefill = f
		p.state.Prefill(f)
	}
	ctx.Page().SetTitle(p.state.Title())
}

func (p *Page) startEngine() {
	if p.engine != nil {
		p.engine.close()
	}
	var current *engine
	current = startEngine(func(m protocol.Message) {
		p.ctx.Dispatch(func(ctx app.Context) {
			if p.engine == current {
				p.receive(ctx, m)
			}
		})
	})
	p.engine = current
	p.send(protocol.Open{Base: p.weights(), Tune: query("tune")}, true)
}

func (p *Page) receive(ctx app.Context, m protocol.Message) {
	p.state.Receive(m, time.Now())
	ctx.Page().SetTitle(p.state.Title())
	if p.state.Shown != p.drawn {
		p.drawn = p.state.Shown
		draw(previewID, p.drawn)
	}
	if p.state.TakePersist() {
		p.persist()
	}
	if _, news := m.(protocol.Storage); news && !saveData() {
		// A person who is about to press Start comes first.
		ctx.After(keepDelay, func(app.Context) { p.send(p.state.Keep(p.weights())) })
	}
	if p.state.forecastMayChange(m) {
		p.foresee()
	}
	if _, step := m.(protocol.Step); step && time.Since(p.rendered) < renderInterval {
		ctx.PreventUpdate()
		return
	}
	p.rendered = time.Now()
}

// foreseeDelay is how long the page waits for a person to type on before it asks for a forecast.
const foreseeDelay = 300 * time.Millisecond

// foresee asks for a forecast once nothing has changed for a moment.
func (p *Page) foresee() {
	p.wishes++
	wish := p.wishes
	p.ctx.After(foreseeDelay, func(app.Context) {
		if wish == p.wishes {
			p.send(p.state.Foresee(p.weights()))
		}
	})
}

// send hands a message of the state to the worker.
func (p *Page) send(m protocol.Message, ok bool) {
	if !ok {
		return
	}
	if err := p.engine.post(m); err != nil {
		p.state.Receive(protocol.Error{Message: err.Error()}, time.Now())
	}
}

func (p *Page) weights() string { return root() + "weights/" }

func (p *Page) fetchModels() {
	p.ctx.Async(func() {
		text, err := get(p.weights() + "index.json")
		var models []Model
		if err == nil {
			models, err = parseModels(text)
		}
		p.ctx.Dispatch(func(app.Context) {
			if err != nil {
				p.state.MissModels()
				app.Log(err)
				return
			}
			p.state.SetModels(models)
		})
	})
}

func (p *Page) pressPrimary(ctx app.Context, _ app.Event) {
	switch p.state.Phase {
	case Idle, Loading:
		p.send(p.state.PressStart(p.weights()))
	case Running:
		p.send(p.state.PressPause())
	case Paused:
		p.send(p.state.PressResume())
	}
	ctx.Page().SetTitle(p.state.Title())
}

func (p *Page) pressStop(app.Context, app.Event) { p.send(p.state.PressStop()) }

func (p *Page) pressLoad(app.Context, app.Event) { p.send(p.state.PressLoad(p.weights(), false)) }

func (p *Page) pressLoadUnkept(app.Context, app.Event) {
	p.send(p.state.PressLoad(p.weights(), true))
}

func (p *Page) pressPersist(app.Context, app.Event) { p.persist() }

// persist asks the browser not to clear what it keeps.
func (p *Page) persist() {
	p.ctx.Async(func() {
		promised := persist()
		p.ctx.Dispatch(func(app.Context) { p.state.Persisted(promised) })
	})
}

func (p *Page) pressRetry(app.Context, app.Event) {
	p.state.Retry()
	p.startEngine()
}

func (p *Page) pressUpdate(app.Context, app.Event) { update() }

func (p *Page) pressRandomSeed(app.Context, app.Event) {
	p.state.Form.Seed = number(float64(rand.Uint32()))
}

// promptKey starts the run at Ctrl+Enter or ⌘+Enter.
func (p *Page) promptKey(ctx app.Context, e app.Event) {
	if e.Get("key").String() == "Enter" && (e.Get("ctrlKey").Bool() || e.Get("metaKey").Bool()) {
		e.PreventDefault()
		p.send(p.state.PressStart(p.weights()))
	}
}

// opener is OpenFile or AddImagePrompt.
type opener func(name string, data []byte, d picture.Decoder) (take func())

func (p *Page) chooseFile(id string, open opener) app.EventHandler {
	return func(app.Context, app.Event) {
		if read, name, ok := chosenFile(id); ok {
			p.openFile(read, name, open)
		}
	}
}

// openFile decodes a file while the page goes on, and then takes it.
func (p *Page) openFile(read func() ([]byte, error), name string, open opener) {
	p.ctx.Dispatch(func(app.Context) { p.state.Opens(name) })
	p.ctx.Async(func() {
		data, err := read()
		take := func() { p.state.Problem, p.state.Status = err.Error(), err.Error() }
		if err == nil {
			take = open(name, data, picture.Decoder{Pause: breather()})
		}
		p.ctx.Dispatch(func(app.Context) {
			p.state.Opened(take)
			p.foresee()
		})
	})
}

func (p *Page) pressDownload(app.Context, app.Event) {
	s := &p.state
	if s.Shown == nil {
		return
	}
	shown, meta := s.Shown, picture.Meta{
		Settings: s.ShownRun.Settings, Step: s.ShownAt, ModelTitle: s.Loaded.Title, Build: app.Getenv("GOAPP_VERSION"), Weights: s.Loaded.Weights,
	}
	p.ctx.Async(func() {
		png, hidden, err := picture.Encoder{Pause: breather()}.Write(shown.Pix, shown.Width, shown.Height, meta)
		p.ctx.Dispatch(func(app.Context) {
			if err != nil {
				s.Problem, s.Status = err.Error(), err.Error()
				return
			}
			name := fileName(meta.Settings, meta.Step)
			save(name, png)
			s.Status = "Saved " + name + ". The file carries the prompt and all settings. " + hidden.Notice()
		})
	})
}

// breather returns what a long computation calls now and then: it lets the page draw and answer when that has waited for a frame's time.
func breather() func() {
	const frame = 16 * time.Millisecond
	last := time.Now()
	return func() {
		if time.Since(last) >= frame {
			time.Sleep(time.Millisecond) // the browser's event loop runs while no goroutine does
			last = time.Now()
		}
	}
}
