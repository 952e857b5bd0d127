//go:build !js

// Package driver uses Reverie's page as a person would, in an installed Chromium or Firefox: it finds controls by role and accessible name,
// which is the page's contract, presses and fills them, and hears the worker's messages. cmd/render and the browser tests stand on it.
package driver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"reverie/app/protocol"
)

// Page is one tab of a browser that is started for it.
type Page struct {
	// Downloads is the folder into which the page saves files.
	Downloads string

	tab     tab
	scratch string
	touched bool // Drag is a finger's

	mu       sync.Mutex
	messages []protocol.Message // not taken by Next yet
	console  []string
	crashed  bool
	news     chan struct{} // has a value when messages or crashed changed
}

// tab is what a page needs of its browser, over the protocol by which that is driven.
type tab interface {
	// script makes JavaScript run before every page that is opened from now on.
	script(source string) error
	navigate(url string) error
	// look finds the control of that role and accessible name, which may end with "…" as in Find.
	look(role, name string) (Control, error)
	// call calls a function of JavaScript, as a person's gesture, with the control as this.
	call(c Control, function string) error
	// evaluate gives the value of an expression, or of the promise that it is, as JSON.
	evaluate(expression string) ([]byte, error)
	// insert types a text in the control that has the focus, in the place of what is selected there.
	insert(text string) error
	// upload gives a file to a file input.
	upload(c Control, path string) error
	resize(width, height int64) error
	screenshot() ([]byte, error)
	// ended is closed when the browser has ended.
	ended() <-chan struct{}
	close()
}

// newPage makes the folders of a page whose browser is started next.
func newPage() (*Page, error) {
	scratch, err := os.MkdirTemp("", "reverie-browser-")
	if err != nil {
		return nil, fmt.Errorf("driver: %w", err)
	}
	p := &Page{scratch: scratch, Downloads: filepath.Join(scratch, "downloads"), news: make(chan struct{}, 1)}
	if err := os.Mkdir(p.Downloads, 0o700); err != nil {
		os.RemoveAll(scratch)
		return nil, fmt.Errorf("driver: %w", err)
	}
	return p, nil
}

// Close ends the browser and removes its files, the downloads among them.
func (p *Page) Close() {
	if p.tab != nil {
		p.tab.close()
	}
	os.RemoveAll(p.scratch)
}

// hear takes a message of the worker's, as the page's event "reverie" carries it.
func (p *Page) hear(text string) {
	if m, err := protocol.DecodeText(text); err == nil {
		p.note(func() { p.messages = append(p.messages, m) })
	}
}

// complain keeps a warning or an error of the console.
func (p *Page) complain(text string) { p.note(func() { p.console = append(p.console, text) }) }

func (p *Page) note(change func()) {
	p.mu.Lock()
	change()
	p.mu.Unlock()
	select {
	case p.news <- struct{}{}:
	default:
	}
}

// Next returns the worker's next message. Its pictures have a size and no pixels.
func (p *Page) Next(ctx context.Context) (protocol.Message, error) {
	for {
		p.mu.Lock()
		crashed := p.crashed
		var m protocol.Message
		if len(p.messages) > 0 {
			m, p.messages = p.messages[0], p.messages[1:]
		}
		p.mu.Unlock()
		switch {
		case m != nil:
			return m, nil
		case crashed:
			return nil, errors.New("driver: the page crashed, most likely because memory ran out")
		}
		select {
		case <-p.news:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-p.tab.ended():
			return nil, errors.New("driver: the browser ended")
		}
	}
}

// Complaints are the warnings and errors in the console so far.
func (p *Page) Complaints() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.console...)
}
