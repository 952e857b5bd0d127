package ui

import (
	"syscall/js"

	"github.com/gowebapi/webapi/dom/domcore"
	"github.com/gowebapi/webapi/html/channel"
	"github.com/gowebapi/webapi/html/worker"

	"reverie/app/film"
)

// exporter is a worker that runs app/export.
type exporter struct {
	worker    *worker.Worker
	listeners []js.Func
}

// startExporter starts a worker and calls receive with each of its messages, on the JavaScript event loop.
func startExporter(receive func(film.Message)) *exporter {
	// web/worker.js starts the program that it is named after.
	started := js.Global().Get("Worker").New(root()+"web/worker.js", map[string]any{"name": "export"})
	e := &exporter{worker: worker.WorkerFromJS(started)}
	onMessage := e.worker.SetOnMessage(func(event *channel.MessageEvent, _ *worker.Worker) {
		m, err := film.Receive(event.JSValue().Get("data"))
		if err != nil {
			m = film.Error{Message: err.Error()}
		}
		if _, beat := m.(film.Beat); !beat {
			receive(m)
		}
	})
	onError := e.worker.SetOnError(func(event *domcore.Event, _ *worker.Worker) {
		receive(film.Exit{Code: 1, Tail: event.JSValue().Get("message").String()})
	})
	e.listeners = []js.Func{onMessage, onError}
	return e
}

func (e *exporter) post(m film.Message) error { return film.Post(e.worker.JSValue(), m) }

// close ends the worker at once.
func (e *exporter) close() {
	e.worker.Terminate()
	for _, f := range e.listeners {
		f.Release()
	}
}

// showModal opens a dialog over the page, which then is inert, and closeModal closes it.
func showModal(id string) {
	if dialog := elementByID(id); !dialog.IsNull() && !dialog.Get("open").Bool() {
		dialog.Call("showModal")
	}
}

func closeModal(id string) {
	if dialog := elementByID(id); !dialog.IsNull() {
		dialog.Call("close")
	}
}
