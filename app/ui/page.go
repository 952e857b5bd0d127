// Package ui is the page: what a person sees, types and presses.
//
// State holds everything that is shown and how it changes, without the browser, and is tested natively. Page ties it to go-app and
// to the worker; browser_js.go is the little that needs JavaScript.
package ui

import (
	"fmt"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"reverie/app/picture"
	"reverie/app/protocol"
	"reverie/recipe"
)

// The ids of elements that are looked for.
const (
	promptID      = "prompt"
	modelID       = "model"
	clipID        = "model-clip"
	vqganID       = "model-vqgan"
	previewID     = "preview"
	resumeID      = "resume-picture"
	openImageID   = "open-image"
	imagePromptID = "image-prompt"
	lockID        = "lock-seed"
	frameID       = "frame"
	timeID        = "time"
	keysID        = "keys"
)

// Page is the root component.
type Page struct {
	app.Compo

	state     State
	live      bool              // whether this is a browser that runs the page
	begun     bool              // whether it was rendered
	ctx       app.Context       // the page's own: what comes later must not depend on a button that may be gone
	engine    *engine           // nil until it is wanted: see web/start.js
	orders    []func()          // of programs, that wait for the GPU
	opened    bool              // whether OnNav was called
	prefill   string            // the fragment that the form has taken
	drawn     *protocol.Picture // what the canvas shows
	changedAt time.Time         // when that was last another one
	rendered  time.Time         // when a step was last shown
	edits     int               // of the form
	keeper    keeper
	keeping   bool   // it is busy
	restored  bool   // it has told what was kept
	pictures  string // names the draft's pictures that are kept
	gallery   galleryView
	glossary  glossaryView
	followed  *followed // the run that a program has started, or nil
	filming   *filming  // the film that is being made, or nil
	toasts    toasts
	ticking   bool // their time passes
	sharing   bool // whether the browser shares files
	platform  platform
	importer  *importer // while it has something to do

	folds   map[string]bool // which parts of the panel are open
	dialogs map[string]bool // which dialogs were opened
	steered bool            // whether Steer was opened for a run
	open    string          // the id of the menu that is open, or ""
	waits   string          // what is typed as the prompt of a run that is to wait
	crisp   bool            // whether the picture's pixels are shown as squares
	adding  string          // what is typed for another prompt
	sought  string          // what is looked for among the settings
	veiled  veiled          // what the masks over the picture were drawn from
	rail    [2]string       // where the slider lies on the curves
	keysOff bool            // whether single keys do nothing

	veilLayers []veilLayer // of the masks over the picture, but for the stroke that is being drawn

	linkedTexts map[string][]piece // texts with the terms that were found in them
}

// keepDelay is how long the page waits with storing a small model.
const keepDelay = 2 * time.Second

// NewPage is the page as the server renders it and as it first appears.
func NewPage() *Page {
	return &Page{state: NewState(), live: app.IsClient, folds: map[string]bool{}, dialogs: map[string]bool{}}
}

// renderInterval is the least time between two updates of the numbers while a run goes on.
const renderInterval = 100 * time.Millisecond

func (p *Page) OnMount(ctx app.Context) {
	p.ctx = ctx
	p.openDoor()
	p.keeper.vault = openVault()
	kept := loadText(formKey)
	p.state.fresh = kept == "" && len(fragment()) <= 1
	p.prefill = p.state.RestoreForm(kept)
	p.keysOff = loadText(keysKey) == "off"
	p.restore()
	p.restoreImport()
	p.openGallery()
	p.sharing = sharesFiles()
	p.seePlatform()
	ctx.Defer(func(app.Context) { focusOnDesktop(promptID) })
	p.fetchModels()
	watchUpdate(func() {
		ctx.Dispatch(func(app.Context) { p.state.Update = true })
	})
	open := func(read func() ([]byte, error), name string) { p.openFile(read, name, p.state.OpenFile) }
	watchFiles(open, func(text string) {
		ctx.Dispatch(func(app.Context) {
			p.state.DropText(text)
			p.changed(now)
		})
	}, p.takeModels)
	watchHiding(func() {
		ctx.Dispatch(func(app.Context) { p.send(p.state.Hide()) })
		p.storeForm()
	})
	watchEscape(p.dropNote)
	p.watchBrush() // before single keys, which it may take
	watchKeys(p.wantsKey, func(key string) {
		ctx.Dispatch(func(app.Context) { p.key(key) })
	})
	watchOutside(func() {
		ctx.Dispatch(func(app.Context) { p.open = "" })
	})
	watchLaunches(open)
	takeShared(open)
	takeEarly(p.takeEarly, open)
	whenWanted(func() {
		ctx.Dispatch(func(app.Context) { p.startEngine() })
	})
	every(turn, func() {
		ctx.Dispatch(func(ctx app.Context) { p.turn(ctx) })
	})
}

