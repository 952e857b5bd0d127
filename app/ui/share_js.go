package ui

import (
	"context"
	"syscall/js"

	"reverie/gpu/jsx"
)

// copyImage puts a picture on the clipboard that is yet to be made: some browsers want to hear of it at once. It blocks.
func copyImage(kind string, make func() ([]byte, error)) error {
	class, clipboard := js.Global().Get("ClipboardItem"), js.Global().Get("navigator").Get("clipboard")
	if class.IsUndefined() || clipboard.IsUndefined() {
		return errNoClipboard
	}
	blob := promise(func() (js.Value, error) {
		data, err := make()
		return newBlob(kind, data), err
	})
	_, err := jsx.Await(context.Background(), clipboard.Call("write", []any{class.New(map[string]any{kind: blob})}))
	return err
}

func newBlob(kind string, data []byte) js.Value {
	return js.Global().Get("Blob").New([]any{jsx.Bytes(data)}, map[string]any{"type": kind})
}

func newFile(name, kind string, data []byte) js.Value {
	return js.Global().Get("File").New([]any{jsx.Bytes(data)}, name, map[string]any{"type": kind})
}

// sharesFiles says whether the browser hands files to other apps.
func sharesFiles() bool {
	navigator := js.Global().Get("navigator")
	return navigator.Get("canShare").Truthy() && navigator.Call("canShare", map[string]any{"files": []any{newFile("a.png", pngKind, []byte{0})}}).Bool()
}

// shareFile hands a file to an app that the person chooses; to choose none is no error. It blocks.
func shareFile(name, kind, title string, data []byte) error {
	_, err := jsx.Await(context.Background(), js.Global().Get("navigator").Call("share", map[string]any{"files": []any{newFile(name, kind, data)}, "title": title}))
	if jsx.IsException(err, "AbortError") {
		return nil
	}
	return err
}

// toastsHeld says whether somebody points at the toasts or has the focus in them.
func toastsHeld() bool {
	return js.Global().Get("document").Call("querySelector", ".toasts:is(:hover, :focus-within)").Truthy()
}

// setProperty gives the element with that id a property of CSS. The Content-Security-Policy has nothing against this way.
func setProperty(id, name, value string) {
	if element := elementByID(id); !element.IsNull() {
		element.Get("style").Call("setProperty", name, value)
	}
}

// watchInstall calls ready with whether the browser offers to install the page, as that changes. web/start.js keeps the offer, which may come before this
// program runs.
func watchInstall(ready func(bool)) {
	tell := func(js.Value) { ready(js.Global().Get("reverieInstall").Truthy()) }
	listen("beforeinstallprompt", tell)
	listen("appinstalled", func(v js.Value) {
		js.Global().Set("reverieInstall", nil)
		tell(v)
	})
	tell(js.Null())
}

// install lets the browser ask the person, once.
func install() {
	if offer := js.Global().Get("reverieInstall"); offer.Truthy() {
		js.Global().Set("reverieInstall", nil)
		offer.Call("prompt")
	}
}

// mayNotify asks the person whether the page may notify, unless that is known. It blocks.
func mayNotify() bool {
	class := js.Global().Get("Notification")
	if class.IsUndefined() {
		return false
	}
	answer, err := jsx.Await(context.Background(), class.Call("requestPermission"))
	return err == nil && answer.String() == "granted"
}

// notifies says whether the page may notify already.
func notifies() bool {
	class := js.Global().Get("Notification")
	return class.Truthy() && class.Get("permission").String() == "granted"
}

// notify shows a note outside of the page; a newer one takes its place. It blocks.
func notify(title, body string) error {
	registration, err := shellWorker()
	if err != nil || !registration.Truthy() {
		return err
	}
	_, err = jsx.Await(context.Background(), registration.Call("showNotification", title, map[string]any{"body": body, "icon": root() + "web/icon-192.png", "tag": "reverie"}))
	return err
}

// shellWorker is the registration of the service worker, or undefined. It blocks.
func shellWorker() (js.Value, error) {
	container := js.Global().Get("navigator").Get("serviceWorker")
	if container.IsUndefined() {
		return container, nil
	}
	return jsx.Await(context.Background(), container.Call("getRegistration"))
}

// shellKept says whether the page itself is kept for use without a network. It blocks.
func shellKept() bool {
	registration, err := shellWorker()
	return err == nil && registration.Truthy() && registration.Get("active").Truthy()
}
