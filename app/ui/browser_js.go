package ui

import (
	"context"
	"fmt"
	"strings"
	"syscall/js"
	"time"

	"github.com/gowebapi/webapi/dom/domcore"
	"github.com/gowebapi/webapi/file"
	"github.com/gowebapi/webapi/html/canvas"
	"github.com/gowebapi/webapi/html/channel"
	"github.com/gowebapi/webapi/html/worker"
	"github.com/gowebapi/webapi/patch"
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"reverie/app/imports"
	"reverie/app/protocol"
	"reverie/gpu/jsx"
)

// root is the URL of the app's folder; it ends in a slash.
func root() string {
	return strings.TrimRight(js.Global().Get("location").Get("origin").String()+app.Getenv("GOAPP_ROOT_PREFIX"), "/") + "/"
}

// fragment is the part of the page's address from '#' on.
func fragment() string { return js.Global().Get("location").Get("hash").String() }

// query is a parameter of the page's address, or "".
func query(name string) string {
	v := js.Global().Get("URLSearchParams").New(js.Global().Get("location").Get("search")).Call("get", name)
	if v.IsNull() {
		return ""
	}
	return v.String()
}

// engine is a worker that runs app/engine.
type engine struct {
	worker    *worker.Worker
	listeners []js.Func
}

// startEngine starts a worker, or takes over the one that web/start.js has started. It calls receive with each of its messages, on the
// JavaScript event loop, and with what tells it to programs: they hear of it when the page has taken it, and find the page so.
func startEngine(receive func(m protocol.Message, announce func())) *engine {
	hear := func(event js.Value) {
		if event.Get("type").String() == "error" {
			receive(protocol.Exit{Code: 1, Tail: event.Get("message").String()}, func() {})
			return
		}
		data := event.Get("data")
		m, err := protocol.Receive(data)
		if err != nil {
			m = protocol.Error{Message: err.Error()}
		}
		receive(m, func() {
			if _, beat := m.(protocol.Beat); !beat {
				tell(data.Get("text"))
			}
		})
	}
	e := &engine{}
	early := js.Global().Get("reverieEngine")
	if early.Truthy() {
		js.Global().Set("reverieEngine", nil) // it is taken over once
		e.worker = worker.WorkerFromJS(early.Get("worker"))
	} else {
		e.worker = worker.NewWorker(root()+"web/worker.js", nil)
	}
	onMessage := e.worker.SetOnMessage(func(event *channel.MessageEvent, _ *worker.Worker) { hear(event.JSValue()) })
	onError := e.worker.SetOnError(func(event *domcore.Event, _ *worker.Worker) { hear(event.JSValue()) })
	e.listeners = []js.Func{onMessage, onError}
	if early.Truthy() {
		for said, i := early.Get("said"), 0; i < said.Length(); i++ {
			hear(said.Index(i))
		}
	}
	return e
}

// tell raises the event "reverie" with a message's JSON on the window, for programs that follow a run.
func tell(text js.Value) {
	event := js.Global().Get("CustomEvent").New("reverie", map[string]any{"detail": text})
	js.Global().Call("dispatchEvent", event)
}

func (e *engine) post(m protocol.Message) error { return protocol.Post(e.worker.JSValue(), m) }

// close ends the worker at once.
func (e *engine) close() {
	e.worker.Terminate()
	for _, f := range e.listeners {
		f.Release()
	}
}

// persist asks the browser not to clear this site's data by itself, and returns its answer. It blocks.
func persist() bool {
	manager := js.Global().Get("navigator").Get("storage")
	if manager.IsUndefined() || manager.Get("persist").IsUndefined() {
		return false
	}
	promised, err := jsx.Await(context.Background(), manager.Call("persist"))
	return err == nil && promised.Bool()
}

// saveData says whether the person has asked the browser to spare the network.
func saveData() bool {
	connection := js.Global().Get("navigator").Get("connection")
	return connection.Truthy() && connection.Get("saveData").Truthy()
}

// userAgent is how the browser names itself.
func userAgent() string { return js.Global().Get("navigator").Get("userAgent").String() }

// copyText puts text on the clipboard. It blocks.
func copyText(text string) error {
	_, err := jsx.Await(context.Background(), js.Global().Get("navigator").Get("clipboard").Call("writeText", text))
	return err
}

func elementByID(id string) js.Value {
	return js.Global().Get("document").Call("getElementById", id)
}

