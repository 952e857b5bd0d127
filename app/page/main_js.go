// Command page is the user interface: the program that a browser runs in the page, built as web/app.wasm, which is where go-app looks for it.
package main

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	_ "reverie/app/early"
	"reverie/app/ui"
	"reverie/gpu/jsx"
)

func main() {
	jsx.Turn() // the browser draws and answers between what Go does before main and what comes now
	app.Route("/", func() app.Composer { return ui.NewPage() })
	app.RunWhenOnBrowser()
}
