package ui

import (
	"syscall/js"

	"reverie/app/imports"
	"reverie/app/wire"
)

// importer is a worker that runs app/importer.
type importer struct {
	worker js.Value
	listen js.Func
}

// startImporter starts a worker and calls receive with each of its messages, on the JavaScript event loop.
func startImporter(receive func(imports.Message)) *importer {
	w := &importer{worker: js.Global().Get("Worker").New(root()+"web/worker.js", map[string]any{"name": "import"})}
	w.listen = js.FuncOf(func(_ js.Value, args []js.Value) any {
		if args[0].Get("type").String() == "error" {
			receive(imports.Exit{Code: 1, Tail: args[0].Get("message").String()})
			return nil
		}
		m, err := imports.Receive(args[0].Get("data"))
		if err != nil {
			m = imports.Problem{Message: err.Error()}
		}
		if _, beat := m.(imports.Beat); !beat {
			receive(m)
		}
		return nil
	})
	w.worker.Set("onmessage", w.listen)
	w.worker.Set("onerror", w.listen)
	return w
}

func (w *importer) post(m imports.Message) error { return imports.Post(w.worker, m) }

// close ends the worker at once.
func (w *importer) close() {
	w.worker.Call("terminate")
	w.worker.Set("onmessage", nil) // what has come already is not heard either
	w.worker.Set("onerror", nil)
	w.listen.Release()
}

// disconnected says whether the browser knows of no network.
func disconnected() bool { return !js.Global().Get("navigator").Get("onLine").Bool() }

// watchLeaving calls leave when the page is left.
func watchLeaving(leave func()) { listen("pagehide", func(js.Value) { leave() }) }

// chosenFiles takes the files from the input with that id, and empties it, so that the same can be chosen again.
func chosenFiles(id string) []*imports.Source {
	input := elementByID(id)
	list := sources(input.Get("files"))
	input.Set("value", "")
	return list
}

// sources are the files of a FileList. They are not read.
func sources(files js.Value) []*imports.Source {
	var list []*imports.Source
	for i := range files.Length() {
		f := files.Index(i)
		list = append(list, &imports.Source{Name: f.Get("name").String(), Size: int64(f.Get("size").Float()), Changed: int64(f.Get("lastModified").Float()),
			File: &wire.File{JS: f}})
	}
	return list
}
