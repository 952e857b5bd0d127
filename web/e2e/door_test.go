//go:build e2e && !js

package e2e

import (
	"encoding/base64"
	"testing"

	"reverie/app/picture"
	"reverie/tools/chromium"
	"reverie/tools/driver"
)

// A program that starts a run before there is a GPU waits for it, and no longer. When it hears that the run is done it finds its last picture on the page, and not
// the one before.
func TestProgramsHearWhatIsThere(t *testing.T) {
	v := arriveIn(t, driver.Open, newGate(t), chromium.Software, "?tune=off")
	v.waits(`"reverie" in window`)
	text, err := driver.Evaluate[string](v.Page, `(async () => {
		const atDone = new Promise((heard) => addEventListener("reverie", (event) => {
			if (JSON.parse(event.detail).kind === "done") heard(run.png());
		}));
		const run = await reverie.start({ version: 2, recipe: { prompt: "a red apple", width: 64, height: 64, cutouts: 2, steps: 2, seed: "7" } });
		return btoa(Array.from(await atDone, (b) => String.fromCharCode(b)).join(""));
	})()`)
	v.must(err)
	png, err := base64.StdEncoding.DecodeString(text)
	v.must(err)
	found, err := picture.Read(png)
	if err != nil || found.Step != 2 {
		t.Errorf("when the run is done, the page's picture is that after step %d (%v), want 2", found.Step, err)
	}
	v.clean()
}
