//go:build e2e && !js

package e2e

import (
	"fmt"
	"testing"

	"reverie/app/protocol"
	"reverie/recipe"
	"reverie/tools/chromium"
	"reverie/tools/driver"
)

// The slider gives back the picture of an earlier step, pixel by pixel, and another run departs from there.
func TestLookBackAndFork(t *testing.T) {
	v := open(t, chromium.Software, "?tune=off#p=a%20red%20apple&width=64&height=64&cutouts=1&steps=2&v=2")
	v.ready()
	pixels := func() string {
		t.Helper()
		shown, err := driver.Evaluate[string](v.Page, `document.getElementById("preview").toDataURL()`)
		v.must(err)
		return shown
	}
	v.must(v.Click("button", "Start"))
	until[protocol.Done](v)
	v.status("Done: 2 steps")
	second := pixels()
	v.must(v.Fill("spinbutton", "Steps", "3"))
	v.must(v.Click("button", "Continue"))
	until[protocol.Done](v)
	v.status("Done: 5 steps")
	fifth := pixels()
	slide := func(step int) {
		t.Helper()
		_, err := driver.Evaluate[bool](v.Page, fmt.Sprintf(`((s) => { s.value = %d; s.dispatchEvent(new Event("input", { bubbles: true })); return true })(document.getElementById("step"))`, step))
		v.must(err)
	}
	slide(2)
	v.waits(`document.getElementById("preview").getAttribute("aria-label") === "Step 2 of 5, looking back: a red apple"`)
	v.waits(fmt.Sprintf(`document.getElementById("preview").toDataURL() === %q`, second))
	if second == fifth {
		t.Error("the steps have the same picture")
	}
	if _, err := v.Find("slider", "Step"); err != nil {
		t.Error(err)
	}
	v.must(v.Click("button", "Fork here"))
	v.status("departs from step 2")
	v.must(v.Click("button", "Start"))
	fork := until[protocol.Started](v).Script.Recipe
	if tokens := recipe.StartTokens.In(fork); tokens.Columns*tokens.Rows == 0 || recipe.Steps.In(fork) != 3 {
		t.Errorf("the fork takes %+v", fork)
	}
	until[protocol.Done](v)
	v.status("Done: 3 steps")
	v.clean()
}
