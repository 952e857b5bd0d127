//go:build !js

package driver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Script makes JavaScript run before every page that is opened from now on.
func (p *Page) Script(source string) error { return p.tab.script(source) }

// Navigate opens a URL.
func (p *Page) Navigate(url string) error { return p.tab.navigate(url) }

// Control is an element by its role and accessible name.
type Control struct {
	Role, Name string
	Value      string // what is typed or chosen in it
	Disabled   bool
	node       any // the browser's name for it
}

// patience is how long Find waits for a control. A page that is not interactive yet counts as one without controls.
const patience = 30 * time.Second

// foldedFor is how long Find waits before it looks in what is folded away.
const foldedFor = 300 * time.Millisecond

// unfold presses the buttons that show what is folded away, but those of menus.
const unfold = `document.querySelectorAll("button[aria-expanded=false]:not([aria-haspopup]):not([disabled])").forEach((b) => b.click()), true`

// Find waits for the control of that role whose accessible name is name, or begins with what stands before a final "…". It unfolds what is folded away for it.
func (p *Page) Find(role, name string) (Control, error) {
	unfolding := time.Now().Add(foldedFor)
	deadline := time.Now().Add(patience)
	for {
		c, err := p.Look(role, name)
		if err != nil && time.Now().After(unfolding) {
			unfolding = time.Now().Add(foldedFor)
			p.Unfold() // again, because a page that is not there yet has nothing folded
		}
		if err == nil || time.Now().After(deadline) {
			return c, err
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-p.tab.ended():
			return c, err
		}
	}
}

// Unfold shows what is folded away, as Find does, for what is looked for otherwise.
func (p *Page) Unfold() error {
	_, err := Evaluate[bool](p, unfold)
	return err
}

// Look is Find without waiting.
func (p *Page) Look(role, name string) (Control, error) { return p.tab.look(role, name) }

func absent(role, name string) error {
	return fmt.Errorf("driver: the page has no %s “%s”", role, name)
}

// FindEnabled waits for a control that can be used.
func (p *Page) FindEnabled(role, name string) (Control, error) {
	deadline := time.Now().Add(patience)
	for {
		c, err := p.Find(role, name)
		if err != nil || !c.Disabled {
			return c, err
		}
		if time.Now().After(deadline) {
			return c, fmt.Errorf("driver: the %s “%s” stays disabled", role, name)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// Click presses a control once it can be pressed.
func (p *Page) Click(role, name string) error {
	c, err := p.FindEnabled(role, name)
	if err != nil {
		return err
	}
	return p.tab.call(c, "function () { this.click() }")
}

// Fill replaces what is typed in a control.
func (p *Page) Fill(role, name, value string) error {
	c, err := p.FindEnabled(role, name)
	if err != nil {
		return err
	}
	if err := p.tab.call(c, "function () { this.focus(); this.select() }"); err != nil {
		return err
	}
	return p.tab.insert(value)
}

// Choose gives a file to a file input.
func (p *Page) Choose(name, path string) error {
	c, err := p.FindEnabled("button", name)
	if err != nil {
		return err
	}
	return p.tab.upload(c, path)
}

// Status is what the page says in its status line.
func (p *Page) Status() (string, error) {
	return Evaluate[string](p, `document.querySelector("[role=status]").textContent`)
}

// Evaluate runs JavaScript in the page. An expression without a value is an error.
func Evaluate[T any](p *Page, expression string) (T, error) {
	var v T
	text, err := p.tab.evaluate(expression)
	if err != nil {
		return v, err
	}
	if len(text) == 0 || string(text) == "null" {
		return v, fmt.Errorf("driver: %s has no value", expression)
	}
	if err := json.Unmarshal(text, &v); err != nil {
		return v, fmt.Errorf("driver: %s is %s: %w", expression, text, err)
	}
	return v, nil
}

// saved are the endings of what the page saves. In Chromium a download that is under way has another.
var saved = []string{".png", ".mp4", ".webm", ".gif", ".zip"}

// Download presses a button and waits for the file that it saves; it returns the file's path.
func (p *Page) Download(ctx context.Context, button string) (string, error) {
	before, err := p.files()
	if err != nil {
		return "", err
	}
	if err := p.Click("button", button); err != nil {
		return "", err
	}
	for {
		after, err := p.files()
		if err != nil {
			return "", err
		}
		for path := range after {
			if !before[path] && slices.Contains(saved, filepath.Ext(path)) && !underWay(path, after) {
				return path, nil
			}
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return "", errors.New("driver: the page saved no file")
		}
	}
}

// underWay says that Firefox is still writing a file: it lies there empty, and what has come beside it, in a file that ends in .part.
func underWay(path string, files map[string]bool) bool {
	for other := range files {
		if filepath.Ext(other) == ".part" {
			return true
		}
	}
	info, err := os.Stat(path)
	return err != nil || info.Size() == 0
}

func (p *Page) files() (map[string]bool, error) {
	entries, err := os.ReadDir(p.Downloads)
	if err != nil {
		return nil, fmt.Errorf("driver: %w", err)
	}
	files := map[string]bool{}
	for _, e := range entries {
		files[filepath.Join(p.Downloads, e.Name())] = true
	}
	return files, nil
}

// Resize gives the page a window of that many pixels.
func (p *Page) Resize(width, height int64) error {
	return p.tab.resize(width, height)
}

// Screenshot is a PNG of what the window shows.
func (p *Page) Screenshot() ([]byte, error) { return p.tab.screenshot() }

// Resident is the anonymous memory of processes in bytes, on Linux. One that has ended has none.
func Resident(processes []int64) (int64, error) {
	var sum int64
	for _, process := range processes {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", process))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("driver: %w", err)
		}
		_, rest, _ := strings.Cut(string(text), "RssAnon:")
		var kilobytes int64
		if _, err := fmt.Sscanf(rest, "%d kB", &kilobytes); err != nil {
			return 0, fmt.Errorf("driver: the memory of process %d: %w", process, err)
		}
		sum += kilobytes << 10
	}
	return sum, nil
}
