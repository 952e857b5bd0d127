//go:build e2e && !js

package e2e

import (
	"testing"

	"reverie/app/protocol"
	"reverie/recipe"
	"reverie/tools/chromium"
	"reverie/tools/driver"
)

// Beside a run another one waits, over a reload too; a fork ends the run under way, whose picture stays, and what waits comes after the fork.
func TestForkAndQueue(t *testing.T) {
	v := open(t, chromium.Software, "?tune=off#p=a%20red%20apple&width=64&height=64&cutouts=1&steps=100000&v=2")
	v.ready()
	v.must(v.Click("button", "Start"))
	for until[protocol.Step](v).Step < 3 {
	}
	v.must(v.Click("button", "Queue"))
	v.must(v.Fill("textbox", "Prompt of a run that waits", "a blue heart"))
	v.must(v.Click("button", "Add to queue"))
	v.status("Added to the queue: 1 run waits.")
	v.value("textbox", "Prompt", "a red apple")
	_, err := driver.Evaluate[bool](v.Page, `((s) => { s.value = 1; s.dispatchEvent(new Event("input", { bubbles: true })); return true })(document.getElementById("step"))`)
	v.must(err)
	v.must(v.Click("button", "Fork here"))
	fork := until[protocol.Started](v).Script.Recipe
	if len(recipe.StartTokens.In(fork).Codes) != 64 || recipe.Steps.In(fork) != 99999 {
		t.Errorf("the fork takes %+v", fork)
	}
	until[protocol.Step](v)
	v.waits(`document.querySelectorAll("[aria-label=Pictures] li").length === 1`)
	v.must(v.Fill("spinbutton", "Steps", "4"))
	until[protocol.Done](v)
	next := until[protocol.Started](v).Script.Recipe
	if recipe.Prompt.In(next) != "a blue heart" || len(recipe.StartTokens.In(next).Codes) != 0 {
		t.Errorf("what waited is %+v", next)
	}
	v.must(v.Click("button", "Add to queue")) // the menu is open still
	v.must(v.Click("button", "Stop"))
	until[protocol.Stopped](v)
	v.status("1 run waits: press Start queue under Queue.")
	v.waits(`caches.open("reverie-run").then((c) => c.keys()).then((k) => k.some((r) => r.url.includes("queue-")))`)
	v.must(v.Navigate("about:blank"))
	v.must(v.Navigate(v.url + "?tune=off"))
	v.must(v.Click("button", "Queue · 1"))
	v.must(v.Click("button", "Start queue"))
	if r := until[protocol.Started](v).Script.Recipe; recipe.Prompt.In(r) != "a blue heart" || recipe.Seed.In(r) == recipe.Seed.In(next) {
		t.Errorf("after the reload it makes %+v", r)
	}
	v.clean()
}

// Of four small pictures one goes on in the size that was chosen, from its tokens.
func TestFourSeedsGoOnLarge(t *testing.T) {
	v := revisit(t, "p=a%20red%20apple&width=96&height=96&cutouts=1&steps=1&v=2")
	v.must(v.Click("button", "4 seeds"))
	var third recipe.Recipe
	for i := range 4 {
		if r := until[protocol.Started](v).Script.Recipe; i == 2 {
			third = r
		}
		until[protocol.Done](v)
	}
	v.value("spinbutton", "Width", "96")
	v.waits(`(([a, b]) => a.width === 64 && a.toDataURL() !== b.toDataURL())(["trial-2", "trial-3"].map((id) => document.getElementById(id)))`)
	v.must(v.Click("button", "Go on large with seed 3 of 4"))
	large := until[protocol.Started](v).Script.Recipe
	if recipe.Width.In(third) != 64 || recipe.Width.In(large) != 96 || recipe.Seed.In(large) != recipe.Seed.In(third) || len(recipe.StartTokens.In(large).Codes) != 64 {
		t.Errorf("after %+v it makes %+v", third, large)
	}
	until[protocol.Done](v)
	v.clean()
}
