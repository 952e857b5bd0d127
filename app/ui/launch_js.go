package ui

import (
	"context"
	"fmt"
	"net/url"
	"syscall/js"

	"github.com/gowebapi/webapi/file"

	"reverie/gpu/jsx"
)

// watchLaunches calls take for each file that the operating system opens with the installed app.
func watchLaunches(take func(read func() ([]byte, error), name string)) {
	queue := js.Global().Get("launchQueue")
	if queue.IsUndefined() {
		return
	}
	queue.Call("setConsumer", js.FuncOf(func(_ js.Value, args []js.Value) any {
		files := args[0].Get("files")
		if !files.Truthy() || files.Length() == 0 {
			return nil
		}
		handle := files.Index(0) // FileSystemFileHandle
		name := handle.Get("name").String()
		take(func() ([]byte, error) {
			f, err := jsx.Await(context.Background(), handle.Call("getFile"))
			if err != nil {
				return nil, unreadable(name, err)
			}
			return readFile(file.FileFromJS(f))
		}, name)
		return nil
	}))
}

func unreadable(name string, err error) error {
	return fmt.Errorf(fileUnreadable, name, err)
}

// The cache in which the service worker leaves a picture that another app shares, and its URL there, which follows the app's folder.
const (
	sharedCache = "reverie-shared"
	sharedFile  = "shared"
)

// takeShared calls take for the picture that this page was opened with by another app's share menu, once.
func takeShared(take func(read func() ([]byte, error), name string)) {
	location := js.Global().Get("location")
	if location.Get("search").String() != "?shared" {
		return
	}
	js.Global().Get("history").Call("replaceState", nil, "", location.Get("pathname").String()+location.Get("hash").String())
	ctx := context.Background()
	go func() {
		cache, err := jsx.Await(ctx, js.Global().Get("caches").Call("open", sharedCache))
		if err != nil {
			return
		}
		response, err := jsx.Await(ctx, cache.Call("match", root()+sharedFile))
		if err != nil || response.IsUndefined() {
			return // it was taken before
		}
		name, err := url.PathUnescape(response.Get("headers").Call("get", "X-Name").String())
		if err != nil {
			name = sharedPicture
		}
		take(func() ([]byte, error) {
			buffer, err := jsx.Await(ctx, response.Call("arrayBuffer"))
			if err != nil {
				return nil, unreadable(name, err)
			}
			cache.Call("delete", root()+sharedFile)
			return jsx.GoBytes(buffer), nil
		}, name)
	}()
}

// takeEarly tells web/start.js that the page listens now, and hands over what a person did before: a file that was dropped to open, everything else to take.
func takeEarly(take func(early), open func(read func() ([]byte, error), name string)) {
	did := js.Global().Get("reverieStart").Call("live")
	e := early{example: -1, start: did.Get("start").Truthy()}
	if typed := did.Get("typed"); typed.Truthy() {
		e.typed = typed.String()
	}
	if example := did.Get("example"); example.Type() == js.TypeNumber {
		e.example = example.Int()
	}
	if dropped := did.Get("file"); dropped.Truthy() {
		f := file.FileFromJS(dropped)
		open(func() ([]byte, error) { return readFile(f) }, f.Name())
	} else if text := did.Get("text"); text.Truthy() {
		e.text = text.String()
	}
	take(e)
}

// whenWanted calls do once the engine is wanted: web/start.js says when.
func whenWanted(do func()) {
	js.Global().Get("reverieStart").Get("wanted").Call("then", js.FuncOf(func(js.Value, []js.Value) any {
		do()
		return nil
	}))
}

// wake is a sign that the engine is wanted.
func wake() { js.Global().Get("reverieStart").Call("wake") }
