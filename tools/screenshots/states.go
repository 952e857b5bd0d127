//go:build !js

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"reverie/app/protocol"
	"reverie/tools/driver"
)

// visit is a way through the page: what is done before it loads, and the states that it comes to, one after another.
type visit struct {
	before   []string // scripts that run before the page's own
	fragment string
	states   []state
}

// state is one that the page can be in, and how it gets there from the one before.
type state struct {
	name     string
	reach    func(*walk) error
	about    string // selects what has to be in view, "" for nothing in particular
	installs bool   // it shows the page before it is installed
}

// recorded is a run that a processor makes in a minute, of which something can be seen.
const recorded = "?tune=off#p=a%20blue%20heart%20on%20a%20white%20background%20%7C%20watercolour%3A0.5&width=128&height=128&steps=40&cutouts=8&seed=7&v=2"

// A dialog that opens or closes does so after the press.
var (
	opened = holds(`document.querySelector("dialog[open]") !== null`)
	closed = holds(`document.querySelector("dialog[open]") === null`)
)

var visits = []visit{
	{nil, "?tune=off", []state{
		{name: "first-visit", reach: (*walk).ready},
		{name: "settings", reach: press("Settings of the next picture"), about: "[aria-controls=settings-part]"},
		{name: "problem", reach: each((*walk).wrongField, holds(`document.querySelector("[aria-invalid=true]") !== null`)), about: "[aria-invalid=true]"},
	}},
	{nil, recorded, []state{
		{name: "running", reach: each((*walk).ready, press("Start"), steps(10)), installs: true},
		{name: "inside", reach: each(press("See inside"), press("Next: 2 · paint"), press("Next: 3 · cut"), holds(`document.querySelectorAll(".cuts li").length > 3`)), about: "#inside-part"},
		{name: "paused-back", reach: each(press("Inside how it works"), press("Pause"), until[protocol.Paused], slide("step", 5),
			holds(`[...document.querySelectorAll(".look button")].some((b) => b.ariaDisabled === "false")`))}, // the picture of that step is there
		{name: "steer-brush", reach: each(press("Paint where a blue heart on a white background pulls"), press("Left half"))},
		{name: "done", reach: each(press("Done"), press("Resume"), until[protocol.Done], press("Share"))},
		{name: "strip", reach: each(press("Share"), press("Steer while it runs"), holds(`document.querySelectorAll('ul[aria-label="Pictures"] img').length === 1`), press("Manage"))},
		{name: "lightbox", reach: each(press("a blue heart on a white background | watercolour:0.5"), holds(`document.querySelector("dialog[open] img")?.naturalWidth > 0`))},
		{name: "film", reach: each(press("Close"), closed, press("Film"), opened)},
		{name: "keys", reach: each(press("Close"), closed, press("Keys and help"), opened)},
		{name: "glossary", reach: each(press("Close"), closed, press("See inside"), press("Glossary"), opened)},
	}},
	{[]string{`delete Navigator.prototype.gpu`}, "", []state{
		{name: "no-webgpu", reach: func(w *walk) error { _, err := w.Find("heading", "This browser has no WebGPU"); return err }},
	}},
}

// walk is the page on its way.
type walk struct {
	ctx context.Context
	*driver.Page
}

// press goes on by a button.
func press(name string) func(*walk) error {
	return func(w *walk) error { return w.Click("button", name) }
}

// each goes on by one after another.
func each(ways ...func(*walk) error) func(*walk) error {
	return func(w *walk) error {
		for _, way := range ways {
			if err := way(w); err != nil {
				return err
			}
		}
		return nil
	}
}

// ready waits for the engine.
func (w *walk) ready() error {
	if _, err := w.FindEnabled("button", "Start"); err != nil {
		return err
	}
	return holds(`document.querySelector("[role=status]").textContent.includes("Ready")`)(w)
}

// steps waits until a run has made so many.
func steps(n int) func(*walk) error {
	return func(w *walk) error {
		return w.until(func(m protocol.Message) bool { s, ok := m.(protocol.Step); return ok && s.Step >= n })
	}
}

// until waits for a message.
func (w *walk) until(wanted func(protocol.Message) bool) error {
	for {
		m, err := w.Next(w.ctx)
		if err != nil {
			return err
		}
		if e, failed := m.(protocol.Error); failed {
			return errors.New(e.Message)
		}
		if wanted(m) {
			return nil
		}
	}
}

// until waits for a message of type M.
func until[M protocol.Message](w *walk) error {
	return w.until(func(m protocol.Message) bool { _, ok := m.(M); return ok })
}

// holds waits until a condition of the page's own holds.
func holds(condition string) func(*walk) error {
	return func(w *walk) error {
		for range 200 {
			if holds, err := driver.Evaluate[bool](w.Page, condition); err != nil || holds {
				return err
			}
			time.Sleep(50 * time.Millisecond)
		}
		return fmt.Errorf("it does not come about that %s", condition)
	}
}

// slide moves the slider with that id.
func slide(id string, value int) func(*walk) error {
	return func(w *walk) error {
		_, err := driver.Evaluate[bool](w.Page, fmt.Sprintf(`((s) => { s.value = %d; return s.dispatchEvent(new Event("input", { bubbles: true })) })(document.getElementById(%q))`, value, id))
		return err
	}
}

// wrongField presses Start with a number of steps that is none.
func (w *walk) wrongField() error {
	if err := w.Fill("spinbutton", "Steps", "1e9"); err != nil {
		return err
	}
	return w.Click("button", "Start")
}
