package imports

import (
	"syscall/js"

	"reverie/app/wire"
)

// Post sends m through a MessagePort-like target: a Worker, or the worker's own global scope.
func Post(target js.Value, m Message) error {
	w, err := Encode(m)
	if err != nil {
		return err
	}
	return wire.Post(target, w)
}

// Receive unpacks the data of a message event.
func Receive(data js.Value) (Message, error) { return Decode(wire.Receive(data)) }
