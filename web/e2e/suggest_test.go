//go:build e2e && !js

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"reverie/app/picture"
	"reverie/app/protocol"
	"reverie/recipe"
	"reverie/tools/chromium"
	"reverie/tools/driver"
	"reverie/web/e2e/padded"
	"reverie/web/site"
	"reverie/weights"
)

// unfolds waits until the element with that id is in sight, which may be folded away. What the server rendered goes when the page's program comes.
func (v *visit) unfolds(id string) {
	v.Helper()
	for range 200 {
		v.must(v.Unfold())
		there, err := driver.Evaluate[bool](v.Page, fmt.Sprintf(`document.getElementById(%q)?.checkVisibility() === true`, id))
		v.must(err)
		if there {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	v.Fatalf("the page has no %s", id)
}

// choose takes an option from a picker.
func (v *visit) choose(picker, value string) {
	v.Helper()
	v.unfolds(picker)
	v.waits(fmt.Sprintf(`[...document.getElementById(%q).options].some(o => o.value === %q)`, picker, value))
	_, err := driver.Evaluate[bool](v.Page, fmt.Sprintf(`(() => {
		const picker = document.getElementById(%q);
		picker.value = %q;
		return picker.dispatchEvent(new Event("change", {bubbles: true}));
	})()`, picker, value))
	v.must(err)
}

// takes wants what stands in a field, or stands there while it is empty.
func (v *visit) takes(field, typed, suggested string) {
	v.Helper()
	v.unfolds("field-" + field)
	v.waits(fmt.Sprintf(`(f => f.value === %q && f.placeholder === %q)(document.getElementById("field-%s"))`, typed, suggested, field))
}

func formatted(n float64) string { return strconv.FormatFloat(n, 'g', -1, 64) }

// The fields show what the chosen model suggests until the person says something else, and a run takes what they show.
func TestModelSuggestsSettings(t *testing.T) {
	dir := t.TempDir()
	if _, err := padded.Write(filepath.Join(dir, "plain"), "plain", 0); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "plain", weights.ManifestFile)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	m, err := weights.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	own := m.Suggested // the padded model has the manifest of mini
	rate, cutPow, smoothness := formatted(recipe.LearningRate.In(own)), formatted(recipe.CutPow.In(own)), formatted(recipe.Smoothness.In(own))
	m.Suggested = recipe.Recipe{}
	if text, err = m.Encode(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := site.New(site.Config{Programs: programs, Weights: dir})
	if err != nil {
		t.Fatal(err)
	}

	const small = "#p=a%20red%20apple&width=64&height=64&cutouts=2&steps=1"
	v := openHandler(t, s, chromium.Software, "?tune=off"+small)
	until[protocol.Ready](v)
	v.takes("learning-rate", "", rate)
	v.takes("cut-pow", "", cutPow)
	v.takes("smoothness", "", smoothness)
	v.choose("model", "plain")
	v.takes("learning-rate", "", "0.1")
	v.takes("cut-pow", "", "1")
	v.takes("smoothness", "", "0")

	runs := func(rate, cutPow, smoothness float64) (model string) {
		t.Helper()
		v.must(v.Click("button", "Start"))
		ran := until[protocol.Started](v).Script.Recipe
		model = recipe.Model.In(ran)
		if recipe.LearningRate.In(ran) != rate || recipe.CutPow.In(ran) != cutPow || recipe.Smoothness.In(ran) != smoothness {
			t.Errorf("the run of %s has learning rate %g, cut power %g and smoothness %g, want %g, %g and %g", model,
				recipe.LearningRate.In(ran), recipe.CutPow.In(ran), recipe.Smoothness.In(ran), rate, cutPow, smoothness)
		}
		losses := 1
		if smoothness > 0 {
			losses++
		}
		if step := until[protocol.Step](v); len(step.Losses) != losses {
			t.Errorf("a step of %s with smoothness %g has losses %v, want %d", model, smoothness, step.Losses, losses)
		}
		until[protocol.Done](v)
		return model
	}
	v.must(v.Fill("textbox", "Cut power", "0.5"))
	v.choose("model", "mini")
	v.takes("learning-rate", "", rate)
	v.takes("cut-pow", "0.5", cutPow)
	runs(recipe.LearningRate.In(own), 0.5, recipe.Smoothness.In(own))
	saved := v.download()
	v.must(v.Fill("textbox", "Cut power", ""))
	v.choose("model", "plain")
	ran := runs(0.1, 1, 0)

	// The picture restores its own, with whatever model.
	data, err := os.ReadFile(saved)
	v.must(err)
	if found, err := picture.Read(data); err != nil || recipe.Model.In(found.Script.Recipe) == ran {
		t.Fatalf("the file tells %+v, %v", found, err)
	}
	v.must(v.Choose("Open image", saved))
	v.status("restored")
	v.takes("learning-rate", rate, rate)
	v.takes("cut-pow", "0.5", cutPow)
	v.takes("smoothness", smoothness, smoothness)
	v.choose("model", "plain")
	v.takes("learning-rate", rate, "0.1")
	v.takes("smoothness", smoothness, "0")

	v.again("?tune=off" + small + "&lr=0.1&smoothness=0")
	until[protocol.Ready](v) // from now on the page is the program's
	v.takes("learning-rate", "0.1", rate)
	v.takes("cut-pow", "", cutPow)
	v.takes("smoothness", "0", smoothness)
	v.clean()
}
