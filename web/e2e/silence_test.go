//go:build e2e && !js

package e2e

import (
	"testing"

	"reverie/app/protocol"
	"reverie/tools/chromium"
	"reverie/tools/driver"
)

// beats notes the longest time between two beats of the page's workers, in milliseconds.
const beats = `
  globalThis.longestSilence = 0;
  globalThis.Worker = class extends Worker {
    constructor(...args) {
      super(...args);
      let last = performance.now();
      this.addEventListener("message", (event) => {
        if (event.data.text !== '{"kind":"beat"}') return;
        longestSilence = Math.max(longestSilence, performance.now() - last);
        last = performance.now();
      });
    }
  };`

// A worker that is busy for a reason beats on: while it times kernels and compiles shaders, waits for steps of seconds, and plans the largest run
// that can be typed.
func TestABusyWorkerIsNotSilent(t *testing.T) {
	const mostGap = 4000 // milliseconds; after five seconds the page replaces a worker
	v := open(t, chromium.Software, "#p=a%20red%20apple&width=128&height=128&cutouts=8&steps=2&seed=7&v=2", beats)
	gap := func(while string) {
		t.Helper()
		longest, err := driver.Evaluate[float64](v.Page, `((longest) => (longestSilence = 0, longest))(longestSilence)`)
		v.must(err)
		t.Logf("%s: %.0f ms between two beats at most", while, longest)
		if longest > mostGap || longest == 0 {
			t.Errorf("%s: %.0f ms between two beats, want at most %d", while, longest, mostGap)
		}
	}
	v.ready()
	v.must(v.Click("button", "Start"))
	until[protocol.Started](v)
	gap("before the first step")
	until[protocol.Done](v)
	gap("during steps")
	for name, value := range map[string]string{"Width": "4096", "Height": "4096", "Cutouts": "1024"} {
		v.must(v.Fill("spinbutton", name, value))
	}
	v.forecasts("4096×4096 with 1024 cutouts takes about")
	gap("while the largest run is foreseen")
	v.must(v.Click("button", "Start"))
	v.status("choose a smaller size")
	v.clean()
}
