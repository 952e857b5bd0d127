package ui

import (
	"context"
	"fmt"
	"syscall/js"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"reverie/gpu/jsx"
)

// watchKeys calls take for each single key that is pressed outside of fields and dialogs, and not meant for a button, where wanted says so.
func watchKeys(wanted func(key string) bool, take func(key string)) {
	within := func(event js.Value, selector string) bool {
		target := event.Get("target")
		return target.Get("closest").Truthy() && target.Call("closest", selector).Truthy()
	}
	listen("keydown", func(event js.Value) {
		key := event.Get("key").String()
		switch {
		case event.Get("ctrlKey").Bool() || event.Get("metaKey").Bool() || event.Get("altKey").Bool() || event.Get("defaultPrevented").Bool():
		case within(event, "dialog") || key != "Escape" && within(event, "input, select, textarea") || key == " " && within(event, "button"):
		case wanted(key):
			event.Call("preventDefault")
			take(key)
		}
	})
}

// watchOutside calls leave at each press that is not in an open menu or at its button.
func watchOutside(leave func()) {
	listen("pointerdown", func(event js.Value) {
		document := js.Global().Get("document")
		if document.Call("querySelector", ".menu:not([hidden])").Truthy() && !event.Get("target").Call("closest", ".holder").Truthy() {
			leave()
		}
	})
}

// awake is the lock that keeps the screen on.
var awake struct {
	wanted, asking bool
	lock           js.Value
}

// stayAwake keeps the screen on, or no longer. A browser takes the lock back when the page goes out of sight; it is asked for again at the next call.
func stayAwake(on bool) {
	awake.wanted = on
	held := awake.lock.Truthy() && !awake.lock.Get("released").Bool()
	manager := js.Global().Get("navigator").Get("wakeLock")
	switch {
	case on == held || awake.asking:
	case !on:
		awake.lock.Call("release")
	case manager.Truthy() && js.Global().Get("document").Get("visibilityState").String() == "visible":
		awake.asking = true
		go func() {
			lock, err := jsx.Await(context.Background(), manager.Call("request", "screen"))
			awake.asking = false
			if err != nil {
				return
			}
			awake.lock = lock
			if !awake.wanted { // the run has ended meanwhile
				lock.Call("release")
			}
		}()
	}
}

// reducedMotion says whether the person wants little motion.
func reducedMotion() bool {
	return js.Global().Call("matchMedia", "(prefers-reduced-motion: reduce)").Get("matches").Bool()
}

// toggleFullScreen shows the element with that id alone, or no longer.
func toggleFullScreen(id string) {
	document := js.Global().Get("document")
	if document.Get("fullscreenElement").Truthy() {
		document.Call("exitFullscreen")
	} else if element := elementByID(id); element.Get("requestFullscreen").Truthy() {
		element.Call("requestFullscreen")
	}
}

func showDialog(id string) {
	if d := elementByID(id); !d.IsNull() && !d.Get("open").Bool() {
		d.Call("showModal")
	}
}

// dialogOpen says whether a dialog is shown.
func dialogOpen(id string) bool {
	d := elementByID(id)
	return !d.IsNull() && d.Get("open").Bool()
}

func closeDialog(id string) { elementByID(id).Call("close") }

// watchEscape calls drop at Escape; where there was something to drop the key does nothing else.
func watchEscape(drop func() bool) {
	listen("keydown", func(event js.Value) {
		if event.Get("key").String() == "Escape" && drop() {
			event.Call("preventDefault")
		}
	})
}

// placeNote puts the element with that id beside another one: under it where there is room in the window, else above.
func placeNote(id string, at app.Value) {
	note := elementByID(id)
	if note.IsNull() {
		return
	}
	const gap = 6
	box, window := at.Call("getBoundingClientRect"), js.Global()
	width, height := note.Get("offsetWidth").Float(), note.Get("offsetHeight").Float()
	left := max(gap, min(box.Get("left").Float(), window.Get("innerWidth").Float()-width-gap))
	top := box.Get("bottom").Float() + gap
	if top+height > window.Get("innerHeight").Float() {
		top = max(gap, box.Get("top").Float()-height-gap)
	}
	style := note.Get("style")
	style.Set("left", fmt.Sprintf("%.0fpx", left))
	style.Set("top", fmt.Sprintf("%.0fpx", top))
}