// OnNav is called when the page is opened and when its address changes.
func (p *Page) OnNav(ctx app.Context) {
	f := fragment()
	first := !p.opened
	p.opened = true
	switch {
	case first && f == p.prefill && cameBack(): // what was typed since is the person's
	case len(f) <= 1:
		p.prefill = ""
	case first:
		p.prefill = f
		p.state.Prefill(f)
		p.changed(now)
	case f != p.prefill:
		p.prefill = f
		p.state.FollowLink(f)
		p.changed(now)
	}
	ctx.Page().SetTitle(p.state.Title())
}

// The moments at which a change of the form takes effect.
const (
	soon = 400 * time.Millisecond // when nothing more is typed
	now  = 0
)

// foreseeDelay is how long the page waits for a person to type on before it asks for a forecast, storeDelay before it keeps the form.
const (
	foreseeDelay = 300 * time.Millisecond
	storeDelay   = 300 * time.Millisecond
)

// changed is told that the form has changed, or may have: a run under way takes that, the forecast may be another, and the browser keeps it.
func (p *Page) changed(when time.Duration) {
	p.edits++
	edit := p.edits
	p.veil()
	if when == now {
		p.apply()
	}
	later := func(delay time.Duration, do func()) {
		p.ctx.After(delay, func(app.Context) {
			if edit == p.edits {
				do()
			}
		})
	}
	if when > now {
		later(when, p.apply)
	}
	later(foreseeDelay, p.foresee)
	later(storeDelay, p.storeForm)
}

// foresee asks what the form's run would take, and what the model reads of its prompt.
func (p *Page) foresee() {
	p.send(p.state.Foresee(p.weights()))
	p.send(p.state.Count(p.weights()))
}

// apply lets the run under way take what was edited.
func (p *Page) apply() { p.send(p.state.Change()) }

// formKey is the name under which the browser keeps the form.
const formKey = "reverie-form"

// storeForm lets the browser keep the form, and the pictures that belong to it.
func (p *Page) storeForm() {
	storeText(formKey, p.state.FormText(p.prefill))
	p.keep()
}

// restore takes what the browser has kept of an earlier visit.
func (p *Page) restore() {
	p.ctx.Async(func() {
		run, _ := p.keeper.run() // what cannot be read is not there
		start, pictures, _ := p.keeper.draft()
		jobs, made, _ := p.keeper.queue()
		elsewhere := runsElsewhere()
		p.ctx.Dispatch(func(app.Context) {
			p.restored = true
			if run != nil && !elsewhere {
				p.state.RestoreRun(*run)
			}
			if !elsewhere {
				p.state.RestoreQueue(jobs, made)
			}
			p.state.RestorePictures(start, pictures)
			p.pictures = p.state.PictureNames()
			p.draw()
			p.redraw() // the small pictures of the queue
			p.keep()
		})
	})
}

// keep lets the browser keep the run, if there is news of it, and then the pictures of the draft.
func (p *Page) keep() {
	if p.keeping || !p.restored {
		return
	}
	var do func() error
	if run, due := p.state.TakeKept(); due {
		do = func() error {
			if run == nil {
				return p.keeper.forget()
			}
			holdRun()
			return p.keeper.keepRun(*run)
		}
	} else if jobs, made, due := p.state.TakeQueue(); due {
		do = func() error {
			holdRun()
			return p.keeper.keepQueue(jobs, made)
		}
	} else if names := p.state.PictureNames(); names != p.pictures {
		p.pictures = names
		start, pictures := p.state.Start, p.state.Draft.pictures()
		do = func() error { return p.keeper.keepDraft(start, pictures) }
	} else {
		return
	}
	p.keeping = true
	p.ctx.Async(func() {
		err := do()
		p.ctx.Dispatch(func(app.Context) {
			p.keeping = false
			if err != nil {
				p.state.KeepFailed()
				app.Log(err)
			}
			p.keep()
		})
	})
}

