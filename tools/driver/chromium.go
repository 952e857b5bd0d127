//go:build !js

package driver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/inspector"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/cdproto/systeminfo"
	"github.com/chromedp/chromedp"

	"reverie/tools/chromium"
)

// chromiumTab is a tab of Chromium, over its DevTools protocol.
type chromiumTab struct {
	page    *Page
	ctx     context.Context // of the tab
	browser context.Context
	cancel  context.CancelFunc
}

// Open starts a Chromium that shows nothing yet. Close it to end it.
func Open(ctx context.Context, adapter chromium.Adapter) (*Page, error) {
	path, err := chromium.Find()
	if err != nil {
		return nil, err
	}
	p, err := newPage()
	if err != nil {
		return nil, err
	}
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.UserDataDir(filepath.Join(p.scratch, "profile")), chromedp.WSURLReadTimeout(time.Minute),
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
	t := &chromiumTab{page: p, ctx: ctx, browser: ctx, cancel: func() { closeTab(); closeBrowser() }}
	p.tab = t
	if err := t.prepare(); err != nil {
		p.Close()
		return nil, fmt.Errorf("driver: the browser %s does not start: %w", path, err)
	}
	return p, nil
}

func (t *chromiumTab) close() { t.cancel() }

func (t *chromiumTab) ended() <-chan struct{} { return t.browser.Done() }

// binding is the function by which the page's messages come out.
const binding = "reverieMessage"

func (t *chromiumTab) prepare() error {
	if err := t.open(); err != nil {
		return err
	}
	_, err := chromedp.CallBrowser(t.ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: t.page.Downloads,
	})
	return err
}

func (t *chromiumTab) open() error {
	if err := t.listen(); err != nil {
		return err
	}
	if _, err := chromedp.Call(t.ctx, runtime.AddBinding, runtime.AddBindingParams{Name: binding}); err != nil {
		return err
	}
	return t.script(`addEventListener("reverie", (event) => ` + binding + `(event.detail))`)
}

// listen keeps what the page says. It must not block: the browser's other events wait for it.
func (t *chromiumTab) listen() error {
	return chromedp.Listen(t.ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventBindingCalled:
			if e.Name == binding {
				t.page.hear(e.Payload)
			}
		case *inspector.EventTargetCrashed:
			t.page.note(func() { t.page.crashed = true })
		case *runtime.EventConsoleAPICalled:
			if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
				t.page.complain(describe(e.Args))
			}
		case *runtime.EventExceptionThrown:
			t.page.complain(e.ExceptionDetails.Text)
		case *log.EventEntryAdded:
			if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
				t.page.complain(e.Entry.Text + " " + e.Entry.URL)
			}
		}
	})
}

func describe(args []*runtime.RemoteObject) string {
	var words []string
	for _, a := range args {
		words = append(words, strings.Trim(string(a.Value), `"`)+a.Description)
	}
	return strings.Join(words, " ")
}

func (t *chromiumTab) script(source string) error {
	_, err := chromedp.Call(t.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: source})
	return err
}

func (t *chromiumTab) navigate(url string) error { return chromedp.Do(t.ctx, chromedp.Navigate(url)) }

func (t *chromiumTab) look(role, name string) (Control, error) {
	document, err := chromedp.Call(t.ctx, dom.GetDocument, dom.GetDocumentParams{})
	if err != nil {
		return Control{}, fmt.Errorf("driver: %w", err)
	}
	found, err := chromedp.Call(t.ctx, accessibility.QueryAXTree,
		accessibility.QueryAXTreeParams{BackendNodeID: document.Root.BackendNodeID, Role: role})
	if err != nil {
		return Control{}, fmt.Errorf("driver: %w", err)
	}
	prefix, open := strings.CutSuffix(name, "…")
	for _, n := range found.Nodes {
		if c := control(n); !n.Ignored && (c.Name == name || open && strings.HasPrefix(c.Name, prefix)) {
			return c, nil
		}
	}
	return Control{}, absent(role, name)
}

func control(n *accessibility.Node) Control {
	c := Control{Role: text(n.Role), Name: text(n.Name), Value: text(n.Value), node: n.BackendDOMNodeID}
	for _, property := range n.Properties {
		if property.Name == accessibility.PropertyNameDisabled {
			c.Disabled = text(property.Value) == "true"
		}
	}
	return c
}

func text(v *accessibility.Value) string {
	if v == nil {
		return ""
	}
	var s string
	if json.Unmarshal([]byte(v.Value), &s) == nil {
		return s
	}
	return string(v.Value)
}

func (t *chromiumTab) call(c Control, function string) error {
	object, err := chromedp.Call(t.ctx, dom.ResolveNode, dom.ResolveNodeParams{BackendNodeID: c.node.(cdp.BackendNodeID)})
	if err != nil {
		return fmt.Errorf("driver: %s “%s”: %w", c.Role, c.Name, err)
	}
	yes := true
	result, err := chromedp.Call(t.ctx, runtime.CallFunctionOn, runtime.CallFunctionOnParams{
		FunctionDeclaration: function, ObjectID: object.Object.ObjectID, UserGesture: &yes,
	})
	if err != nil {
		return fmt.Errorf("driver: %s “%s”: %w", c.Role, c.Name, err)
	}
	if result.ExceptionDetails != nil {
		return fmt.Errorf("driver: %s “%s”: %s", c.Role, c.Name, result.ExceptionDetails.Text)
	}
	return nil
}

func (t *chromiumTab) evaluate(expression string) ([]byte, error) {
	return chromedp.Run(t.ctx, chromedp.Evaluate[[]byte](expression, chromedp.EvalAwaitPromise, chromedp.EvalAsValue))
}

