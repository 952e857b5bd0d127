//go:build e2e && !js

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"reverie/app/protocol"
	"reverie/recipe"
	"reverie/tools/chromium"
	"reverie/tools/driver"
	"reverie/web/site"
)

// strip waits until the strip holds as many pictures, each of which can be seen.
func (v *visit) strip(pictures int) {
	v.Helper()
	v.waits(fmt.Sprintf(`(() => {
		const all = [...document.querySelectorAll('ul[aria-label="Pictures"] img')];
		return all.length === %d && all.every((m) => m.complete && m.naturalWidth === 64);
	})()`, pictures))
}

// openPicture opens the lightbox from the strip, and waits until it shows the picture at its own size.
func (v *visit) openPicture(name string) {
	v.Helper()
	v.must(v.Click("button", name))
	v.waits(`(() => { const m = document.querySelector("dialog[open] img"); return m !== null && m.complete && m.naturalWidth > 0; })()`)
}

// savedFromLightbox is what the lightbox's Download gives.
func (v *visit) savedFromLightbox() []byte {
	v.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	path, err := v.Download(ctx, "Download")
	v.must(err)
	data, err := os.ReadFile(path)
	v.must(err)
	v.must(os.Remove(path))
	return data
}

// The picture of a run stays with its settings: through visits and an update, until it is deleted, and that can be undone.
func TestPicturesStay(t *testing.T) {
	newer := with("engine.wasm", append(slices.Clone(programs["engine.wasm"].Data), 0, 2, 1, 'x')) // with a custom section named x
	old := plain(t)
	next, err := site.New(site.Config{Programs: newer})
	if err != nil {
		t.Fatal(err)
	}
	var updated atomic.Bool
	v := openHandler(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if updated.Load() {
			next.ServeHTTP(w, r)
			return
		}
		old.ServeHTTP(w, r)
	}), chromium.Software, shorter)
	v.ready()
	v.must(v.Click("button", "Start"))
	until[protocol.Done](v)
	file := v.file()
	v.strip(1)

	v.again("?tune=off")
	v.ready()
	v.strip(1)
	for _, field := range []struct{ role, name string }{{"textbox", "Prompt"}, {"spinbutton", "Steps"}, {"textbox", "Seed"}} {
		v.must(v.Fill(field.role, field.name, "9"))
	}
	v.openPicture("a red apple")
	if !bytes.Equal(v.savedFromLightbox(), file) {
		t.Error("the picture that was kept is another file than that of the run")
	}
	v.must(v.Click("button", "Use settings"))
	v.waits(`!document.querySelector("dialog[open]")`)
	v.value("textbox", "Prompt", "a red apple")
	v.value("spinbutton", "Steps", "8")
	v.value("textbox", "Seed", "7")
	v.status("The settings of “a red apple” are in the form.")

	v.openPicture("a red apple")
	v.must(v.Click("button", "Favourite"))
	if _, err := v.Find("button", "No favourite any more"); err != nil {
		t.Error(err)
	}
	v.must(v.Click("button", "Delete"))
	v.strip(0)
	v.must(v.Click("button", "Undo deletion"))
	v.strip(1)

	// The same settings with another seed make another picture.
	v.openPicture("a red apple, favourite")
	v.must(v.Click("button", "Re-run (new seed)"))
	until[protocol.Done](v)
	v.strip(2)
	if bytes.Equal(v.file(), file) {
		t.Error("run again with a new seed, it is the same file")
	}

	v.again("?tune=off")
	v.ready()
	updated.Store(true)
	_, err = driver.Evaluate[bool](v.Page, `navigator.serviceWorker.ready.then((r) => r.update()).then(() => true)`)
	v.must(err)
	v.must(v.Click("button", "Load the new version"))
	v.waits(fmt.Sprintf(`typeof goappEnv === "object" && goappEnv.GOAPP_VERSION === %q`, next.Build))
	v.strip(2)
	v.openPicture("a red apple, favourite")
	if !bytes.Equal(v.savedFromLightbox(), file) {
		t.Error("after an update the picture is another file")
	}
	v.clean()
}

// A run that is stopped leaves a picture, too, and the next run can start from it.
func TestEvolveFromAStoppedRun(t *testing.T) {
	v := revisit(t, "p=a%20lighthouse&width=64&height=64&cutouts=2&steps=500&v=2")
	const pictures = `document.querySelectorAll('ul[aria-label="Pictures"] img').length`
	others, err := driver.Evaluate[int](v.Page, pictures)
	v.must(err)
	v.must(v.Click("button", "Start"))
	seed := recipe.Seed.In(until[protocol.Started](v).Script.Recipe)
	until[protocol.Step](v)
	v.must(v.Click("button", "Stop"))
	stopped := until[protocol.Stopped](v)
	v.waits(fmt.Sprintf("%s === %d", pictures, others+1))
	v.openPicture("a lighthouse")
	v.must(v.Click("button", "Evolve (start from it)"))
	v.status("The next run starts from “a lighthouse”.")
	v.must(v.Click("button", "Start"))
	started := until[protocol.Started](v)
	if name := fmt.Sprintf("a-lighthouse_%d_%d.png", seed, stopped.Step); recipe.InitImage.In(started.Script.Recipe) != name {
		t.Errorf("it starts from %v, want %s", recipe.InitImage.In(started.Script.Recipe), name)
	}
	v.must(v.Click("button", "Stop"))
	until[protocol.Stopped](v)
	v.clean()
}
