package worker

import (
	"context"
	"syscall/js"

	"reverie/app/protocol"
)

// ServePage serves the page that started this worker. It never returns.
func ServePage() {
	self := js.Global()
	in := make(chan protocol.Message, 16)
	receive := func(data js.Value) {
		m, err := protocol.Receive(data)
		if err != nil {
			post(self, protocol.Error{Message: err.Error()})
			return
		}
		in <- m
	}
	onMessage := js.FuncOf(func(_ js.Value, args []js.Value) any {
		receive(args[0].Get("data"))
		return nil
	})
	// web/worker.js kept what came before Go listened.
	early := self.Get("reverieInbox")
	self.Set("onmessage", onMessage)
	for i := range early.Length() {
		receive(early.Index(i))
	}
	Serve(context.Background(), &GPU{}, in, func(m protocol.Message) { post(self, m) })
}

func post(self js.Value, m protocol.Message) {
	if err := protocol.Post(self, m); err != nil {
		protocol.Post(self, protocol.Error{Message: err.Error()})
	}
}
