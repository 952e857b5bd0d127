package wire

import (
	"syscall/js"

	"reverie/gpu/jsx"
)

// Post sends m through a MessagePort-like target: a Worker, or the worker's own global scope.
func (k *Kinds) Post(target js.Value, m any) error {
	w, err := k.Encode(m)
	if err != nil {
		return err
	}
	return Post(target, w)
}

// Post sends w through a MessagePort-like target: a Worker, or the worker's own global scope.
func Post(target js.Value, w Wire) error {
	buffers := make([]js.Value, len(w.Buffers))
	for i, b := range w.Buffers {
		buffers[i] = jsx.Bytes(b).Get("buffer")
	}
	list := jsx.Sequence(buffers)
	data := map[string]any{"text": w.Text, "buffers": list}
	if len(w.Files) > 0 {
		files := make([]js.Value, len(w.Files))
		for i, f := range w.Files {
			files[i] = f.JS
		}
		data["files"] = jsx.Sequence(files)
	}
	_, err := jsx.Try(func() js.Value { return target.Call("postMessage", data, list) })
	return err
}

// Receive takes what came from the data of a message event. What is no such message has no text, which decoding tells.
func Receive(data js.Value) Wire {
	w := Wire{}
	if data.Type() == js.TypeObject {
		w.Text = data.Get("text").String()
		if list := data.Get("buffers"); list.Truthy() {
			for i := range list.Length() {
				w.Buffers = append(w.Buffers, jsx.GoBytes(list.Index(i)))
			}
		}
		if list := data.Get("files"); list.Truthy() {
			for i := range list.Length() {
				w.Files = append(w.Files, &File{list.Index(i)})
			}
		}
	}
	return w
}

// Serve hands each message that comes to this worker to take, on the JavaScript event loop, and first those that web/worker.js kept, which came
// before Go listened.
func Serve(take func(Wire)) {
	self := js.Global()
	early := self.Get("reverieInbox")
	self.Set("onmessage", js.FuncOf(func(_ js.Value, args []js.Value) any {
		take(Receive(args[0].Get("data")))
		return nil
	}))
	for i := range early.Length() {
		take(Receive(early.Index(i)))
	}
}
