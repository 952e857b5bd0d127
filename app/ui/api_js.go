package ui

import (
	"encoding/base64"
	"errors"
	"fmt"
	"syscall/js"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"reverie/app/picture"
	"reverie/app/protocol"
	"reverie/gpu/jsx"
	"reverie/recipe"
)

// window.reverie is the page's door for programs:
//
//	reverie.start(script, {init: {name, data}, images: [{name, data}…], state, every})    starts a script (docs/script.schema.json),
//	                                    which may go on from a state; a promise of true. Data and state are Uint8Arrays or base64.
//	reverie.png()                       a promise of the picture that is shown, as Download PNG saves it
//	reverie.state()                     what the last run needs to go on, as it was saved last, or null
//
// What the engine tells comes as the event "reverie" on the window, whose detail is a message of app/protocol in JSON; pictures that Every
// asks for come as the message "file".
func (p *Page) openDoor() {
	door := js.Global().Get("Object").New()
	door.Set("start", js.FuncOf(func(_ js.Value, args []js.Value) any {
		return promise(func() (js.Value, error) { return p.takeOrder(args) })
	}))
	door.Set("png", js.FuncOf(func(js.Value, []js.Value) any { return promise(p.shownPNG) }))
	door.Set("state", js.FuncOf(func(js.Value, []js.Value) any {
		if run := p.state.Run; run != nil && run.saved.State != nil {
			return jsx.Bytes(run.saved.State)
		}
		return js.Null()
	}))
	js.Global().Set("reverie", door)
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

// takeOrder reads the arguments of start and begins the run.
func (p *Page) takeOrder(args []js.Value) (js.Value, error) {
	o, err := orderOf(args)
	if err != nil {
		return js.Undefined(), err
	}
	result := make(chan error, 1)
	p.ctx.Dispatch(func(app.Context) {
		m, err := p.state.TakeOrder(p.weights(), o)
		p.send(m, err == nil)
		p.started()
		result <- err
	})
	return js.ValueOf(true), <-result
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

// shownPNG is what Download PNG saves.
func (p *Page) shownPNG() (js.Value, error) {
	if p.state.Shown == nil {
		return js.Undefined(), errors.New("there is no picture yet")
	}
	png, _, err := p.encode(p.state.Shown, p.state.ShownRun, p.state.ShownAt)
	return jsx.Bytes(png), err
}

// tellShot tells a picture that a program has asked for, as a file.
func (p *Page) tellShot(m protocol.Shot) {
	run := p.state.Run
	p.ctx.Async(func() {
		png, _, err := p.encode(m.Picture, run, m.Step)
		if err != nil {
			app.Log(err)
			return
		}
		if w, err := protocol.Encode(protocol.File{Step: m.Step, PNG: png}); err == nil {
			tell(js.ValueOf(w.Text))
		}
	})
}
