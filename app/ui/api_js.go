package ui

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"syscall/js"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"reverie/app/picture"
	"reverie/app/protocol"
	"reverie/gpu/jsx"
	"reverie/recipe"
)

// openDoor makes window.reverie, the page's door for programs: docs/scripting.md describes it.
//
// What the engine tells comes as the event "reverie" on the window, too, whose detail is a message of app/protocol in JSON; pictures that
// Every asks for come as the message "file".
func (p *Page) openDoor() {
	door := js.Global().Get("Object").New()
	door.Set("start", js.FuncOf(func(_ js.Value, args []js.Value) any {
		return promise(func() (js.Value, error) { return p.takeOrder(args) })
	}))
	js.Global().Set("reverie", door)
}

// followed is a run that a program has started.
type followed struct {
	handle   js.Value              // what the program has of it
	handlers map[string][]js.Value // by the kind of event
	last     map[string]js.Value   // the events after which nothing comes: who asks later hears them, too
	run      *Run                  // once it has begun
	over     bool                  // it has ended, or was never begun
	waits    []wait
}

// wait is a call of the program that the engine has not answered. Heard says whether a message is the answer.
type wait struct {
	heard  func(protocol.Message) (v js.Value, err error, ok bool)
	result chan<- answer
}

type answer struct {
	value js.Value
	err   error
}

var (
	errOver  = errors.New("This run has ended.")
	errOther = errors.New("The page shows another run.")
	errNow   = errors.New("The run cannot do that now.")
)

// handleOf makes what the program has of the run.
func (p *Page) handleOf(r *followed) js.Value {
	h := js.Global().Get("Object").New()
	method := func(name string, do func(args []js.Value) (js.Value, error)) {
		h.Set(name, js.FuncOf(func(_ js.Value, args []js.Value) any {
			return promise(func() (js.Value, error) { return do(args) })
		}))
	}
	h.Set("on", js.FuncOf(func(_ js.Value, args []js.Value) any {
		if len(args) == 2 && args[1].Type() == js.TypeFunction {
			kind := args[0].String()
			r.handlers[kind] = append(r.handlers[kind], args[1])
			if event, ok := r.last[kind]; ok {
				call(args[1], event)
			}
		}
		return h
	}))
	method("change", func(args []js.Value) (js.Value, error) {
		set, err := settingsOf(args)
		if err != nil {
			return js.Undefined(), err
		}
		id := 0
		return p.ask(r, func(s *State) (protocol.Message, error) {
			m, err := s.TakeChange(set)
			id = s.changes
			return m, err
		}, func(m protocol.Message) (js.Value, error, bool) {
			c, ok := m.(protocol.Changed)
			if ok && c.Problem != "" {
				return js.Undefined(), errors.New(c.Problem), c.ID == id
			}
			return js.ValueOf(c.Step), nil, ok && c.ID == id
		})
	})
	method("pause", func([]js.Value) (js.Value, error) {
		return p.ask(r, pressed((*State).PressPause), func(m protocol.Message) (js.Value, error, bool) {
			paused, ok := m.(protocol.Paused)
			return js.ValueOf(paused.Step), nil, ok
		})
	})
	method("resume", func([]js.Value) (js.Value, error) { return p.ask(r, pressed((*State).PressResume), nil) })
	method("stop", func([]js.Value) (js.Value, error) {
		return p.ask(r, pressed((*State).PressStop), func(m protocol.Message) (js.Value, error, bool) {
			switch m := m.(type) {
			case protocol.Stopped:
				return js.ValueOf(m.Step), nil, true
			case protocol.Done: // it had made its last step
				return js.ValueOf(m.Step), nil, true
			}
			return js.Undefined(), nil, false
		})
	})
	method("png", func([]js.Value) (js.Value, error) { return p.pngOf(r) })
	method("state", func([]js.Value) (js.Value, error) { return p.stateOf(r) })
	return h
}

// pressed is a button that a program presses.
func pressed(press func(*State) (protocol.Message, bool)) func(*State) (protocol.Message, error) {
	return func(s *State) (protocol.Message, error) {
		m, ok := press(s)
		if !ok {
			return nil, errNow
		}
		return m, nil
	}
}