// focusOnDesktop lets a person type at once. On a phone it would open the keyboard over the page.
func focusOnDesktop(id string) {
	if js.Global().Call("matchMedia", "(min-width: 860px) and (pointer: fine)").Get("matches").Bool() {
		elementByID(id).Call("focus", map[string]any{"preventScroll": true})
	}
}

// draw puts a picture on the canvas with that id, if it is there, at the picture's own size; nil empties it. When the canvas loses what it
// shows, as it does with the GPU, lost is called once it can be drawn on again.
func draw(id string, p *protocol.Picture, lost func()) {
	element := elementByID(id)
	if element.IsNull() {
		return
	}
	c := canvas.HTMLCanvasElementFromJS(element)
	if p == nil {
		c.SetWidth(c.Width()) // which clears it
		return
	}
	w, h := uint(p.Width), uint(p.Height)
	if c.Width() != w || c.Height() != h {
		c.SetWidth(w)
		c.SetHeight(h)
	}
	if !element.Get("watched").Truthy() {
		element.Set("watched", true)
		element.Call("addEventListener", "contextrestored", js.FuncOf(func(js.Value, []js.Value) any {
			lost()
			return nil
		}))
	}
	pixels := js.Global().Get("Uint8ClampedArray").New(len(p.Pix))
	jsx.CopyToJS(pixels, p.Pix)
	surface := canvas.CanvasRenderingContext2DFromJS(c.GetContext("2d", nil).JSValue())
	surface.PutImageData(canvas.NewImageData(patch.Uint8ClampedArrayFromJS(pixels), w, &h), 0, 0)
}

// focus leads to the element with that id.
func focus(id string) {
	element := elementByID(id)
	if element.IsNull() {
		return
	}
	element.Call("focus")
}

// save offers bytes as a file for download. Its kind is a media type.
func save(name, kind string, data []byte) {
	url := fileURL(kind, data)
	link := js.Global().Get("document").Call("createElement", "a")
	link.Set("href", url)
	link.Set("download", name)
	link.Call("click")
	// The download reads the blob after the click; a minute is plenty.
	var forget js.Func
	forget = js.FuncOf(func(js.Value, []js.Value) any {
		forgetURL(url)
		forget.Release()
		return nil
	})
	js.Global().Call("setTimeout", forget, 60_000)
}

// fileURL is an address under which the page can show bytes of a media type until forgetURL.
func fileURL(kind string, data []byte) string {
	blob := file.NewBlob([]*file.Union{file.UnionFromJS(jsx.Bytes(data))}, &file.BlobPropertyBag{Type: kind})
	return js.Global().Get("URL").Call("createObjectURL", blob.JSValue()).String()
}

func forgetURL(url string) { js.Global().Get("URL").Call("revokeObjectURL", url) }

// setDialog opens the dialog with that id over the page, or closes it, which gives the focus back.
func setDialog(id string, open bool) {
	dialog := elementByID(id)
	if dialog.IsNull() || dialog.Get("open").Bool() == open {
		return
	}
	if open {
		dialog.Call("showModal")
	} else {
		dialog.Call("close")
	}
}

// chosenFile takes the file from the input with that id, if one was chosen, and empties the input, so that the same file can be chosen
// again.
func chosenFile(id string) (read func() ([]byte, error), name string, ok bool) {
	input := elementByID(id)
	list := input.Get("files")
	if list.Length() == 0 {
		return nil, "", false
	}
	f := file.FileFromJS(list.Index(0))
	input.Set("value", "")
	return func() ([]byte, error) { return readFile(f) }, f.Name(), true
}

// readFile blocks; it must not run on the goroutine of a JavaScript callback.
func readFile(f *file.File) ([]byte, error) {
	buffer, err := jsx.Await(context.Background(), f.JSValue().Call("arrayBuffer"))
	if err != nil {
		return nil, unreadable(f.Name(), err)
	}
	return jsx.GoBytes(buffer), nil
}

