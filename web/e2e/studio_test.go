//go:build e2e && !js

package e2e

import (
	"fmt"
	"testing"

	"reverie/app/protocol"
	"reverie/recipe"
	"reverie/tools/chromium"
	"reverie/tools/driver"
)

// inView wants an element to be in the window as a whole, under nothing else.
const inView = `((e) => {
	const r = e.getBoundingClientRect(), top = document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2);
	return r.height >= 44 && r.top >= 0 && r.left >= 0 && r.bottom <= innerHeight && r.right <= innerWidth && (e.contains(top) || e.closest(".frame")?.contains(top));
})`

// The picture and the button that pauses it are in view together while it forms, on every screen, and nothing runs off its side.
func TestPictureIsInViewWhileItForms(t *testing.T) {
	v := open(t, chromium.Software, "?tune=off#p=a%20red%20apple&width=64&height=64&cutouts=1&steps=100000&v=2")
	v.ready()
	for i, size := range [][2]int64{{390, 844}, {844, 390}, {1280, 800}, {1920, 1080}, {360, 640}} {
		v.must(v.Resize(size[0], size[1]))
		if i == 0 {
			v.waits(inView + `(document.querySelector("button.primary"))`)
			v.must(v.Click("button", "Start"))
			until[protocol.Step](v)
		}
		if _, err := v.Find("button", "Pause"); err != nil {
			t.Fatal(err)
		}
		v.waits(inView + `(document.getElementById("preview"))`)
		v.waits(inView + `(document.querySelector("button.primary"))`)
		v.waits(`document.documentElement.scrollWidth <= innerWidth`)
	}
	v.must(v.Click("button", "Stop"))
	until[protocol.Stopped](v)
	v.clean()
}

// Keys alone start a run, hold it, look back, save and end it. Single ones work outside of fields, and can be turned off in the dialog that lists them.
func TestKeys(t *testing.T) {
	v := revisit(t, "p=a%20red%20apple&width=64&height=64&cutouts=1&steps=100000&v=2")
	press := func(key, in string) {
		t.Helper()
		_, err := driver.Evaluate[bool](v.Page, fmt.Sprintf(`document.querySelector(%q).dispatchEvent(new KeyboardEvent("keydown", {key: %q, ctrlKey: %t, bubbles: true, cancelable: true}))`, in, key, key == "Enter"))
		v.must(err)
	}
	press("Enter", "#prompt") // with Ctrl, as programs of this kind have it
	until[protocol.Step](v)
	press(" ", "#prompt") // which is typed
	until[protocol.Step](v)
	pressed, err := driver.Evaluate[int](v.Page, `(document.body.dispatchEvent(new KeyboardEvent("keydown", {key: " ", bubbles: true, cancelable: true})), parseInt(document.getElementById("preview").ariaLabel.slice("Step ".length)))`)
	v.must(err)
	paused := until[protocol.Paused](v).Step
	if paused > pressed+2 {
		t.Errorf("pressed at step %d, the pause comes at step %d", pressed, paused)
	}
	target(t, 9, "a pause comes %d steps after the one shown (<= 2: one under way, one not drawn yet)", paused-pressed)
	v.status("Paused")
	press("ArrowLeft", "body")
	v.waits(`document.getElementById("preview").ariaLabel.includes(", looking back: ")`)
	press("s", "body")
	v.status("Saved a-red-apple_")
	press("ArrowRight", "body")
	v.waits(`!document.getElementById("preview").ariaLabel.includes("looking back")`)
	press(" ", "body")
	until[protocol.Step](v)
	press("?", "body")
	v.waits(`document.getElementById("keys").open`)
	v.must(v.Click("checkbox", "Single keys do something"))
	v.must(v.Click("button", "Close"))
	v.waits(`!document.getElementById("keys").open`)
	press("Escape", "body")
	until[protocol.Step](v)
	until[protocol.Step](v)
	v.must(v.Click("button", "Keys and help"))
	v.must(v.Click("checkbox", "Single keys do something"))
	v.must(v.Click("button", "Close"))
	press("Escape", "body")
	until[protocol.Stopped](v)
	press("/", "body")
	v.waits(`document.activeElement.id === "prompt"`)
	target(t, 13, "start, pause, look back, save, go on and stop by keys alone (all)")
	v.clean()
}

// What people change most is at the prompt, and what it says is what runs.
func TestChips(t *testing.T) {
	v := revisit(t, "p=a%20red%20apple&cutouts=1&steps=1&v=2")
	for _, c := range [][2]string{{"Square", "Wide"}, {"128 × 88 px", "64 × 40"}, {"Style", "watercolour"}} {
		v.must(v.Click("button", c[0]))
		v.must(v.Click("button", c[1]))
	}
	v.value("textbox", "Prompt", "a red apple, watercolour")
	v.must(v.Click("button", "Start"))
	r := until[protocol.Started](v).Script.Recipe
	if recipe.Width.In(r) != 64 || recipe.Height.In(r) != 40 || recipe.Prompt.In(r) != "a red apple, watercolour" {
		t.Errorf("the run is %+v", r)
	}
	until[protocol.Done](v)
	v.clean()
}

// A slider steers the run that is under way.
func TestSliderSteers(t *testing.T) {
	v := revisit(t, "p=a%20red%20apple%20%7C%20fog&width=64&height=64&cutouts=1&steps=100000&v=2")
	v.must(v.Click("button", "Start"))
	until[protocol.Step](v)
	v.slide("Boldness", "0.3")
	if m := until[protocol.Changed](v); recipe.LearningRate.In(m.Script.At(m.Step)) != 0.3 {
		t.Errorf("the run took %+v", m)
	}
	v.value("textbox", "Learning rate", "0.3")
	v.slide("Weight of fog", "-0.5")
	if m := until[protocol.Changed](v); recipe.Prompt.In(m.Script.At(m.Step)) != "a red apple | fog:-0.5" {
		t.Errorf("the run took %+v", m)
	}
	v.must(v.Click("button", "Stop"))
	until[protocol.Stopped](v)
	v.clean()
}

// A browser without WebGPU is told why, and fetches no program.
func TestNoProgramWithoutWebGPU(t *testing.T) {
	h := newGate(t, "app.wasm", "engine.wasm")
	v := openHandler(t, h, chromium.Software, "", `delete Navigator.prototype.gpu`)
	if _, err := v.Find("heading", "This browser has no WebGPU"); err != nil {
		t.Error(err)
	}
	fetched, err := driver.Evaluate[string](v.Page, `new Promise((done) => setTimeout(done, 500)).then(() => performance.getEntriesByType("resource").map((e) => e.name).filter((n) => n.endsWith(".wasm")).join())`)
	v.must(err)
	if fetched != "" {
		t.Errorf("it has asked for %s", fetched)
	}
	if asked := h.asked("app.wasm", "engine.wasm"); asked != "" { // a service worker asks beside the page
		t.Errorf("%s was asked for", asked)
	}
	v.must(v.Resize(390, 844))
	if above, err := driver.Evaluate[bool](v.Page, `(([why, film]) => film.bottom <= why.top && film.height > 100 && why.bottom <= innerHeight)([...document.querySelectorAll(".film, #no-webgpu")].map((e) => e.getBoundingClientRect()))`); err != nil || !above {
		t.Errorf("the recorded run is not above the explanation (%v)", err)
	}
	v.clean()
}
