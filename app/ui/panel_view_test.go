package ui

import (
	"strings"
	"testing"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// What is folded away has no elements, and what a button or a menu unfolds has.
func TestFoldedAwayIsEmpty(t *testing.T) {
	p := NewPage()
	p.state, p.live = *idle(t), true
	has := func(what string) bool { return strings.Contains(app.HTMLString(p.Render()), what) }
	const field, choice = `id="field-width"`, `>watercolour<`
	if has(field) || has(choice) {
		t.Error("before anything is unfolded, its elements are there")
	}
	p.folds[settingsFold], p.open = true, "style-menu"
	if !has(field) || !has(choice) {
		t.Error("what is unfolded is not there")
	}
}
