package worker

import (
	"context"
	"syscall/js"

	"reverie/app/protocol"
	"reverie/app/wire"
)

// ServePage serves the page that started this worker. It never returns.
func ServePage() {
	self := js.Global()
	in := make(chan protocol.Message, 16)
	wire.Serve(func(w wire.Wire) {
		m, err := protocol.Decode(w)
		if err != nil {
			post(self, protocol.Error{Message: err.Error()})
			return
		}
		in <- m
	})
	Serve(context.Background(), &GPU{}, in, func(m protocol.Message) { post(self, m) })
}

func post(self js.Value, m protocol.Message) {
	if err := protocol.Post(self, m); err != nil {
		protocol.Post(self, protocol.Error{Message: err.Error()})
	}
}