func (t *chromiumTab) insert(text string) error {
	_, err := chromedp.Call(t.ctx, input.InsertText, input.InsertTextParams{Text: text})
	return err
}

func (t *chromiumTab) upload(c Control, path string) error {
	_, err := chromedp.Call(t.ctx, dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: []string{path}, BackendNodeID: c.node.(cdp.BackendNodeID)})
	return err
}

func (t *chromiumTab) resize(width, height int64) error {
	return chromedp.Do(t.ctx, chromedp.EmulateViewport(width, height))
}

func (t *chromiumTab) screenshot() ([]byte, error) {
	return chromedp.Run(t.ctx, chromedp.CaptureScreenshot())
}

// chromium is the tab's context for what follows, which Chromium alone can do. In another browser it is one with which nothing can be asked.
func (p *Page) chromium() context.Context {
	if t, ok := p.tab.(*chromiumTab); ok {
		return t.ctx
	}
	return context.Background()
}

// Crash ends the tab's process, whatever it is doing, and opens another tab in the same browser, which shows nothing yet.
func (p *Page) Crash() error {
	t, ok := p.tab.(*chromiumTab)
	if !ok {
		return errors.New("driver: only Chromium crashes a tab when it is asked to")
	}
	const moment = 5 * time.Second // nothing answers
	ctx, cancel := context.WithTimeout(t.ctx, moment)
	defer cancel()
	chromedp.Call(ctx, page.Crash, cdp.Empty{})
	t.ctx, _ = chromedp.NewContext(t.browser) // it ends with the browser
	if err := t.open(); err != nil {
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

// Reload loads the page anew, as a person who presses Reload does, and waits for it.
func (p *Page) Reload() error { return chromedp.Do(p.chromium(), chromedp.Reload()) }

// Touch makes the page one of a device that is touched: Drag is a finger's from now on.
func (p *Page) Touch() error {
	p.touched = true
	_, err := chromedp.Call(p.chromium(), emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: true})
	return err
}

// Drag moves the mouse through points of the window, x and y of each, with its button down, or a finger.
func (p *Page) Drag(points ...float64) error {
	pointer := p.mouse
	if p.touched {
		pointer = p.finger
	}
	last := len(points) - 2
	err := pointer(down, points[0], points[1])
	for i := 2; i <= last && err == nil; i += 2 {
		err = pointer(moved, points[i], points[i+1])
	}
	if err == nil {
		err = pointer(up, points[last], points[last+1])
	}
	if err != nil {
		return fmt.Errorf("driver: %w", err)
	}
	return nil
}

// What a pointer does while it drags.
const (
	down = iota
	moved
	up
)

func (p *Page) mouse(does int, x, y float64) error {
	kind := []input.DispatchMouseEventType{input.DispatchMouseEventTypeMousePressed, input.DispatchMouseEventTypeMouseMoved, input.DispatchMouseEventTypeMouseReleased}[does]
	pressed := int64(1)
	if does == up {
		pressed = 0
	}
	_, err := chromedp.Call(p.chromium(), input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: kind, X: x, Y: y, Button: input.MouseButtonLeft, Buttons: pressed, ClickCount: 1})
	return err
}

func (p *Page) finger(does int, x, y float64) error {
	kind := []input.DispatchTouchEventType{input.DispatchTouchEventTypeTouchStart, input.DispatchTouchEventTypeTouchMove, input.DispatchTouchEventTypeTouchEnd}[does]
	touches := []*input.TouchPoint{{X: x, Y: y}}
	if does == up {
		touches = []*input.TouchPoint{}
	}
	_, err := chromedp.Call(p.chromium(), input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: kind, TouchPoints: touches})
	return err
}

// Colours makes the person's preference "light" or "dark".
func (p *Page) Colours(scheme string) error {
	preference := &emulation.MediaFeature{Name: "prefers-color-scheme", Value: scheme}
	_, err := chromedp.Call(p.chromium(), emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{preference}})
	return err
}

// SetQuota limits what the browser stores for an origin, in bytes.
func (p *Page) SetQuota(origin string, bytes float64) error {
	_, err := chromedp.Call(p.chromium(), storage.OverrideQuotaForOrigin, storage.OverrideQuotaForOriginParams{Origin: origin, QuotaSize: &bytes})
	return err
}

// InstallErrors says what keeps the page from being installed as an app.
func (p *Page) InstallErrors() ([]string, error) {
	found, err := chromedp.Call(p.chromium(), page.GetInstallabilityErrors, cdp.Empty{})
	var ids []string
	for _, e := range found.InstallabilityErrors {
		ids = append(ids, e.ErrorID)
	}
	return ids, err
}

// Processes are the operating system's numbers of the browser's processes of a kind: "renderer" runs pages and their workers, "GPU" the GPU.
func (p *Page) Processes(kind string) ([]int64, error) {
	found, err := chromedp.CallBrowser(p.chromium(), systeminfo.GetProcessInfo, cdp.Empty{})
	if err != nil {
		return nil, fmt.Errorf("driver: %w", err)
	}
	var ids []int64
	for _, process := range found.ProcessInfo {
		if process.Type == kind {
			ids = append(ids, process.ID)
		}
	}
	return ids, nil
}

// CrashGPU kills the browser's GPU process, which takes every device away.
func (p *Page) CrashGPU() error {
	_, err := chromedp.CallBrowser(p.chromium(), browser.CrashGPUProcess, cdp.Empty{})
	return err
}

// ClearStorage deletes all that the browser stores for an origin.
func (p *Page) ClearStorage(origin string) error {
	_, err := chromedp.Call(p.chromium(), storage.ClearDataForOrigin, storage.ClearDataForOriginParams{Origin: origin, StorageTypes: "all"})
	return err
}
