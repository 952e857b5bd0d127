//go:build js

// Command app is what runs in the browser. The same app.wasm starts twice: in the page, where it is the user interface, and in a worker,
// where it is the engine.
package main

import (
	"syscall/js"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"reverie/app/ui"
	"reverie/app/worker"
)

func main() {
	if js.Global().Get("document").IsUndefined() {
		worker.ServePage()
		return
	}
	app.Route("/", func() app.Composer { return ui.NewPage() })
	app.RunWhenOnBrowser()
}
