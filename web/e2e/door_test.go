//go:build e2e && !js

package e2e

import (
	"encoding/base64"
	"testing"

	"reverie/app/picture"
	"reverie/app/protocol"
	"reverie/tools/chromium"
	"reverie/tools/driver"
)

// A program that hears that a run is done finds its last picture on the page, and not the one before.
func TestProgramsHearWhatIsThere(t *testing.T) {
	v := open(t, chromium.Software, "#p=a%20red%20apple&width=64&height=64&cutouts=2&steps=2&seed=7")
	until[protocol.Ready](v)
	_, err := driver.Evaluate[bool](v.Page, `addEventListener("reverie", (event) => {
		if (JSON.parse(event.detail).kind === "done") window.atDone = reverie.png();
	}), true`)
	v.must(err)
	v.must(v.Click("button", "Start"))
	until[protocol.Done](v)
	text, err := driver.Evaluate[string](v.Page, `atDone.then((png) => btoa(Array.from(png, (b) => String.fromCharCode(b)).join("")))`)
	v.must(err)
	png, err := base64.StdEncoding.DecodeString(text)
	v.must(err)
	found, err := picture.Read(png)
	if err != nil || found.Step != 2 {
		t.Errorf("when the run is done, the page's picture is that after step %d (%v), want 2", found.Step, err)
	}
	v.clean()
}
