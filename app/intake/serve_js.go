package intake

import (
	"context"
	"runtime/debug"
	"syscall/js"

	"reverie/app/imports"
	"reverie/app/wire"
	"reverie/gpu/store"
)

// collect is the garbage, in percent of what is in use, at which Go collects it. WebAssembly's memory never shrinks, and a conversion leaves little.
const collect = 25

// ServePage serves the page that started this worker. It never returns.
func ServePage() {
	debug.SetGCPercent(collect)
	self := js.Global()
	in := make(chan imports.Message, 16)
	wire.Serve(func(w wire.Wire) {
		m, err := imports.Decode(w)
		if err != nil {
			imports.Post(self, imports.Problem{Message: err.Error()})
			return
		}
		in <- m
	})
	ctx := context.Background()
	Serve(ctx, in, func(m imports.Message) { imports.Post(self, m) }, store.Open, web{})
}
