//go:build e2e && !js

package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

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
	v.clean()
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
