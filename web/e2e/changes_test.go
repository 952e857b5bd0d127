//go:build e2e && !js

package e2e

import (
	"context"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"reverie/app/picture"
	"reverie/app/protocol"
	"reverie/recipe"
	"reverie/tools/chromium"
	"reverie/tools/driver"
)

// steered is a short run whose kernels are the same in every visit; shorter has fewer steps, each of which takes time.
const (
	steered = "?tune=off#p=a%20red%20apple&width=64&height=64&cutouts=2&steps=12&seed=7&v=2"
	shorter = "?tune=off#p=a%20red%20apple&width=64&height=64&cutouts=2&steps=8&seed=7&v=2"
)

// losses reads messages up to Done and returns the loss of each step, and the changes on the way.
func (v *visit) losses() (losses []float64, changes []protocol.Changed) {
	v.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	defer cancel()
	for {
		m, err := v.Next(ctx)
		v.must(err)
		switch m := m.(type) {
		case protocol.Step:
			losses = append(losses, m.Loss)
		case protocol.Changed:
			changes = append(changes, m)
		case protocol.Done:
			return losses, changes
		case protocol.Error, protocol.Exit, protocol.Lost:
			v.Fatalf("waiting for the end: got %T %+v", m, m)
		}
	}
}

// A prompt that is typed in the middle of a run is the run's from some step on, and no sooner. The picture tells, and can be made again.
func TestPromptChangesDuringARun(t *testing.T) {
	v := revisit(t, strings.TrimPrefix(shorter, "?tune=off#"))
	v.must(v.Click("button", "Start"))
	plain, _ := v.losses()

	v.must(v.Click("button", "Start"))
	until[protocol.Step](v)
	v.must(v.Click("button", "Pause"))
	until[protocol.Paused](v)
	v.must(v.Fill("textbox", "Prompt", "a blue heart"))
	v.must(v.Click("button", "Resume"))
	rest, changes := v.losses()
	if len(changes) != 1 || changes[0].Problem != "" || len(changes[0].Script.Changes) != 1 {
		t.Fatalf("the run took %+v", changes)
	}
	at := changes[0].Step
	if at < 1 || at > 7 || len(rest) != 8-at || recipe.Prompt.In(changes[0].Script.At(at)) != "a blue heart" {
		t.Fatalf("it took %+v, with %d steps to go", changes[0], len(rest))
	}
	if slices.Equal(rest[:1], plain[at:at+1]) {
		t.Errorf("step %d has the loss %g as before", at+1, rest[0])
	}
	saved := v.file()
	v.must(v.Click("button", "Start"))
	if none := until[protocol.Started](v).Script.Changes; len(none) != 0 {
		t.Errorf("a new run has the changes of the last one: %+v", none)
	}
	v.must(v.Click("button", "Stop"))
	until[protocol.Stopped](v)

	path := filepath.Join(t.TempDir(), "saved.png")
	v.must(os.WriteFile(path, saved, 0o600))
	v.must(v.Choose("Open image", path))
	v.status("restored")
	v.says("changes", "prompt from step")
	v.must(v.Click("button", "Start"))
	again, changes := v.losses()
	if len(changes) != 1 || changes[0].Step != at {
		t.Errorf("made again, the run takes %+v", changes)
	}
	if !slices.Equal(again[:at], plain[:at]) {
		t.Errorf("before step %d the losses are %v, and were %v", at+1, again[:at], plain[:at])
	}
	if !slices.Equal(again[at:], rest) {
		t.Errorf("from step %d on the losses are %v, and were %v", at+1, again[at:], rest)
	}
	if !slices.Equal(v.file(), saved) {
		t.Error("the picture that was made again is another file")
	}
	v.clean()
}

// file is the picture as the page saves it.
func (v *visit) file() []byte {
	v.Helper()
	path := v.download()
	data, err := os.ReadFile(path)
	v.must(err)
	v.must(os.Remove(path)) // the next one may have its name
	return data
}

// What belongs to a run as a whole is offered for a new one, which is started at a press.
func TestNewRunDuringARun(t *testing.T) {
	v := revisit(t, "p=a%20red%20apple&width=64&height=64&cutouts=1&steps=500&v=2")
	v.must(v.Click("button", "Start"))
	until[protocol.Step](v)
	v.must(v.Fill("spinbutton", "Width", "96"))
	v.says("new-run", "Width takes effect in a new run.")
	v.must(v.Click("button", "Start a new run"))
	until[protocol.Stopped](v)
	if r := until[protocol.Started](v).Script.Recipe; recipe.Width.In(r) != 96 || recipe.Height.In(r) != 64 {
		t.Errorf("the new run is %+v", r)
	}
	v.waits(`document.getElementById("new-run").hidden`)
	v.must(v.Fill("spinbutton", "Steps", "3"))
	until[protocol.Done](v)
	v.clean()
}

func TestContinue(t *testing.T) {
	v := revisit(t, "p=a%20red%20apple&width=64&height=64&cutouts=1&steps=2&v=2")
	v.must(v.Click("button", "Start"))
	until[protocol.Done](v)
	v.must(v.Fill("spinbutton", "Steps", "3"))
	v.must(v.Fill("textbox", "Prompt", "a blue heart"))
	v.must(v.Click("button", "Continue"))
	started := until[protocol.Started](v)
	if r := started.Script.At(2); started.Step != 2 || recipe.Steps.In(r) != 5 || recipe.Prompt.In(r) != "a blue heart" || recipe.Prompt.In(started.Script.Recipe) != "a red apple" {
		t.Errorf("it goes on with %+v", started)
	}
	if done := until[protocol.Done](v); done.Step != 5 {
		t.Errorf("it ends at step %d", done.Step)
	}
	v.status("Done: 5 steps")
	if _, err := v.Find("image", "Step 5 of 5: a blue heart, 64 × 64 pixels"); err != nil {
		t.Error(err)
	}
	found, err := picture.Read(v.file())
	if err != nil || found.Step != 5 || len(found.Script.Changes) != 1 {
		t.Errorf("the file tells %+v, %v", found, err)
	}
	v.clean()
}