func (p *Page) startEngine() {
	if p.engine != nil {
		p.engine.close()
	}
	var current *engine
	current = startEngine(func(m protocol.Message, announce func()) {
		p.ctx.Dispatch(func(ctx app.Context) {
			if p.engine == current {
				p.receive(ctx, m)
				announce()
			}
		})
	})
	p.engine = current
	p.send(protocol.Open{Base: p.weights(), Tune: query("tune"), GPU: query("gpu")}, true)
}

// turn looks whether the worker answers, and replaces one that does not.
func (p *Page) turn(ctx app.Context) {
	phase, status := p.state.Phase, p.state.Status
	switch {
	case p.state.Turn(hidden()):
		p.startEngine()
		p.keep()
	case p.state.Phase == phase && p.state.Status == status:
		ctx.PreventUpdate()
		return
	}
	ctx.Page().SetTitle(p.state.Title())
}

// early is what a person did before the page's program listened.
type early struct {
	typed   string // as the prompt
	start   bool   // Enter was pressed there, or Start
	example int    // that was pressed, or -1
	text    string // that was dropped
}

// takeEarly does it now. It comes after what a link says, as it did then.
func (p *Page) takeEarly(e early) {
	p.ctx.Dispatch(func(ctx app.Context) {
		if e.typed != "" {
			p.state.Edit(recipe.Prompt.Option, e.typed)
			p.ctx.Defer(func(app.Context) { focus(promptID) })
			p.changed(soon)
		}
		if e.text != "" {
			p.state.DropText(e.text)
			p.changed(now)
		}
		if e.example >= 0 && e.example < len(Examples) {
			p.sends(func(base string) (protocol.Message, bool) { return p.state.StartExample(Examples[e.example], base) })(ctx, app.Event{})
		}
		if e.start {
			p.start()
		}
	})
}

func (p *Page) receive(ctx app.Context, m protocol.Message) {
	model := p.state.Form.Model()
	p.state.Receive(m, time.Now())
	if p.state.Phase != Opening {
		for _, order := range p.orders {
			order()
		}
		p.orders = nil
	}
	if p.state.Form.Model() != model { // one that was imported
		p.changed(now)
	}
	if _, beat := m.(protocol.Beat); beat {
		ctx.PreventUpdate()
		return
	}
	ctx.Page().SetTitle(p.state.Title())
	p.send(p.state.FollowUp(p.weights()))
	if shot, ok := m.(protocol.Shot); ok {
		p.tellShot(shot)
	}
	p.tellProgram(m)
	p.tellFilm(m)
	p.review(m)
	p.draw()
	p.askInside()
	if _, news := m.(protocol.Inspected); news {
		p.drawInside()
	}
	p.keep()
	p.keepFinished()
	p.tellPlatform(m)
	stayAwake(p.state.Phase == Starting || p.state.Phase == Running)
	if p.state.TakePersist() {
		p.persist()
	}
	if _, began := m.(protocol.Started); began && !p.steered { // what may be changed now is shown once; who folds it away has seen it
		p.steered, p.folds[steerFold] = true, true
	}
	if p.state.NoRoom != "" { // what can be deleted is there
		p.folds[modelFold] = true
	}
	if _, news := m.(protocol.Storage); news && !saveData() {
		// A person who is about to press Start comes first.
		ctx.After(keepDelay, func(app.Context) { p.send(p.state.Keep(p.weights())) })
	}
	if p.state.forecastMayChange(m) {
		p.ctx.After(foreseeDelay, func(app.Context) { p.foresee() })
	}
	if _, step := m.(protocol.Step); step && time.Since(p.rendered) < renderInterval {
		ctx.PreventUpdate()
		return
	}
	p.rendered = time.Now()
}

// draw puts the newest picture on the canvas, once what was changed is on the page.
func (p *Page) draw() {
	p.veil()
	p.placeSlider()
	visible, _, _ := p.state.Visible()
	if visible == p.drawn || p.state.Phase == Running && !p.state.look.on && time.Since(p.changedAt) < p.calm() {
		return
	}
	p.drawn, p.changedAt = visible, time.Now()
	p.redraw()
}

// calmInterval is the least time between two pictures for a person who wants little motion.
const calmInterval = 2 * time.Second

// calm is how long a picture stays while a run goes on.
func (p *Page) calm() time.Duration {
	if reducedMotion() {
		return calmInterval
	}
	return 0
}

// redraw draws though the picture is the same: the canvas may have lost it, or be new.
func (p *Page) redraw() {
	p.ctx.Defer(func(app.Context) {
		draw(previewID, p.drawn, p.canvasBack)
		draw(resumeID, p.drawn, p.canvasBack)
		for i, t := range p.state.trials {
			draw(trialID(i), t.picture, p.canvasBack)
		}
	})
	p.drawInside()
}

