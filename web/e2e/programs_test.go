//go:build e2e && !js

package e2e

import (
	"testing"

	"reverie/app/protocol"
	"reverie/recipe"
	"reverie/tools/chromium"
	"reverie/tools/driver"
)

// In a first visit the page's program comes when the page's picture is there, and nothing else before a person does something: then the engine is asked for
// while the page's program is still on its way. What was typed and pressed until then is done as soon as it can be, and what is kept for use without a network
// comes last. Who follows a link waits for nothing.
func TestFirstVisit(t *testing.T) {
	h := newGate(t, "app.wasm", "engine.wasm", "export.wasm")
	v := arriveIn(t, driver.Open, h, chromium.Software, "?tune=off")
	h.wait("app.wasm")
	v.waits(`document.querySelector(".film img").complete`)
	if early := h.asked("engine.wasm", "export.wasm"); early != "" {
		t.Errorf("before the first sign of a person the page has asked for %s", early)
	}
	v.must(v.Resize(1280, 800))
	at, err := driver.Evaluate[[]float64](v.Page, `((r) => [r.x + r.width / 2, r.y + r.height / 2])([...document.querySelectorAll(".example")].find((e) => e.textContent.trim() === "a snowman").getBoundingClientRect())`)
	v.must(err)
	v.must(v.Drag(at...))
	v.status("The run begins as soon as the rest of the page is here")
	h.wait("engine.wasm")
	h.open("app.wasm")
	v.value("textbox", "Prompt", "a snowman")
	v.status("The run begins as soon as your GPU is found")
	if early := h.asked("export.wasm"); early != "" {
		t.Errorf("before the engine is there the page has asked for %s", early)
	}
	h.open("engine.wasm")
	if s := until[protocol.Started](v).Script.Recipe; recipe.Prompt.In(s) != "a snowman" {
		t.Errorf("the run's prompt is %q", recipe.Prompt.In(s))
	}
	h.wait("export.wasm")
	v.clean()
}

// Who follows a link has said what it is for: the programs come at the same time, each asked for while the other is still on its way. No service worker asks
// for them here. What is typed before the page's program listens stays typed, and Enter begins its run.
func TestProgramsComeAtTheSameTime(t *testing.T) {
	h := newGate(t, "app.wasm", "engine.wasm")
	v := arriveIn(t, driver.Open, h, chromium.Software, "?tune=off#p=a%20red%20apple&width=64&height=64&cutouts=1&steps=1", `delete Navigator.prototype.serviceWorker`)
	for _, name := range []string{"app.wasm", "engine.wasm"} {
		h.wait(name)
	}
	v.must(v.Fill("textbox", "Prompt", "a blue heart"))
	_, err := driver.Evaluate[bool](v.Page, `document.getElementById("prompt").dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true, cancelable: true}))`)
	v.must(err)
	v.status("The run begins as soon as the rest of the page is here")
	h.open("app.wasm")
	h.open("engine.wasm")
	if s := until[protocol.Started](v).Script.Recipe; recipe.Prompt.In(s) != "a blue heart" {
		t.Errorf("the run's prompt is %q", recipe.Prompt.In(s))
	}
	v.value("textbox", "Prompt", "a blue heart")
	v.clean()
}

// The page answers before its engine is there, and goes on with it when it comes.
func TestPageAnswersBeforeTheEngine(t *testing.T) {
	h := newGate(t, "engine.wasm")
	v := openHandler(t, h, chromium.Software, "?tune=off#p=a%20red%20apple&width=64&height=64&cutouts=1&steps=1")
	v.value("textbox", "Prompt", "a red apple")
	v.must(v.Fill("textbox", "Prompt", "a snowman"))
	v.must(v.Click("button", "a green tree"))
	v.value("textbox", "Prompt", "a green tree")
	_, err := driver.Evaluate[string](v.Page, `location.hash = "#p=a%20blue%20heart&width=64&height=64&cutouts=1&steps=1"`)
	v.must(err)
	v.value("textbox", "Prompt", "a blue heart")
	v.status("The link's settings are in the form")
	if start, err := v.Find("button", "Start"); err != nil || !start.Disabled {
		t.Errorf("Start is %+v, %v; want it disabled", start, err)
	}
	h.open("engine.wasm")
	until[protocol.Ready](v)
	v.must(v.Click("button", "Start"))
	if s := until[protocol.Started](v).Script.Recipe; recipe.Prompt.In(s) != "a blue heart" {
		t.Errorf("the run's prompt is %q", recipe.Prompt.In(s))
	}
	until[protocol.Done](v)
	v.clean()
}

// An engine that cannot be fetched is told, though it ended before the page's program ran; starting it again helps once it can be.
func TestEngineThatCannotBeFetched(t *testing.T) {
	h := newGate(t, "app.wasm")
	h.missing.Store(true)
	v := openHandler(t, h, chromium.Software, "", `delete Navigator.prototype.serviceWorker`)
	v.waits(`reverieEngine.said.length > 0`)
	h.open("app.wasm")
	if _, err := v.Find("heading", "The engine cannot be fetched"); err != nil {
		t.Fatal(err)
	}
	h.missing.Store(false)
	v.must(v.Click("button", "Start the engine again"))
	v.ready()
	if left, err := driver.Evaluate[bool](v.Page, `reverieEngine === null`); err != nil || !left {
		t.Errorf("the first engine is still on offer: %t, %v", !left, err)
	}
}
