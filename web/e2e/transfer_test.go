//go:build e2e && !js

package e2e

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"reverie/app/gallery"
	"reverie/app/picture"
	"reverie/app/protocol"
	"reverie/recipe"
	"reverie/tools/chromium"
	"reverie/tools/driver"
)

// saves presses a button and returns what it saves, with the file where no later one of that name takes its place.
func (v *visit) saves(button string) (data []byte, path string) {
	v.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	saved, err := v.Download(ctx, button)
	v.must(err)
	path = filepath.Join(v.TempDir(), filepath.Base(saved))
	v.must(os.Rename(saved, path))
	data, err = os.ReadFile(path)
	v.must(err)
	return data, path
}

// stepInLightbox looks at a step of the picture in the lightbox, and returns its pixels once they are there.
func (v *visit) stepInLightbox(step int) string {
	v.Helper()
	v.waits(`document.querySelector("dialog[open] .look input") !== null`)
	_, err := driver.Evaluate[bool](v.Page, fmt.Sprintf(`((s) => { s.value = %d; s.dispatchEvent(new Event("input", { bubbles: true })); return true })(document.querySelector("dialog[open] .look input"))`, step))
	v.must(err)
	v.waits(fmt.Sprintf(`document.querySelector("#lightbox-step:not([hidden])[aria-label^='Step %d of ']") !== null`, step))
	pixels, err := driver.Evaluate[string](v.Page, `document.getElementById("lightbox-step").toDataURL()`)
	v.must(err)
	return pixels
}

// All pictures go into one file and come back in a fresh profile, with their steps, from which another run departs.
func TestPicturesMoveToAnotherProfile(t *testing.T) {
	v := open(t, chromium.Software, "?tune=off#p=a%20red%20apple&width=64&height=64&cutouts=1&steps=3&v=2")
	v.ready()
	v.must(v.Click("button", "Start"))
	until[protocol.Done](v)
	v.strip(1)
	v.waits(`(() => { const m = document.querySelector("img.finished"); return m !== null && m.naturalWidth === 64 && m.alt === "Step 3 of 3: a red apple, 64 × 64 pixels"; })()`)
	v.openPicture("a red apple")
	before := v.stepInLightbox(1)
	v.must(v.Click("button", "Close"))
	v.must(v.Click("button", "Manage"))
	_, zip := v.saves("Export all")
	if name := filepath.Base(zip); name != "reverie-pictures-"+time.Now().Format(time.DateOnly)+".zip" {
		t.Errorf("it is called %s", name)
	}
	v.clean()

	v = open(t, chromium.Software, "?tune=off")
	v.ready()
	hostile := filepath.Join(t.TempDir(), "hostile.zip")
	v.must(os.WriteFile(hostile, []byte("PK\x03\x04 and nothing that follows"), 0o600))
	v.must(v.Choose("Open image", hostile))
	v.status("no zip, or it is damaged")
	v.must(v.Choose("Open image", zip))
	v.strip(1)
	v.waits(`[...document.querySelectorAll(".toast")].some((e) => e.textContent.includes("1 picture was added."))`)
	v.openPicture("a red apple")
	if v.stepInLightbox(1) != before {
		t.Error("the first step is another picture there")
	}
	v.must(v.Click("button", "Fork here"))
	v.status("departs from step 1")
	v.must(v.Click("button", "Start"))
	if fork := until[protocol.Started](v).Script.Recipe; len(recipe.StartTokens.In(fork).Codes) == 0 || recipe.Steps.In(fork) != 2 {
		t.Errorf("the fork takes %+v", fork)
	}
	until[protocol.Done](v)
	v.strip(2)
	v.must(v.Click("button", "Manage"))
	v.must(v.Click("button", "Clear all pictures"))
	v.must(v.Click("button", "Delete all"))
	v.strip(0)
	v.must(v.Click("button", "Undo deletion"))
	v.strip(2)

	// A long run that was recorded elsewhere becomes a film, of which few pictures are drawn here.
	recorded := filepath.Join(t.TempDir(), "recorded.zip")
	v.must(os.WriteFile(recorded, recordedRun(t), 0o600))
	v.must(v.Choose("Open image", recorded))
	v.openPicture("a long run")
	v.must(v.Click("button", "Film"))
	for name, value := range map[string]string{"Length in seconds": "2", "Frames per second": "5", "Final pause in seconds": "1"} {
		v.must(v.Fill("textbox", name, value))
	}
	film, _ := v.saves("Make film")
	p, _ := v.probe(film)
	if len(p.Streams) != 1 || p.Streams[0].Frames != "15" || p.Streams[0].Width != 512 || p.Streams[0].Height != 512 || p.Format.Duration != "3.000000" {
		t.Errorf("ffprobe says %+v, want 15 frames of 512 × 512 in 3 seconds", p)
	}
	if settings := p.Format.Tags["comment"] + p.Format.Tags["COMMENT"]; !strings.Contains(settings, "a long run") {
		t.Errorf("the film carries %q", settings)
	}
	v.clean()
}

