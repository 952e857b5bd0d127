package ui

import (
	"strconv"
	"strings"
	"syscall/js"
)

// cssColour is a colour of the page's styles, which are written as #rrggbb.
func cssColour(name string) (c [3]byte) {
	document := js.Global().Get("document").Get("documentElement")
	text := strings.TrimSpace(js.Global().Call("getComputedStyle", document).Call("getPropertyValue", name).String())
	n, _ := strconv.ParseUint(strings.TrimPrefix(text, "#"), 16, 32)
	return [3]byte{byte(n >> 16), byte(n >> 8), byte(n)}
}

// watchBrush takes what pointers do on the veil, and the keys of the brush and of weights. A page's own handlers come too late to keep a key
// from doing what it does else.
func (p *Page) watchBrush() {
	draws := false
	for _, kind := range []string{"pointerdown", "pointermove", "pointerup", "pointercancel"} {
		listen(kind, func(event js.Value) {
			veil := elementByID(veilID)
			if !event.Get("isPrimary").Truthy() || veil.IsNull() {
				return
			}
			switch kind {
			case "pointerdown":
				draws = p.state.brush.on && event.Get("target").Equal(veil) && event.Get("button").Int() == 0
			case "pointermove":
				p.moveRing(event, veil)
			case "pointerup", "pointercancel":
				defer func() { draws = false }()
			}
			if draws {
				x, y := within(veil, event.Get("clientX").Float(), event.Get("clientY").Float())
				p.paintOn(kind, x, y)
			}
		})
	}
	listen("keydown", func(event js.Value) {
		key, target := event.Get("key").String(), event.Get("target")
		command := event.Get("ctrlKey").Truthy() || event.Get("metaKey").Truthy()
		id, typed := "", false
		if target.Get("matches").Truthy() {
			if target.Call("closest", "dialog").Truthy() {
				return
			}
			id, typed = target.Get("id").String(), target.Call("matches", "textarea, input:not([type=range], [type=checkbox])").Bool()
		}
		took := false
		switch {
		case event.Get("altKey").Truthy():
		case id == promptID && command:
			took = p.weighKey(key, target.Get("selectionStart").Int(), target.Get("selectionEnd").Int())
		case !typed:
			took = p.paintKey(key, id == veilID, command)
		}
		if took {
			event.Call("preventDefault")
		}
	})
}

// moveRing shows how large the brush is, where it is over the picture. A finger hides what is under it.
func (p *Page) moveRing(event, veil js.Value) {
	ring := elementByID(ringID)
	if ring.IsNull() {
		return
	}
	style := ring.Get("style")
	if !p.state.brush.on || !event.Get("target").Equal(veil) || event.Get("pointerType").String() == "touch" {
		style.Set("display", "none")
		return
	}
	box, frame := veil.Call("getBoundingClientRect"), elementByID(frameID).Call("getBoundingClientRect")
	w, h := veil.Get("width").Float(), veil.Get("height").Float()
	scale := min(box.Get("width").Float()/w, box.Get("height").Float()/h)
	side := 2 * p.state.shape(nil).Radius * min(w, h) * scale
	px := func(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) + "px" }
	style.Set("display", "block")
	style.Set("width", px(side))
	style.Set("height", px(side))
	style.Set("left", px(event.Get("clientX").Float()-frame.Get("left").Float()-side/2))
	style.Set("top", px(event.Get("clientY").Float()-frame.Get("top").Float()-side/2))
}

// within is a point of the window in shares of the picture that a canvas shows, as large as its box allows and in its middle.
func within(canvas js.Value, x, y float64) (float64, float64) {
	box := canvas.Call("getBoundingClientRect")
	w, h := canvas.Get("width").Float(), canvas.Get("height").Float()
	bw, bh := box.Get("width").Float(), box.Get("height").Float()
	scale := min(bw/w, bh/h)
	return (x - box.Get("left").Float() - (bw-w*scale)/2) / (w * scale), (y - box.Get("top").Float() - (bh-h*scale)/2) / (h * scale)
}

// markText marks a part of what is typed in the field with that id.
func markText(id string, from, to int) { elementByID(id).Call("setSelectionRange", from, to) }