// ask sends what send makes and waits for the answer, if there is one. It blocks.
func (p *Page) ask(r *followed, send func(*State) (protocol.Message, error), heard func(protocol.Message) (js.Value, error, bool)) (js.Value, error) {
	result := make(chan answer, 1)
	p.ctx.Dispatch(func(app.Context) {
		if r.over || p.followed != r {
			result <- answer{err: errOver}
			return
		}
		m, err := send(&p.state)
		switch {
		case heard == nil || err != nil:
			result <- answer{js.Undefined(), err}
		case m == nil: // the run goes by it already
			result <- answer{js.ValueOf(p.state.Run.Step), nil}
		default:
			r.waits = append(r.waits, wait{heard, result})
		}
		p.send(m, m != nil && err == nil)
	})
	a := <-result
	return a.value, a.err
}

// pngOf is the run's newest picture, as Download PNG saves it.
func (p *Page) pngOf(r *followed) (js.Value, error) {
	type shown struct {
		picture *protocol.Picture
		run     *Run
		step    int
		err     error
	}
	found := make(chan shown, 1)
	p.ctx.Dispatch(func(app.Context) {
		s := &p.state
		one := shown{s.Shown, s.ShownRun, s.ShownAt, nil}
		switch {
		case p.followed != r:
			one.err = errOther
		case s.Shown == nil || r.run == nil || s.ShownRun != r.run:
			one.err = errors.New("There is no picture yet.")
		}
		found <- one
	})
	one := <-found
	if one.err != nil {
		return js.Undefined(), one.err
	}
	png, _, err := p.encode(one.picture, one.run, one.step)
	return jsx.Bytes(png), err
}

// stateOf is what the run needs to go on, as it is now, or as it was at its end.
func (p *Page) stateOf(r *followed) (js.Value, error) {
	saved := func(r *Run) js.Value {
		if r == nil || r.saved.State == nil {
			return js.Null()
		}
		return jsx.Bytes(r.saved.State)
	}
	if v, err := p.ask(r, func(s *State) (protocol.Message, error) {
		if s.Phase != Running {
			return nil, errOver // what was saved at the pause is the newest
		}
		return protocol.Save{}, nil
	}, func(m protocol.Message) (js.Value, error, bool) {
		s, ok := m.(protocol.Saved)
		if !ok {
			return js.Undefined(), nil, false
		}
		return jsx.Bytes(s.State.Data), nil, true
	}); err == nil {
		return v, nil
	}
	found := make(chan answer, 1)
	p.ctx.Dispatch(func(app.Context) {
		if p.followed != r {
			found <- answer{err: errOther}
			return
		}
		found <- answer{saved(r.run), nil}
	})
	a := <-found
	return a.value, a.err
}

// tellProgram lets the program that has started the run hear a message, once the page has taken it.
func (p *Page) tellProgram(m protocol.Message) {
	r := p.followed
	if r == nil {
		return
	}
	switch m := m.(type) {
	case protocol.Started:
		if r.run != nil || r.over { // a person has started another one
			p.followed, r.over = nil, true
			return
		}
		r.run = p.state.Run
	case protocol.Step:
		told := map[string]any{"step": m.Step, "loss": m.Loss, "losses": arrayOf(m.Losses), "ms": m.Milliseconds}
		if m.Perceptors != nil {
			told["perceptors"] = arrayOf(m.Perceptors)
		}
		r.tell("step", told)
	case protocol.Changed:
		if m.Problem != "" {
			r.tell("problem", map[string]any{"message": m.Problem})
		}
	case protocol.Done:
		r.end("done", map[string]any{"step": m.Step, "stopped": false})
	case protocol.Stopped:
		r.end("done", map[string]any{"step": m.Step, "stopped": true})
	case protocol.Error:
		r.end("problem", map[string]any{"message": p.state.Status})
	case protocol.Lost, protocol.Exit:
		r.end("problem", map[string]any{"message": p.state.Screen.Title + ". " + p.state.Screen.Text})
	}
	var left []wait
	for _, w := range r.waits {
		v, err, ok := w.heard(m)
		switch {
		case ok:
			w.result <- answer{v, err}
		case r.over:
			w.result <- answer{err: errOver}
		default:
			left = append(left, w)
		}
	}
	r.waits = left
}

// tell raises an event of the run.
func (r *followed) tell(kind string, event map[string]any) {
	for _, f := range r.handlers[kind] {
		call(f, js.ValueOf(event))
	}
}

// end raises the event after which no other comes.
func (r *followed) end(kind string, event map[string]any) {
	if r.over {
		return
	}
	r.over, r.last[kind] = true, js.ValueOf(event)
	r.tell(kind, event)
}

// call hands an event to a program's function, whose mistakes are its own.
func call(f, event js.Value) {
	if _, err := jsx.Try(func() js.Value { return f.Invoke(event) }); err != nil {
		app.Log(err)
	}
}

