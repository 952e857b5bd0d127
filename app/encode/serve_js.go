package encode

import (
	"context"
	"syscall/js"

	"reverie/app/film"
	"reverie/app/wire"
)

// ServePage serves the page that started this worker. It never returns.
func ServePage() {
	self := js.Global()
	in := make(chan film.Message, 16)
	wire.Serve(func(w wire.Wire) {
		m, err := film.Decode(w)
		if err != nil {
			film.Post(self, film.Error{Message: err.Error()})
			return
		}
		in <- m
	})
	Serve(context.Background(), in, func(m film.Message) { film.Post(self, m) })
}
