package protocol

import (
	"syscall/js"

	"reverie/gpu/jsx"
)

// Post sends m through a MessagePort-like target: a Worker, or the worker's own global scope.
func Post(target js.Value, m Message) error {
	w, err := Encode(m)
	if err != nil {
		return err
	}
	buffers := make([]js.Value, len(w.Buffers))
	for i, b := range w.Buffers {
		buffers[i] = jsx.Bytes(b).Get("buffer")
	}
	list := jsx.Sequence(buffers)
	_, err = jsx.Try(func() js.Value {
		return target.Call("postMessage", map[string]any{"text": w.Text, "buffers": list}, list)
	})
	return err
}

// Receive unpacks the data of a message event.
func Receive(data js.Value) (Message, error) {
	w := Wire{}
	if data.Type() == js.TypeObject {
		w.Text = data.Get("text").String()
		if list := data.Get("buffers"); list.Truthy() {
			for i := range list.Length() {
				w.Buffers = append(w.Buffers, jsx.GoBytes(list.Index(i)))
			}
		}
	}
	return Decode(w)
}
