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
	return fmt.Errorf("The file %s cannot be read: %w.", name, err)
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
			name = "the shared picture"
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
