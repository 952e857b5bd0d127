//go:build e2e && !js

package e2e

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"slices"
	"testing"

	"reverie/app/protocol"
	"reverie/tools/chromium"
	"reverie/tools/driver"
)

// hide lets the page believe that it goes out of sight, or comes back.
func (v *visit) hide(state string) {
	v.Helper()
	_, err := driver.Evaluate[bool](v.Page, fmt.Sprintf(`(() => {
		Object.defineProperty(document, "visibilityState", {configurable: true, get: () => %q});
		return document.dispatchEvent(new Event("visibilitychange", {bubbles: true}));
	})()`, state))
	v.must(err)
}

// kept waits until the browser keeps a run with its state after so many steps.
func (v *visit) kept(step int) {
	v.Helper()
	v.waits(fmt.Sprintf(`(async () => {
		const cache = await caches.open("reverie-run");
		for (const request of await cache.keys()) {
			if (!/run-\d+$/.test(request.url)) continue;
			const record = await (await cache.match(request))?.json(); // none where a newer one has just replaced it
			if (record?.step === %d && record.state) return true;
		}
		return false;
	})()`, step))
}

// A tab that is killed in the middle of a run loses nothing: the run is offered, goes on, and ends with the same picture.
func TestResumeAfterTheTabWasKilled(t *testing.T) {
	v := open(t, chromium.Software, steered)
	v.ready()
	v.must(v.Click("button", "Start"))
	until[protocol.Done](v)
	uninterrupted := v.file()

	v.must(v.Click("button", "Start"))
	for range 3 {
		until[protocol.Step](v)
	}
	v.hide("hidden")
	saved := until[protocol.Saved](v)
	if saved.Step < 3 || saved.Step > 11 {
		t.Fatalf("the run was saved after %d steps", saved.Step)
	}
	v.kept(saved.Step)
	v.must(v.Crash())
	v.must(v.Navigate(v.url + "?tune=off"))
	resume := fmt.Sprintf("Resume from step %d", saved.Step)
	if _, err := v.Find("button", resume); err != nil {
		t.Fatal(err)
	}
	v.value("textbox", "Prompt", "a red apple")
	v.value("spinbutton", "Steps", "12")
	if _, err := v.Find("image", fmt.Sprintf("Step %d of 12: a red apple", saved.Step)); err != nil {
		t.Error(err)
	}
	for _, id := range []string{"preview", "resume-picture"} {
		v.waits(fmt.Sprintf(`(() => {
			const c = document.getElementById(%q), p = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
			return c.width === 64 && p.some((v, i) => v !== p[i %% 4]);
		})()`, id))
	}
	v.must(v.Click("button", resume))
	if started := until[protocol.Started](v); started.Step != saved.Step {
		t.Errorf("it goes on after %d steps", started.Step)
	}
	until[protocol.Done](v)
	if !bytes.Equal(v.file(), uninterrupted) {
		t.Error("the picture is another file than that of the run that was not interrupted")
	}
	target(t, 9, "a run whose tab was killed at step %d ends with the same file (to the byte)", saved.Step)

	v.kept(12)

	// A run that is done is not offered, but its picture is there.
	v.again("?tune=off")
	v.waits(`document.getElementById("preview").width === 64`)
	if _, err := v.Look("button", resume); err == nil {
		t.Error("the run is offered though it is done")
	}
	if !bytes.Equal(v.file(), uninterrupted) {
		t.Error("in the next visit the picture is another file")
	}
	v.clean()
}

func TestDiscard(t *testing.T) {
	v := open(t, chromium.Software, steered)
	v.ready()
	v.must(v.Click("button", "Start"))
	until[protocol.Step](v)
	v.must(v.Click("button", "Pause"))
	paused := until[protocol.Paused](v)
	v.kept(paused.Step)
	for _, pressed := range []bool{false, true} {
		v.again("?tune=off")
		v.ready()
		if _, err := v.Find("button", fmt.Sprintf("Resume from step %d", paused.Step)); err != nil {
			t.Fatalf("discarded %t: %v", pressed, err)
		}
		if pressed {
			v.must(v.Click("button", "Discard"))
			v.waits(`!document.querySelector(".resume")`)
			v.waits(`caches.open("reverie-run").then((c) => c.keys()).then((keys) => keys.every((k) => !/run-\d+$/.test(k.url)))`)
		}
	}
	v.again("?tune=off")
	v.ready()
	if _, err := v.Look("button", "Discard"); err == nil {
		t.Error("what was discarded is offered")
	}
	v.clean()
}