// settingsOf reads the argument of change: an object of options and their values.
func settingsOf(args []js.Value) (recipe.Settings, error) {
	var set recipe.Settings
	if len(args) == 0 || args[0].Type() != js.TypeObject {
		return nil, errors.New("change takes an object of options and their values.")
	}
	err := json.Unmarshal([]byte(js.Global().Get("JSON").Call("stringify", args[0]).String()), &set)
	return set, err
}

// promise runs f on a goroutine of its own and gives its result, or rejects with its error.
func promise(f func() (js.Value, error)) js.Value {
	var run js.Func
	run = js.FuncOf(func(_ js.Value, settle []js.Value) any {
		go func() {
			defer run.Release()
			v, err := f()
			if err != nil {
				settle[1].Invoke(js.Global().Get("Error").New(err.Error()))
				return
			}
			settle[0].Invoke(v)
		}()
		return nil
	})
	return js.Global().Get("Promise").New(run)
}

// takeOrder reads the arguments of start, begins the run and gives what the program has of it.
func (p *Page) takeOrder(args []js.Value) (js.Value, error) {
	o, err := orderOf(args)
	if err != nil {
		return js.Undefined(), err
	}
	result := make(chan answer, 1)
	order := func() {
		m, err := p.state.TakeOrder(p.weights(), o)
		r := &followed{handlers: map[string][]js.Value{}, last: map[string]js.Value{}}
		if err == nil {
			r.handle = p.handleOf(r)
			p.followed = r
		}
		p.send(m, err == nil)
		p.started()
		result <- answer{r.handle, err}
	}
	p.ctx.Dispatch(func(app.Context) {
		if p.state.Phase == Opening {
			p.orders = append(p.orders, order)
			wake()
			return
		}
		order()
	})
	a := <-result
	return a.value, a.err
}

func orderOf(args []js.Value) (o Order, err error) {
	if len(args) == 0 {
		return o, errors.New("reverie.start takes a script")
	}
	text := js.Global().Get("JSON").Call("stringify", args[0])
	if text.Type() != js.TypeString {
		return o, errors.New("reverie.start takes a script")
	}
	if o.Script, _, err = recipe.FromJSON([]byte(text.String())); err != nil {
		return o, err
	}
	if len(args) < 2 || args[1].Type() != js.TypeObject {
		return o, nil
	}
	options := args[1]
	if every := options.Get("every"); every.Type() == js.TypeNumber {
		o.Every = every.Int()
	}
	o.Frames = options.Get("frames").Truthy()
	if o.State, err = bytesOf(options.Get("state")); err != nil {
		return o, err
	}
	if init := options.Get("init"); init.Truthy() {
		named, err := namedOf(init)
		if err != nil {
			return o, err
		}
		o.Start = &Opened{named.Name, named.Picture}
	}
	if list := options.Get("images"); list.Truthy() {
		for i := range list.Length() {
			named, err := namedOf(list.Index(i))
			if err != nil {
				return o, err
			}
			o.Images = append(o.Images, named)
		}
	}
	return o, nil
}

// namedOf opens a file {name, data}.
func namedOf(file js.Value) (protocol.Named, error) {
	data, err := bytesOf(file.Get("data"))
	if err != nil {
		return protocol.Named{}, err
	}
	p, err := picture.Decoder{Pause: breather()}.Open(data)
	return protocol.Named{Name: fmt.Sprint(file.Get("name")), Picture: protocol.Picture(p)}, err
}

// bytesOf reads a Uint8Array or base64; nil of nothing.
func bytesOf(v js.Value) ([]byte, error) {
	switch {
	case !v.Truthy():
		return nil, nil
	case v.Type() == js.TypeString:
		return base64.StdEncoding.DecodeString(v.String())
	}
	return jsx.GoBytes(v), nil
}

// tellShot tells a picture that a program has asked for, as a file.
func (p *Page) tellShot(m protocol.Shot) {
	run, r := p.state.Run, p.followed
	p.ctx.Async(func() {
		png, _, err := p.encode(m.Picture, run, m.Step)
		if err != nil {
			app.Log(err)
			return
		}
		if r != nil {
			p.ctx.Dispatch(func(app.Context) { r.tell("picture", map[string]any{"step": m.Step, "png": jsx.Bytes(png)}) })
		}
		if w, err := protocol.Encode(protocol.File{Step: m.Step, PNG: png}); err == nil {
			tell(js.ValueOf(w.Text))
		}
	})
}

// arrayOf is a list as an array of JavaScript's.
func arrayOf(list []float64) []any {
	array := make([]any, len(list))
	for i, n := range list {
		array[i] = n
	}
	return array
}