// recordedSteps is how many steps recordedRun has.
const recordedSteps = 150

// recordedRun is an archive as Export all saves it, of one picture with all its steps: of 128×128 pixels, whose tokens go through the codes.
func recordedRun(t *testing.T) []byte {
	t.Helper()
	const side, grid = 128, 16
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	pixels := picture.RGBA{Width: side, Height: side, Pix: bytes.Repeat([]byte{200, 90, 40, 255}, side*side)}
	script := recipe.Script{Recipe: recipe.New(recipe.Prompt.Is("a long run"), recipe.Model.Is("mini"), recipe.Width.Is(side), recipe.Height.Is(side), recipe.Steps.Is(recordedSteps), recipe.Seed.Is(7))}
	file, _, err := picture.Encoder{}.Write(pixels.Pix, side, side, picture.Meta{Script: script, Step: recordedSteps, ModelTitle: "Mini", Build: "e2e"})
	must(err)
	steps := gallery.Steps{Columns: grid, Rows: grid}
	for i := range recordedSteps {
		tokens := make([]byte, 0, 2*grid*grid)
		for place := range grid * grid {
			tokens = binary.LittleEndian.AppendUint16(tokens, uint16((i*5+place*3)%1024))
		}
		steps.List = append(steps.List, gallery.Step{Number: i, Tokens: tokens})
	}
	store := gallery.Store{Vault: memory{}}
	_, _, err = store.Add(gallery.Made{File: "a-long-run_7_150.png", Script: script, Step: recordedSteps, PNG: file, Pixels: pixels, Tokens: steps.Pack(gallery.StepsBytes)})
	must(err)
	var archive bytes.Buffer
	packed := zip.NewWriter(&archive)
	must(store.Export(func(f gallery.File) error {
		w, err := packed.Create(f.Name)
		if err == nil {
			_, err = w.Write(f.Data)
		}
		return err
	}))
	must(packed.Close())
	return archive.Bytes()
}

// memory is a vault for as long as it is there.
type memory map[string][]byte

func (m memory) Put(name string, data []byte) error { m[name] = data; return nil }
func (m memory) Remove(name string) error           { delete(m, name); return nil }
func (m memory) Names() ([]string, error)           { return slices.Collect(maps.Keys(m)), nil }
func (m memory) Get(name string) ([]byte, error) {
	data, ok := m[name]
	if !ok {
		return nil, os.ErrNotExist
	}
	return data, nil
}

// hears stands in for what a browser without a person does not have: a clipboard, other apps, and an offer to install.
const hears = `
	navigator.canShare = () => true;
	navigator.share = async ({files, title}) => { window.given = files[0].name + " " + files[0].type + " " + title; };
	navigator.clipboard.write = async ([item]) => { window.copied = (await item.getType("image/png")).size; };
	navigator.clipboard.writeText = async (text) => { window.link = text; };`

// A picture leaves the page with its settings, without them, larger, and through other apps.
func TestShare(t *testing.T) {
	v := open(t, chromium.Software, "?tune=off#p=a%20red%20apple&width=64&height=64&cutouts=1&steps=2&seed=7&1.lr=0.3&v=2", hears)
	v.ready()
	v.must(v.Click("button", "Start"))
	until[protocol.Done](v)
	v.strip(1)
	share := func(what string) {
		t.Helper()
		v.must(v.Click("button", "Share"))
		v.must(v.Click("button", what))
	}
	share("Copy picture")
	v.waits(`window.copied > 1000`)
	share("Share with an app")
	v.waits(`window.given === "a-red-apple_7_2.png image/png a red apple"`)
	v.must(v.Click("button", "Copy link"))
	v.waits(`String(window.link).includes("&1.lr=0.3&")`)
	v.must(v.Click("button", "Share"))
	bare, _ := v.saves("Save without settings")
	if found, err := picture.Read(bare); err != nil || found.Tool != "" {
		t.Errorf("without settings the file tells %+v, %v", found, err)
	}

	// What is kept carries its settings in its pixels, too.
	v.openPicture("a red apple")
	bare, _ = v.saves("Save without settings")
	if found, err := picture.Read(bare); err != nil || found.Tool != "" {
		t.Errorf("of the kept picture the file without settings tells %+v, %v", found, err)
	}
	large, _ := v.saves("Save 4× larger")
	found, err := picture.Read(large)
	if err != nil || found.Width != 256 || found.Height != 256 || len(found.Script.Changes) != 1 || found.Weights == "" {
		t.Errorf("the larger one tells %+v, %v", found, err)
	}
	v.must(v.Click("button", "Close"))
	_, err = driver.Evaluate[bool](v.Page, `dispatchEvent(Object.assign(new Event("beforeinstallprompt"), {prompt() { window.asked = true; }}))`)
	v.must(err)
	v.must(v.Click("button", "Install Reverie"))
	v.waits(`window.asked === true`)
	v.clean()
}
