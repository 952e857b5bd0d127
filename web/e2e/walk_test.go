//go:build e2e && !js

package e2e

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"reverie/app/picture"
	"reverie/app/protocol"
	"reverie/recipe"
	"reverie/tools/chromium"
	"reverie/tools/driver"
)

// walk is a person's way through the page in one window.
type walk struct {
	name          string
	width, height int64
	touch         bool
	settings      string // in the address, or else they are typed
	cutouts       string // each takes time
	back          int    // the step to which the run is dragged back, or one soon after it
}

var walks = []walk{
	{"desktop", 1366, 768, false, "", "4", 10},
	{"telephone", 390, 844, true, "#width=64&height=64&cutouts=1&steps=1000&seed=7&v=2", "1", 3},
}

// From the first visit to a picture that comes back: everything is found by its accessible name, and what a person looks at is in view.
func TestWalk(t *testing.T) {
	for _, w := range walks {
		t.Run(w.name, w.do)
	}
}

// do walks.
func (w walk) do(t *testing.T) {
	v := open(t, chromium.Software, "?tune=off"+w.settings)
	if w.touch {
		v.must(v.Touch())
	}
	v.must(v.Resize(w.width, w.height))
	v.ready()
	if w.settings == "" {
		v.small("1000")
	}

	v.must(v.Click("button", "a yellow star")) // an example, which begins at once
	began := until[protocol.Started](v).Script.Recipe
	for _, set := range recipe.New(recipe.Prompt.Is("a yellow star"), recipe.Width.Is(64), recipe.Height.Is(64), recipe.Steps.Is(1000), recipe.Seed.Is(7)).Said() {
		if got := began.Value(set.Option); got != set.Value {
			t.Errorf("the run's %s is %v, and %v was typed", set.Option.Name, got, set.Value)
		}
	}
	losses := []float64{until[protocol.Step](v).Loss}
	v.waits(inView + `(document.getElementById("preview"))`)
	v.waits(inView + `(document.querySelector("button.primary"))`)
	first := v.pixels()
	for len(losses) < w.back {
		losses = append(losses, until[protocol.Step](v).Loss)
	}
	v.must(v.Click("button", "Pause"))
	paused := pauseAt(v, &losses)
	v.status("Paused")
	if _, err := v.Find("image", fmt.Sprintf("Step %d of 1000: a yellow star…", paused)); err != nil {
		t.Error(err)
	}
	v.waits(inView + `(document.getElementById("step"))`)
	formed := v.pixels()
	if formed == first {
		t.Error("the picture does not form")
	}
	if n := len(losses) / 3; n > 0 && mean(losses[len(losses)-n:]) >= mean(losses[:n]) {
		t.Errorf("the loss does not fall: %v", losses)
	}

	v.slide("Weight of a yellow star", "0.6")
	if took := until[protocol.Changed](v); recipe.Prompt.In(took.Script.At(paused)) != "a yellow star:0.6" || recipe.Prompt.In(took.Script.Recipe) != "a yellow star" {
		t.Errorf("the run took %+v", took)
	}
	end := paused + 3
	v.must(v.Fill("spinbutton", "Steps", fmt.Sprint(end)))
	until[protocol.Changed](v)
	v.must(v.Click("button", "Resume"))
	until[protocol.Done](v)
	v.status(fmt.Sprintf("Done: %d steps", end))
	if v.pixels() == formed {
		t.Error("the picture stays as it was at the pause")
	}
	v.strip(1)

	v.dragBack(paused)
	v.waits(fmt.Sprintf(`document.getElementById("preview").toDataURL() === %q`, formed))
	if _, err := v.Find("image", fmt.Sprintf("Step %d of %d, looking back…", paused, end)); err != nil {
		t.Error(err)
	}
	v.must(v.Click("button", "Fork here"))
	v.status(fmt.Sprintf("departs from step %d", paused))
	v.must(v.Click("button", "Start"))
	fork := until[protocol.Started](v).Script.Recipe
	if len(recipe.StartTokens.In(fork).Codes) != 64 || recipe.Prompt.In(fork) != "a yellow star:0.6" || recipe.Steps.In(fork) != end-paused {
		t.Errorf("the fork takes %+v", fork)
	}
	until[protocol.Done](v)
	v.strip(2)
	v.dragBack(0)
	v.waits(fmt.Sprintf(`document.getElementById("preview").toDataURL() === %q`, formed)) // where it has departed
	v.must(v.Fill("spinbutton", "Steps", "1"))
	v.must(v.Click("button", "Continue"))
	steps := until[protocol.Done](v).Step
	v.status(fmt.Sprintf("Done: %d steps", steps))
	if steps != end-paused+1 {
		t.Errorf("it goes on to step %d", steps)
	}
	v.strip(3)
	path := v.download()
	if want := fmt.Sprintf("a-yellow-star-0-6_7_%d.png", steps); filepath.Base(path) != want {
		t.Errorf("the file is called %q, want %q", filepath.Base(path), want)
	}
	saved, err := os.ReadFile(path)
	v.must(err)
	v.must(os.Remove(path))
	if found, err := picture.Read(saved); err != nil || !found.Complete || found.Step != steps || found.Build == "" || found.Weights == "" {
		t.Errorf("the file tells %+v, %v", found, err)
	}

	v.again("?tune=off")
	if _, err := v.FindEnabled("button", "Start"); err != nil {
		t.Fatal(err)
	}
	ready, err := driver.Evaluate[float64](v.Page, `performance.now() / 1000`)
	v.must(err)
	v.ready()
	v.strip(3)
	for _, field := range []struct{ role, name string }{{"textbox", "Prompt"}, {"spinbutton", "Steps"}, {"textbox", "Seed"}, {"spinbutton", "Width"}, {"spinbutton", "Cutouts"}} {
		v.must(v.Fill(field.role, field.name, "9"))
	}
	v.drop("saved.png", saved)
	v.status("restored")
	v.value("textbox", "Prompt", "a yellow star:0.6")
	v.value("textbox", "Seed", "7")
	v.value("spinbutton", "Width", "64")
	v.value("spinbutton", "Cutouts", w.cutouts)
	v.must(v.Click("button", "Start"))
	until[protocol.Done](v)
	if !slices.Equal(v.file(), saved) {
		t.Error("the picture that was dropped is made again as another file")
	}
	target(t, 10, "dropped on a %s, an own PNG's settings make it again (to the byte)", w.name)
	outside, err := driver.Evaluate[[]string](v.Page, `performance.getEntriesByType("resource").map((e) => e.name).filter((name) => !name.startsWith(location.origin + "/"))`)
	if err != nil || len(outside) > 0 {
		t.Errorf("%v was asked for (%v)", outside, err)
	}
	target(t, 4, "on a %s a repeat visit can start a run after %.1f s (<= 1.5 on an idle machine)", w.name, ready)
	complaints := v.Complaints()
	target(t, 11, "on a %s, %d requests leave the origin (0), and the console holds %d complaints (0)", w.name, len(outside), len(complaints))
	v.clean()
}