// canvasBack is told that a canvas has its surface back, empty. Nothing else may happen then that would make go-app look for what was deferred.
func (p *Page) canvasBack() { p.ctx.Dispatch(func(app.Context) { p.redraw() }) }

// send hands a message of the state to the worker.
func (p *Page) send(m protocol.Message, ok bool) {
	if !ok || p.engine == nil { // the state asks for nothing before there is a device
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
	p.apply() // what was typed a moment ago
	switch p.state.Phase {
	case Idle, Loading:
		p.start()
	case Running:
		p.send(p.state.PressPause())
	case Paused:
		p.send(p.state.PressResume())
	}
	ctx.Page().SetTitle(p.state.Title())
}

// start begins a run, or leads the person to the field that keeps it from that.
func (p *Page) start() {
	p.send(p.state.PressStart(p.weights()))
	p.started()
}

// started is to be called after what starts a run: a drawn seed is the form's, and a field that is wrong gets the focus.
func (p *Page) started() {
	p.changed(now)
	if id := p.state.Wrong; id != "" {
		p.reveal(id)
	}
}

func (p *Page) pressContinue(app.Context, app.Event) {
	p.send(p.state.PressContinue(p.weights()))
	p.started()
}

func (p *Page) pressResumeRun(app.Context, app.Event) {
	p.send(p.state.PressResumeRun(p.weights()))
	p.started()
}

func (p *Page) pressNewRun(app.Context, app.Event) {
	p.send(p.state.PressNewRun())
	p.started()
}

func (p *Page) pressDiscard(app.Context, app.Event) {
	p.state.PressDiscard()
	p.draw()
	p.keep()
}

func (p *Page) pressUndo(app.Context, app.Event) {
	p.state.PressUndo()
	p.changed(now)
}

func (p *Page) pressRemoveStart(app.Context, app.Event) {
	p.state.RemoveStart()
	p.changed(now)
}

func (p *Page) pressUseOffer(app.Context, app.Event) {
	p.state.UseOffer()
	p.changed(now)
}

func (p *Page) pressFullScreen(app.Context, app.Event) { toggleFullScreen(frameID) }

func (p *Page) pressCrisp(app.Context, app.Event) { p.crisp = !p.crisp }

func (p *Page) pressDropChanges(app.Context, app.Event) {
	p.state.DropChanges()
	p.changed(now)
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
	p.redraw()
}

func (p *Page) pressUpdate(app.Context, app.Event) { update() }

// promptKey starts the run at Enter; Shift+Enter is a line of its own. An Enter that ends the writing of a character is the keyboard's.
func (p *Page) promptKey(ctx app.Context, e app.Event) {
	if e.Get("key").String() == "Enter" && !e.Get("shiftKey").Bool() && !e.Get("isComposing").Bool() {
		e.PreventDefault()
		p.apply()
		p.start()
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
		take := func() { p.state.complain(err, nil) }
		if err == nil && isZip(data) {
			take = func() { p.unpack(name, data) }
		} else if err == nil {
			take = open(name, data, picture.Decoder{Pause: breather()})
		}
		p.ctx.Dispatch(func(app.Context) {
			p.state.Opened(take)
			p.changed(now)
		})
	})
}

func (p *Page) pressDownload(app.Context, app.Event) {
	s := &p.state
	shown, run, at := s.Visible()
	if shown == nil {
		return
	}
	p.ctx.Async(func() {
		png, hidden, err := p.encode(shown, run, at)
		p.ctx.Dispatch(func(app.Context) {
			if err != nil {
				s.complain(err, nil)
				return
			}
			name := fileName(run.Script.At(at), at)
			save(name, pngKind, png)
			s.Status = fmt.Sprintf(savedFile, name, hidden.Notice())
		})
	})
}

// encode writes a run's picture after so many steps as a PNG. It blocks.
func (p *Page) encode(shown *protocol.Picture, run *Run, step int) ([]byte, picture.Hidden, error) {
	return picture.Encoder{Pause: breather()}.Write(shown.Pix, shown.Width, shown.Height, metaOf(run, step))
}

// metaOf is what a run's picture after so many steps carries.
func metaOf(run *Run, step int) picture.Meta {
	return picture.Meta{Script: run.Script, Step: step, ModelTitle: run.loaded.Title, Build: app.Getenv("GOAPP_VERSION"), Weights: run.loaded.Weights}
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