// watchFiles calls take for a file that is dropped on the page or pasted into it, and takeText for text that is dropped beside the fields. All files of a
// drop go to takeModels, if it wants them.
func watchFiles(take func(read func() ([]byte, error), name string), takeText func(text string), takeModels func([]*imports.Source) bool) {
	takeFirst := func(transfer js.Value) bool {
		if !transfer.Truthy() || transfer.Get("files").Length() == 0 {
			return false
		}
		if takeModels(sources(transfer.Get("files"))) {
			return true
		}
		f := file.FileFromJS(transfer.Get("files").Index(0))
		take(func() ([]byte, error) { return readFile(f) }, f.Name())
		return true
	}
	// A field takes text by itself.
	ownDrop := func(event js.Value) bool {
		types := event.Get("dataTransfer").Get("types")
		return !types.Call("includes", "Files").Bool() && event.Get("target").Call("matches", "textarea, input").Bool()
	}
	sign := func(on bool) {
		js.Global().Get("document").Get("documentElement").Get("classList").Call("toggle", "dropping", on)
	}
	listen("dragover", func(event js.Value) {
		if !ownDrop(event) {
			event.Call("preventDefault")
			sign(true)
		}
	})
	listen("dragleave", func(event js.Value) {
		if event.Get("relatedTarget").IsNull() { // out of the window
			sign(false)
		}
	})
	listen("drop", func(event js.Value) {
		sign(false)
		if ownDrop(event) {
			return
		}
		event.Call("preventDefault")
		if transfer := event.Get("dataTransfer"); !takeFirst(transfer) {
			takeText(transfer.Call("getData", "text/plain").String())
		}
	})
	listen("paste", func(event js.Value) {
		if takeFirst(event.Get("clipboardData")) {
			event.Call("preventDefault")
		}
	})
}

// listen calls handle with each event of a kind that reaches the window.
func listen(kind string, handle func(event js.Value)) {
	js.Global().Call("addEventListener", kind, js.FuncOf(func(_ js.Value, args []js.Value) any {
		handle(args[0])
		return nil
	}))
}

// every calls do again and again.
func every(interval time.Duration, do func()) {
	js.Global().Call("setInterval", js.FuncOf(func(js.Value, []js.Value) any {
		do()
		return nil
	}), interval.Milliseconds())
}

// giveWay lets the browser draw and answer before what follows.
func giveWay() { jsx.Turn() }

// hidden says whether the page is out of sight.
func hidden() bool { return js.Global().Get("document").Get("visibilityState").String() == "hidden" }

// watchHiding calls hide when the page goes out of sight, from which it may not come back.
func watchHiding(hide func()) {
	listen("pagehide", func(js.Value) { hide() })
	listen("visibilitychange", func(js.Value) { // it bubbles up from the document
		if hidden() {
			hide()
		}
	})
}

// watchReturn calls back when a person comes back to the page, who may have used another tab.
func watchReturn(back func()) { listen("focus", func(js.Value) { back() }) }

// watchUpdate calls ready when a new version of the page lies in the cache and waits. A page that no service worker controls yet is on
// its first visit, and what is installed then is no update.
func watchUpdate(ready func()) {
	container := js.Global().Get("navigator").Get("serviceWorker")
	if container.IsUndefined() {
		return
	}
	go func() {
		registration, err := jsx.Await(context.Background(), container.Get("ready"))
		if err != nil || !container.Get("controller").Truthy() {
			return
		}
		if registration.Get("waiting").Truthy() {
			ready()
		}
		// The new version may have begun to install before this program ran.
		if installing := registration.Get("installing"); installing.Truthy() {
			whenInstalled(installing, ready)
		}
		registration.Call("addEventListener", "updatefound", js.FuncOf(func(js.Value, []js.Value) any {
			whenInstalled(registration.Get("installing"), ready)
			return nil
		}))
	}()
}

// whenInstalled calls ready once the service worker has filled its cache.
func whenInstalled(worker js.Value, ready func()) {
	worker.Call("addEventListener", "statechange", js.FuncOf(func(js.Value, []js.Value) any {
		if worker.Get("state").String() == "installed" {
			ready()
		}
		return nil
	}))
}

// update lets the new version take over and loads it.
func update() {
	container := js.Global().Get("navigator").Get("serviceWorker")
	container.Call("addEventListener", "controllerchange", js.FuncOf(func(js.Value, []js.Value) any {
		js.Global().Get("location").Call("reload")
		return nil
	}))
	go func() {
		registration, err := jsx.Await(context.Background(), container.Get("ready"))
		if err == nil && registration.Get("waiting").Truthy() {
			registration.Get("waiting").Call("postMessage", "skip-waiting")
		}
	}()
}

// get fetches a small file of the site. It blocks.
func get(url string) ([]byte, error) {
	ctx := context.Background()
	response, err := jsx.Await(ctx, js.Global().Call("fetch", url))
	if err != nil {
		return nil, err
	}
	if !response.Get("ok").Bool() {
		return nil, fmt.Errorf("ui: %s: HTTP status %d", url, response.Get("status").Int())
	}
	buffer, err := jsx.Await(ctx, response.Call("arrayBuffer"))
	if err != nil {
		return nil, err
	}
	return jsx.GoBytes(buffer), nil
}
