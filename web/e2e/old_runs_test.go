//go:build e2e && !js

package e2e

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reverie/app/protocol"
	"reverie/tools/chromium"
	"reverie/tools/driver"
)

// oldRuns is the folder of runs that an earlier build made; its README says which and how.
const oldRuns = "testdata/v1"

// oldTolerance is how far a loss may lie from the kept one, relative to it. On the machine that made the runs both ways give the same bits:
// the difference measured there is 0. SwiftShader compiles kernels for the processor that it finds, and another may round otherwise. A setting
// that is lost on its way changes some loss of these runs by 0.005 or more.
const oldTolerance = 2e-4

// oldRun is one of them, as a browser saw it.
type oldRun struct {
	Name     string         `json:"name"`
	Link     string         `json:"link"`     // the fragment that it was made with
	PNG      string         `json:"png"`      // the file that the page saved
	Init     string         `json:"init"`     // the start picture's file, or ""
	Images   []string       `json:"images"`   // the image prompts' files
	Settings map[string]any `json:"settings"` // as the worker told them
	Losses   [][]float64    `json:"losses"`   // of the first steps
}

func readOldRuns(t *testing.T) []oldRun {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(oldRuns, "runs.json"))
	if err != nil {
		t.Fatal(err)
	}
	var runs []oldRun
	if err := json.Unmarshal(text, &runs); err != nil {
		t.Fatal(err)
	}
	return runs
}

// oldFile is the path of a file of that folder, as a browser needs it.
func (v *visit) oldFile(name string) string {
	v.Helper()
	path, err := filepath.Abs(filepath.Join(oldRuns, name))
	v.must(err)
	return path
}

// Links and pictures of an earlier build mean what they meant then, whatever they leave open. That both forms of a run say the same is shown in
// app/picture, so that each run is made once here: by its link or by its picture, in turn, and by both where there are other pictures to open.
func TestOldLinksAndPicturesKeepTheirMeaning(t *testing.T) {
	v := open(t, chromium.Software, "?tune=off")
	v.ready()
	runs := readOldRuns(t)
	for i, r := range runs {
		ways := []string{"link", "picture"}
		if r.Init == "" && len(r.Images) == 0 {
			ways = ways[i%2 : i%2+1]
		}
		for _, way := range ways {
			t.Run(way+"/"+r.Name, func(t *testing.T) {
				v := &visit{T: t, Page: v.Page, url: v.url, serve: v.serve}
				if way == "link" {
					v.follow(r)
				} else {
					v.reopen(r)
				}
				v.repeats(r)
			})
		}
	}
	v.clean()
}

// follow gives the open page a run's link.
func (v *visit) follow(r oldRun) {
	v.Helper()
	v.links(r.Link)
	v.unfolds("field-seed")
	v.waits(fmt.Sprintf(`[...document.querySelectorAll("label")].find((l) => l.textContent === "Seed").control.value === %q`, r.Settings["seed"]))
	if prompt := r.Settings["prompt"].(string); prompt != "" {
		v.value("textbox", "Prompt", prompt)
	}
}

// reopen opens a run's picture.
func (v *visit) reopen(r oldRun) {
	v.Helper()
	v.must(v.Choose("Open image", v.oldFile(r.PNG)))
	v.status("The settings of " + r.PNG + " are restored")
}

// repeats makes the first steps of a run whose settings the page has, and wants its losses. A run without steps has its picture to show.
func (v *visit) repeats(r oldRun) {
	v.Helper()
	v.openPictures(r)
	if v.Failed() {
		return
	}
	v.must(v.Click("button", "Start"))
	until[protocol.Started](v)
	worst := 0.0
	for i, want := range r.Losses {
		got := until[protocol.Step](v).Losses
		if len(got) != len(want) {
			v.Errorf("step %d has losses %v, had %v", i+1, got, want)
			continue
		}
		for j := range want {
			off := math.Abs(got[j] - want[j])
			if want[j] != 0 {
				off /= math.Abs(want[j])
			}
			worst = max(worst, off)
			if !(off <= oldTolerance) {
				v.Errorf("step %d has losses %v, had %v", i+1, got, want)
				break
			}
		}
	}
	v.Logf("the losses differ by %.1g at most", worst)
	if steps := int(r.Settings["steps"].(float64)); steps > len(r.Losses) {
		v.must(v.Click("button", "Stop"))
		until[protocol.Stopped](v)
	} else {
		until[protocol.Done](v)
	}
	if len(r.Losses) == 0 {
		v.status("Done")
		v.showsSaved(v.oldFile(r.PNG))
	}
	if r.Init != "" {
		v.must(v.Click("button", "Remove start picture"))
	}
}

// openPictures opens the pictures that a run's settings only name.
func (v *visit) openPictures(r oldRun) {
	v.Helper()
	if r.Init != "" {
		v.must(v.Choose("Open image", v.oldFile(r.Init)))
		v.status(r.Init + " carries no settings")
	}
	for _, name := range r.Images {
		v.must(v.Choose("Add image prompt", v.oldFile(name)))
		v.status(name + " is an image prompt") // or is one already, from the run before
	}
}

// showsSaved wants a saved picture on the canvas. A file's lowest bits are the settings' and not the picture's.
func (v *visit) showsSaved(path string) {
	v.Helper()
	f, err := os.Open(path)
	v.must(err)
	defer f.Close()
	saved, err := png.Decode(f)
	v.must(err)
	url, err := driver.Evaluate[string](v.Page, `document.querySelector("canvas").toDataURL()`)
	v.must(err)
	text, _ := strings.CutPrefix(url, "data:image/png;base64,")
	canvas, err := png.Decode(base64.NewDecoder(base64.StdEncoding, strings.NewReader(text)))
	v.must(err)
	if canvas.Bounds() != saved.Bounds() {
		v.Errorf("the canvas is %v, and %s is %v", canvas.Bounds(), path, saved.Bounds())
		return
	}
	worst := 0
	for y := range saved.Bounds().Dy() {
		for x := range saved.Bounds().Dx() {
			r, g, b, _ := canvas.At(x, y).RGBA()
			r1, g1, b1, _ := saved.At(x, y).RGBA()
			for _, off := range []int{int(r) - int(r1), int(g) - int(g1), int(b) - int(b1)} {
				worst = max(worst, off/257, -off/257)
			}
		}
	}
	if worst > 2 { // one for the lowest bit, one for another rounding
		v.Errorf("the canvas differs from %s by %d of 255", path, worst)
	}
}
