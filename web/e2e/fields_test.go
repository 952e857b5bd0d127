//go:build e2e && !js

package e2e

import (
	"fmt"
	"path/filepath"
	"testing"

	"reverie/app/protocol"
	"reverie/recipe"
	"reverie/tools/driver"
)

// What the program empties is empty: the fields show what the run takes, whatever was typed there before. The two pictures are the notebook's,
// which say nothing of the learning rate, and one of them nothing of the prompt.
func TestFieldsShowWhatTheRunTakes(t *testing.T) {
	v := revisit(t, "p=a%20green%20tree&width=64&height=64&cutouts=2&steps=1")
	v.value("textbox", "Prompt", "a green tree")
	_, err := v.Find("textbox", "Cut power") // which unfolds what it lies in
	v.must(err)
	rate, err := driver.Evaluate[string](v.Page, `document.getElementById("field-learning-rate").placeholder`)
	v.must(err)
	cutPow, err := driver.Evaluate[string](v.Page, `document.getElementById("field-cut-pow").placeholder`)
	v.must(err)
	fill := func(rate, cutPow string) {
		t.Helper()
		v.must(v.Fill("textbox", "Learning rate", rate))
		v.must(v.Fill("textbox", "Cut power", cutPow))
	}

	fill("5", "2")
	v.must(v.Choose("Open image", testdata(t, "nb_rgb.png")))
	v.status("restored")
	v.value("textbox", "Prompt", "a red apple")
	v.takes("learning-rate", "", rate)
	v.takes("cut-pow", "", cutPow)
	v.must(v.Fill("spinbutton", "Steps", "1"))
	v.must(v.Click("button", "Start"))
	ran := until[protocol.Started](v).Script.Recipe
	if took := [2]string{fmt.Sprint(recipe.LearningRate.In(ran)), fmt.Sprint(recipe.CutPow.In(ran))}; took != [2]string{rate, cutPow} {
		t.Errorf("the run takes learning rate and cut power %v, and the fields show %s and %s", took, rate, cutPow)
	}
	until[protocol.Done](v)

	v.must(v.Choose("Open image", testdata(t, "nb_null_title.png")))
	v.value("textbox", "Prompt", "")
	v.must(v.Click("button", "Start"))
	v.status("Type what the picture should show")

	// A link that is followed while the page is open empties fields, too.
	fill("4", "3")
	_, err = driver.Evaluate[string](v.Page, `location.hash = "#p=a%20blue%20heart&lr=0.2"`)
	v.must(err)
	v.value("textbox", "Prompt", "a blue heart")
	v.takes("learning-rate", "0.2", rate)
	v.takes("cut-pow", "", cutPow)

	// Before the page is drawn again, too: it has the same form as when it was drawn last, and the field has another text.
	_, err = driver.Evaluate[string](v.Page, `(field => {
		field.value = "7"
		field.dispatchEvent(new Event("input", { bubbles: true }))
		return location.hash = "#p=a%20yellow%20star"
	})(document.getElementById("field-cut-pow"))`)
	v.must(err)
	v.value("textbox", "Prompt", "a yellow star")
	v.takes("cut-pow", "", cutPow)
	v.clean()
}

// Who knows a setting by the name that another tool gives it finds it, and it alone; what is typed in it is what the run takes. A field that is wrong is shown
// whatever is looked for, and what lies elsewhere is led to.
func TestSettingsAreFound(t *testing.T) {
	v := revisit(t, "p=a%20green%20tree&width=64&height=64&steps=1")
	shown := func() string {
		t.Helper()
		ids, err := driver.Evaluate[string](v.Page, `[...document.querySelectorAll("#settings-part :is(input, select)")].map((field) => field.id).join(" ").trim()`)
		v.must(err)
		return ids
	}
	const finder = "Find a setting, like zoom or cutn"
	v.must(v.Fill("spinbutton", "Steps", "1e9"))
	v.must(v.Fill("searchbox", finder, "cutn"))
	v.must(v.Fill("spinbutton", "Cutouts", "3"))
	if ids := shown(); ids != "field-cutouts" {
		t.Errorf("cutn finds %s", ids)
	}
	v.must(v.Click("button", "Start"))
	v.must(v.Fill("spinbutton", "Steps", "1")) // which has come back, though nobody looked for it
	if focus, err := driver.Evaluate[string](v.Page, `document.activeElement.id`); err != nil || focus != "field-steps" {
		t.Errorf("the wrong field is not led to, but %q (%v)", focus, err)
	}
	v.must(v.Fill("searchbox", finder, "step_size"))
	v.must(v.Click("button", "Learning rate, under Steer"))
	v.must(v.Fill("textbox", "Learning rate", "0.25"))
	v.must(v.Click("button", "Start"))
	ran := until[protocol.Started](v).Script.Recipe
	if cuts, rate := recipe.Cutouts.In(ran), recipe.LearningRate.In(ran); cuts != 3 || rate != 0.25 {
		t.Errorf("the run takes %d cutouts at a rate of %g, not 3 at 0.25", cuts, rate)
	}
	until[protocol.Done](v)
	v.clean()
}

// testdata is the path of a file there, as a browser takes it.
func testdata(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}