// pixels is what the picture on the stage is.
func (v *visit) pixels() string {
	v.Helper()
	shown, err := driver.Evaluate[string](v.Page, `document.getElementById("preview").toDataURL()`)
	v.must(err)
	return shown
}

// slide moves the slider of that name.
func (v *visit) slide(name, value string) {
	v.Helper()
	_, err := v.Find("slider", name)
	v.must(err)
	_, err = driver.Evaluate[bool](v.Page, fmt.Sprintf(`((e) => { e.value = %q; e.dispatchEvent(new Event("input", {bubbles: true})); return e.dispatchEvent(new Event("change", {bubbles: true})) })
		([...document.querySelectorAll("input[type=range]")].find((e) => (e.ariaLabel ?? e.labels[0].textContent) === %q))`, value, name))
	v.must(err)
}

// dragBack takes the slider Step by its thumb, from the newest step to an earlier one.
func (v *visit) dragBack(step int) {
	v.Helper()
	if _, err := v.Find("slider", "Step"); err != nil {
		v.Fatal(err)
	}
	places, err := driver.Evaluate[[]float64](v.Page, fmt.Sprintf(`((s) => {
		const r = s.getBoundingClientRect(), thumb = 6, at = (value) => r.x + thumb / 2 + (value - s.min) / (s.max - s.min) * (r.width - thumb);
		return [at(s.max), r.y + r.height / 2, at(%d), r.y + r.height / 2];
	})(document.getElementById("step"))`, step))
	v.must(err)
	v.must(v.Drag(places[0], places[1], (places[0]+places[2])/2, places[1], places[2], places[3]))
	v.waits(fmt.Sprintf(`document.getElementById("step").value === "%d"`, step))
}

// drop lets go of a file over the page.
func (v *visit) drop(name string, data []byte) {
	v.Helper()
	_, err := driver.Evaluate[bool](v.Page, fmt.Sprintf(`(() => {
		const dataTransfer = new DataTransfer();
		dataTransfer.items.add(new File([Uint8Array.from(atob(%q), (c) => c.charCodeAt(0))], %q, {type: "image/png"}));
		return document.body.dispatchEvent(new DragEvent("drop", {dataTransfer, bubbles: true, cancelable: true}));
	})()`, base64.StdEncoding.EncodeToString(data), name))
	v.must(err)
}
