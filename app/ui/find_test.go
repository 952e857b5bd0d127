package ui

import (
	"slices"
	"strings"
	"testing"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"reverie/recipe"
)

func TestFound(t *testing.T) {
	for sought, want := range map[string]*recipe.Option{
		"cutn":        recipe.Cutouts.Option,      // the notebooks' name
		"VIEWS round": recipe.Cutouts.Option,      // the plain one, in any order and case
		"zoom_y":      recipe.ZoomY.Option,        // this one's
		"schedule-fr": recipe.Optimizer.Option,    // a value's
		"bent plate":  recipe.ThinPlate.Option,    // the help's
		"boldness":    recipe.LearningRate.Option, // one that lies in Steer
	} {
		if list := found(sought); !slices.Contains(list, want) || len(list) > 3 {
			t.Errorf("%q finds %d options, and not only %s", sought, len(list), want.Name)
		}
	}
	if list := found("no such thing"); len(list) > 0 {
		t.Errorf("%d options have all words that none has", len(list))
	}
	if all := found(" "); len(all) != len(fields())-2 {
		t.Errorf("nothing is looked for, and %d of %d options are found", len(all), len(fields())-2)
	}
}

// A group of settings is folded away until it is wanted, and says how many of them are changed.
func TestGroupsFold(t *testing.T) {
	p := NewPage()
	p.state, p.live = *idle(t), true
	p.folds[settingsFold] = true
	has := func(what string) bool { return strings.Contains(app.HTMLString(p.Render()), what) }
	const field, changed = `id="field-zoom"`, ` changed"`
	if has(field) || has(changed) {
		t.Error("a group is unfolded, or changed, that nobody has touched")
	}
	p.state.Edit(recipe.Zoom.Option, "1.02")
	p.state.Edit(recipe.Angle.Option, "1")
	if !has(`aria-label="Motion 2 changed"`) || has(`aria-label="Losses 2 changed"`) {
		t.Error("a group does not say that two of its settings are changed")
	}
	if p.folds[groupFold(recipe.Moving)] = true; !has(field) {
		t.Error("what is unfolded is not there")
	}
}

// What is looked for is all that is left of the settings; what lies in Steer is named.
func TestSettingsAreFound(t *testing.T) {
	p := NewPage()
	p.state, p.live = *idle(t), true
	p.folds[settingsFold], p.sought = true, "rate drops"
	html := func() string { return app.HTMLString(p.Render()) }
	has := func(what string) bool { return strings.Contains(html(), what) }
	if !has(`id="field-rate-drop"`) || has(`id="field-width"`) || has(`id="group-motion"`) || has(`id="`+imagePromptID+`"`) || has(noneFound) {
		t.Errorf("more or less than what is looked for is left: %s", html())
	}
	if p.sought = "step_size"; !has(`Learning rate, under Steer`) || has(`id="field-learning-rate"`) {
		t.Error("what lies in Steer is not named")
	}
	if p.sought = "no such thing"; !has(noneFound) {
		t.Error("nothing is found, and that is not said")
	}
}