// What was typed a moment ago is there after the page was loaded anew.
func TestReloadKeepsTheForm(t *testing.T) {
	v := open(t, chromium.Software, "#p=a%20red%20apple&v=2")
	v.ready()
	v.must(v.Fill("spinbutton", "Width", "96"))
	v.must(v.Fill("textbox", "Seed", "5476245293527641887"))
	v.choose("field-preset", "zq")
	v.must(v.Fill("textbox", "Prompt", "a castle in f"))
	v.must(v.Reload())
	v.forget()
	v.value("textbox", "Prompt", "a castle in f")
	v.value("spinbutton", "Width", "96")
	v.value("textbox", "Seed", "5476245293527641887")
	v.unfolds("field-preset")
	v.waits(`document.getElementById("field-preset").value === "zq"`)
	v.again("#p=a%20blue%20heart&v=2") // a link says otherwise
	v.value("textbox", "Prompt", "a blue heart")
	v.must(v.Click("button", "Undo"))
	v.value("textbox", "Prompt", "a castle in f")
	v.again("")
	v.value("textbox", "Prompt", "a castle in f")
	v.clean()
}

// After the GPU was reset the picture is still there, for the eye, and the run goes on. That it may be reset during a step is TestFaults' to show.
func TestResumeAfterTheGPUWasReset(t *testing.T) {
	v := open(t, chromium.Software, shorter)
	v.must(v.Resize(1280, 1400))
	v.ready()
	v.must(v.Click("button", "Start"))
	until[protocol.Done](v)
	uninterrupted := v.file()
	v.must(v.Click("button", "Start"))
	until[protocol.Step](v)
	v.must(v.Click("button", "Pause"))
	paused := until[protocol.Paused](v)
	v.status("Paused")
	before := v.framed()
	v.must(v.CrashGPU())
	until[protocol.Lost](v)
	if _, err := v.Find("heading", "The GPU was reset"); err != nil {
		t.Fatal(err)
	}
	v.shows(before)
	v.value("textbox", "Prompt", "a red apple")
	v.must(v.Click("button", "Start the engine again"))
	v.shows(before)
	v.must(v.Click("button", fmt.Sprintf("Resume from step %d", paused.Step)))
	until[protocol.Done](v)
	if !slices.Equal(v.file(), uninterrupted) {
		t.Error("the picture is another file than that of the run that was not interrupted")
	}
	target(t, 14, "for a GPU that was reset")
}

// framed is what a person sees of the picture, which keeps its shape in the middle of the canvas, without the buttons and notes over it.
func (v *visit) framed() image.Image {
	v.Helper()
	box, err := driver.Evaluate[[]float64](v.Page, `((c) => {
		for (const over of document.querySelectorAll(".frame .tools, .toasts")) over.style.visibility = "hidden";
		const { x, y, width, height } = c.getBoundingClientRect(), scale = Math.min(width / c.width, height / c.height), w = c.width * scale, h = c.height * scale;
		return [x + (width - w) / 2, y + (height - h) / 2, w, h];
	})(document.getElementById("preview"))`)
	v.must(err)
	shot, err := v.Screenshot()
	v.must(err)
	m, err := png.Decode(bytes.NewReader(shot))
	v.must(err)
	area := image.Rect(int(box[0]), int(box[1]), int(box[0]+box[2]), int(box[1]+box[3])).Inset(4).Intersect(m.Bounds())
	return m.(interface {
		SubImage(image.Rectangle) image.Image
	}).SubImage(area)
}

// shows waits until the frame shows that again, wherever and however large it is on the page now: both are looked at in 48×48 places.
func (v *visit) shows(want image.Image) {
	v.Helper()
	difference := 0.0
	for range 40 {
		got := v.framed()
		difference = 0
		const n = 48
		at := func(m image.Image, x, y int) color.Color {
			b := m.Bounds()
			return m.At(b.Min.X+(2*x+1)*b.Dx()/(2*n), b.Min.Y+(2*y+1)*b.Dy()/(2*n))
		}
		for y := range n {
			for x := range n {
				r, g, b, _ := at(got, x, y).RGBA()
				R, G, B, _ := at(want, x, y).RGBA()
				for _, d := range []int{int(r) - int(R), int(g) - int(G), int(b) - int(B)} {
					difference += float64(max(d, -d)) / 257 / 3 / (n * n)
				}
			}
		}
		if difference < 2 {
			return
		}
	}
	v.Errorf("the frame differs by %.0f of 255 on average from what it showed", difference)
}
