//go:build e2e && !js

package e2e

import (
	"context"
	"testing"

	"reverie/app/protocol"
	"reverie/tools/chromium"
	"reverie/tools/driver"
)

// The walk through the loop shows the person's own run while it goes on and while it is paused, explains its terms where they stand, and asks
// for nothing once it is closed.
func TestInside(t *testing.T) {
	v := open(t, chromium.Software, "?tune=off#p=a%20red%20apple&width=64&height=64&cutouts=2&steps=100000&v=2")
	v.ready()
	v.must(v.Click("button", "See inside"))
	v.waits(`!!document.getElementById("inside-where")?.textContent.startsWith("Start a run")`)
	_, err := driver.Evaluate[bool](v.Page, `(document.querySelector("#inside-part .term").click(), true)`)
	v.must(err)
	v.waits(`((n) => !n.hidden && n.textContent.startsWith("Latent z") && n.getBoundingClientRect().right <= innerWidth)(document.getElementById("term-note"))`)
	_, err = driver.Evaluate[bool](v.Page, `document.querySelector("#inside-part .term").dispatchEvent(new KeyboardEvent("keydown", {key: "Escape", bubbles: true, cancelable: true}))`)
	v.must(err)
	v.waits(`document.getElementById("term-note").hidden`)
	v.must(v.Click("button", "Glossary"))
	v.waits(`document.getElementById("glossary").open && document.querySelectorAll("#glossary dt").length >= 25`)
	v.must(v.Click("button", "Close"))
	v.must(v.Click("button", "Start"))
	if m := until[protocol.Inspected](v); m.Problem != "" || len(m.Boxes) != 2 || m.Coming {
		t.Errorf("the inside is %+v", m)
	}
	// A canvas that shows something has more than one colour.
	const shows = `((id) => { const c = document.getElementById(id); if (!c || c.width < 2) return false;
		const copy = new OffscreenCanvas(c.width, c.height).getContext("2d", { willReadFrequently: true });
		copy.drawImage(c, 0, 0);
		return new Set(new Uint32Array(copy.getImageData(0, 0, c.width, c.height).data.buffer)).size > 1 })`
	for _, station := range []struct{ canvas, next string }{
		{"inside-map", "Next: 2 · paint"}, {"inside-picture", "Next: 3 · cut"}, {"inside-cutout-1", "Next: 4 · look"}, {"inside-stripes-1", "Next: 5 · match"},
		{"inside-cutout-0", "Next: 6 · trace back"}, {"inside-glow", "Next: 7 · nudge"}, {"inside-glow", "Next: 1 · latent z"},
	} {
		v.waits(shows + `("` + station.canvas + `")`)
		v.must(v.Click("button", station.next))
	}
	v.must(v.Click("button", "Pause"))
	until[protocol.Paused](v)
	if m := until[protocol.Inspected](v); !m.Coming {
		t.Errorf("while it is paused it is: %+v", m)
	}
	v.waits(`document.getElementById("inside-where").textContent.endsWith("as it is about to be made")`)

	v.must(v.Click("button", "Inside how it works"))
	v.must(v.Click("button", "Resume"))
	for steps := 0; steps < 5; {
		m, err := v.Next(context.Background())
		v.must(err)
		switch m.(type) {
		case protocol.Step:
			steps++
		case protocol.Inspected:
			t.Error("the closed panel asks for the inside of a step")
		}
	}
	v.must(v.Click("button", "Stop"))
	until[protocol.Stopped](v)
	v.clean()
}
