//go:build e2e && !js

package e2e

import (
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

// Single keys work outside of fields, and can be turned off in the dialog that lists them.
func TestKeys(t *testing.T) {
	v := open(t, chromium.Software, "?tune=off#p=a%20red%20apple&width=64&height=64&cutouts=1&steps=100000&v=2")
	v.ready()
	press := func(key, in string) {
		t.Helper()
		_, err := driver.Evaluate[bool](v.Page, `document.querySelector("`+in+`").dispatchEvent(new KeyboardEvent("keydown", {key: "`+key+`", bubbles: true, cancelable: true}))`)
		v.must(err)
	}
	v.must(v.Click("button", "Start"))
	until[protocol.Step](v)
	press(" ", "#prompt") // which is typed
	until[protocol.Step](v)
	press(" ", "body")
	until[protocol.Paused](v)
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
	v.clean()
}

// What people change most is at the prompt, and what it says is what runs.
func TestChips(t *testing.T) {
	v := open(t, chromium.Software, "?tune=off#p=a%20red%20apple&cutouts=1&steps=1&v=2")
	v.ready()
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
	v := open(t, chromium.Software, "?tune=off#p=a%20red%20apple%20%7C%20fog&width=64&height=64&cutouts=1&steps=100000&v=2")
	v.ready()
	v.must(v.Click("button", "Start"))
	until[protocol.Step](v)
	slide := func(name, value string) {
		t.Helper()
		_, err := v.Find("slider", name)
		v.must(err)
		_, err = driver.Evaluate[bool](v.Page, `((e) => { e.value = "`+value+`"; e.dispatchEvent(new Event("input", {bubbles: true})); return e.dispatchEvent(new Event("change", {bubbles: true})) })
			([...document.querySelectorAll("input[type=range]")].find((e) => (e.ariaLabel ?? e.labels[0].textContent) === "`+name+`"))`)
		v.must(err)
	}
	slide("Boldness", "0.3")
	if m := until[protocol.Changed](v); recipe.LearningRate.In(m.Script.At(m.Step)) != 0.3 {
		t.Errorf("the run took %+v", m)
	}
	v.value("textbox", "Learning rate", "0.3")
	slide("Weight of fog", "-0.5")
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
