package film

import (
	"syscall/js"

	"reverie/app/wire"
)

// Post sends m through a MessagePort-like target: a Worker, or the worker's own global scope.
func Post(target js.Value, m Message) error { return channel.Post(target, m) }

// Receive unpacks the data of a message event.
func Receive(data js.Value) (Message, error) { return Decode(wire.Receive(data)) }
