//go:build !js

// Package driver uses Reverie's page as a person would, in an installed Chromium: it finds controls by role and accessible name, which
// is the page's contract, presses and fills them, and hears the worker's messages. cmd/render and the browser tests stand on it.
package driver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/inspector"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"reverie/app/protocol"
	"reverie/tools/chromium"
)

// Page is one tab of a browser that is started for it.
type Page struct {
	// Downloads is the folder into which the page saves files.
	Downloads string

	ctx     context.Context // of the tab
	browser context.Context
	close   context.CancelFunc
	scratch string

	mu       sync.Mutex
	messages []protocol.Message // not taken by Next yet
	console  []string
	crashed  bool
	news     chan struct{} // has a value when messages or crashed changed
}

// Open starts a browser that shows nothing yet. Close it to end it.
func Open(ctx context.Context, adapter chromium.Adapter) (*Page, error) {
	path, err := chromium.Find()
	if err != nil {
		return nil, err
	}
	scratch, err := os.MkdirTemp("", "reverie-browser-")
	if err != nil {
		return nil, fmt.Errorf("driver: %w", err)
	}
	p := &Page{scratch: scratch, Downloads: filepath.Join(scratch, "downloads"), news: make(chan struct{}, 1)}
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.UserDataDir(filepath.Join(scratch, "profile")), chromedp.WSURLReadTimeout(time.Minute),
	}
	for _, f := range chromium.Flags(adapter) {
		name, value, hasValue := strings.Cut(f, "=")
		if hasValue {
			options = append(options, chromedp.Flag(name, value))
		} else {
			options = append(options, chromedp.Flag(name, true))
		}
	}
	ctx, closeBrowser := chromedp.NewExecAllocator(ctx, options...)
	ctx, closeTab := chromedp.NewContext(ctx, chromedp.WithErrorf(func(string, ...any) {}))
	p.ctx, p.browser, p.close = ctx, ctx, func() { closeTab(); closeBrowser() }
	if err := p.prepare(); err != nil {
		p.Close()
		return nil, fmt.Errorf("driver: the browser %s does not start: %w", path, err)
	}
	return p, nil
}

// Close ends the browser and removes its files, the downloads among them.
func (p *Page) Close() {
	p.close()
	os.RemoveAll(p.scratch)
}

// binding is the function by which the page's messages come out.
const binding = "reverieMessage"

func (p *Page) prepare() error {
	if err := os.Mkdir(p.Downloads, 0o700); err != nil {
		return err
	}
	if err := p.prepareTab(); err != nil {
		return err
	}
	_, err := chromedp.CallBrowser(p.ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: p.Downloads,
	})
	return err
}

func (p *Page) prepareTab() error {
	if err := p.listen(); err != nil {
		return err
	}
	if _, err := chromedp.Call(p.ctx, runtime.AddBinding, runtime.AddBindingParams{Name: binding}); err != nil {
		return err
	}
	return p.Script(`addEventListener("reverie", (event) => ` + binding + `(event.detail))`)
}

// Crash ends the tab's process, whatever it is doing, and opens another tab in the same browser, which shows nothing yet.
func (p *Page) Crash() error {
	const moment = 5 * time.Second // nothing answers
	ctx, cancel := context.WithTimeout(p.ctx, moment)
	defer cancel()
	chromedp.Call(ctx, page.Crash, cdp.Empty{})
	p.ctx, _ = chromedp.NewContext(p.browser) // it ends with the browser
	if err := p.prepareTab(); err != nil {
		return fmt.Errorf("driver: another tab: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.crashed {
		return errors.New("driver: the tab does not crash")
	}
	p.crashed, p.messages = false, nil
	return nil
}

// listen keeps what the page says. It must not block: the browser's other events wait for it.
func (p *Page) listen() error {
	return chromedp.Listen(p.ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventBindingCalled:
			if m, err := protocol.DecodeText(e.Payload); e.Name == binding && err == nil {
				p.note(func() { p.messages = append(p.messages, m) })
			}
		case *inspector.EventTargetCrashed:
			p.note(func() { p.crashed = true })
		case *runtime.EventConsoleAPICalled:
			if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
				p.note(func() { p.console = append(p.console, describe(e.Args)) })
			}
		case *runtime.EventExceptionThrown:
			p.note(func() { p.console = append(p.console, e.ExceptionDetails.Text) })
		case *log.EventEntryAdded:
			if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
				p.note(func() { p.console = append(p.console, e.Entry.Text+" "+e.Entry.URL) })
			}
		}
	})
}

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
		case <-p.ctx.Done():
			return nil, errors.New("driver: the browser ended")
		}
	}
}

func describe(args []*runtime.RemoteObject) string {
	var words []string
	for _, a := range args {
		words = append(words, strings.Trim(string(a.Value), `"`)+a.Description)
	}
	return strings.Join(words, " ")
}

// Complaints are the warnings and errors in the console so far.
func (p *Page) Complaints() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.console...)
}
