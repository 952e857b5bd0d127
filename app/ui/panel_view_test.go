package ui

import (
	"strings"
	"testing"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// What is folded away has no elements, nor has a dialog before it is opened; what a button or a menu unfolds has, and a dialog that was opened, with its name.
func TestFoldedAwayIsEmpty(t *testing.T) {
	p := NewPage()
	p.state, p.live = *idle(t), true
	has := func(what string) bool { return strings.Contains(app.HTMLString(p.Render()), what) }
	const field, choice, key = `id="field-width"`, `>watercolour<`, `<kbd>`
	if has(field) || has(choice) || has(key) {
		t.Error("before anything is unfolded, its elements are there")
	}
	p.folds[settingsFold], p.open = true, "style-menu"
	p.dialogs[keysID] = true
	if !has(field) || !has(choice) || !has(key) || !has(`<h2 id="keys-title">`) {
		t.Error("what is unfolded is not there")
	}
}