// Each run has a seed of its own unless it is locked, and 64 bits of it stay exact.
func TestSeeds(t *testing.T) {
	v := revisit(t, "p=a%20red%20apple&width=64&height=64&cutouts=1&steps=1&v=2")
	pictures := map[string]uint64{}
	run := func() (picture string, seed uint64) {
		t.Helper()
		v.must(v.Click("button", "Start"))
		seed = recipe.Seed.In(until[protocol.Started](v).Script.Recipe)
		until[protocol.Done](v)
		v.status("Done")
		v.value("textbox", "Seed", recipe.Seed.Format(seed))
		picture, err := driver.Evaluate[string](v.Page, `document.getElementById("preview").toDataURL()`)
		v.must(err)
		return picture, seed
	}
	for range 2 {
		picture, seed := run()
		if other, same := pictures[picture]; same {
			t.Errorf("seeds %d and %d give the same picture", seed, other)
		}
		pictures[picture] = seed
	}
	v.must(v.Click("checkbox", "Lock seed"))
	picture, seed := run()
	if pictures[picture] != seed || seed == 0 {
		t.Errorf("the locked seed %d gives another picture", seed)
	}
	v.must(v.Click("checkbox", "Lock seed"))
	const typed = "5476245293527641887"
	v.must(v.Fill("textbox", "Seed", typed))
	v.value("textbox", "Seed", typed)
	if _, seed := run(); recipe.Seed.Format(seed) != typed {
		t.Errorf("%s became %d", typed, seed)
	}
	_, err := driver.Evaluate[bool](v.Page, `document.getElementById("field-seed").dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowUp", bubbles: true, cancelable: true}))`)
	v.must(err)
	v.value("textbox", "Seed", "5476245293527641888")
	v.clean()
}

// What is replaced can be taken back.
func TestUndo(t *testing.T) {
	v := open(t, chromium.Software, "")
	v.ready()
	v.must(v.Fill("textbox", "Prompt", "typed with care"))
	v.must(v.Fill("spinbutton", "Cutouts", "3"))
	v.must(v.Click("button", "a snowman"))
	v.value("textbox", "Prompt", "a snowman")
	v.says("undo", "The example replaced your prompt.")
	v.must(v.Click("button", "Undo"))
	v.value("textbox", "Prompt", "typed with care")
	_, err := driver.Evaluate[bool](v.Page, `location.hash = "#p=a%20blue%20heart&cutouts=9&v=2", true`)
	v.must(err)
	v.status("The link's settings are in the form.")
	v.value("spinbutton", "Cutouts", "9")
	v.must(v.Click("button", "Undo"))
	v.value("textbox", "Prompt", "typed with care")
	v.value("spinbutton", "Cutouts", "3")
	v.waits(`document.getElementById("undo").hidden`)

	_, err = driver.Evaluate[bool](v.Page, `(() => {
		const dataTransfer = new DataTransfer();
		dataTransfer.setData("text/plain", "a green tree");
		return document.body.dispatchEvent(new DragEvent("drop", {dataTransfer, bubbles: true, cancelable: true}));
	})()`)
	v.must(err)
	v.value("textbox", "Prompt", "a green tree")
	v.status("The text that you dropped is the prompt now.")
	v.must(v.Click("button", "Undo"))
	v.value("textbox", "Prompt", "typed with care")
	v.clean()
}

// Telephones call every photograph image.jpg.
func TestTwoImagePromptsOfOneName(t *testing.T) {
	v := revisit(t, "p=a%20red%20apple&width=64&height=64&cutouts=1&steps=1&v=2")
	dir := t.TempDir()
	for i, folder := range []string{"a", "b"} {
		m := image.NewRGBA(image.Rect(0, 0, 20, 20))
		for j := range 400 {
			m.Set(j%20, j/20, color.RGBA{byte(200 * i), 100, byte(200 * (1 - i)), 255})
		}
		v.must(os.Mkdir(filepath.Join(dir, folder), 0o700))
		path := filepath.Join(dir, folder, "image.jpg")
		f, err := os.Create(path)
		v.must(err)
		v.must(jpeg.Encode(f, m, nil))
		v.must(f.Close())
		v.must(v.Choose("Add image prompt", path))
		v.status("is an image prompt now")
	}
	if _, err := v.Find("textbox", "Weight of image (2).jpg"); err != nil {
		t.Error(err)
	}
	v.must(v.Click("button", "Start"))
	images := recipe.ImagePrompts.In(until[protocol.Started](v).Script.Recipe)
	if len(images) != 2 || images[0].Name != "image.jpg" || images[1].Name != "image (2).jpg" {
		t.Errorf("the run has the image prompts %+v", images)
	}
	if step := until[protocol.Step](v); len(step.Losses) < 3 || step.Losses[1] == step.Losses[2] {
		t.Errorf("its losses are %v, want one of the text and one of each picture", step.Losses)
	}
	until[protocol.Done](v)
	v.clean()
}
