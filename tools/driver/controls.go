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

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/cdproto/systeminfo"
	"github.com/chromedp/chromedp"
)

// Script makes JavaScript run before every page that is opened from now on.
func (p *Page) Script(source string) error {
	_, err := chromedp.Call(p.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: source})
	return err
}

// Navigate opens a URL.
func (p *Page) Navigate(url string) error { return chromedp.Do(p.ctx, chromedp.Navigate(url)) }

// Control is an element by its role and accessible name.
type Control struct {
	Role, Name string
	Value      string // what is typed or chosen in it
	Disabled   bool
	node       cdp.BackendNodeID
}

// patience is how long Find waits for a control. A page that is not interactive yet counts as one without controls.
const patience = 30 * time.Second

// foldedFor is how long Find waits before it looks in what is folded away.
const foldedFor = 300 * time.Millisecond

// unfold presses the buttons that show what is folded away, but those of menus.
const unfold = `document.querySelectorAll("button[aria-expanded=false]:not([aria-haspopup]):not([disabled])").forEach((b) => b.click())`

// Find waits for the control of that role whose accessible name is name, or begins with what stands before a final "…". It unfolds what is folded away for it.
func (p *Page) Find(role, name string) (Control, error) {
	begin, folded := time.Now(), true
	deadline := begin.Add(patience)
	for {
		c, err := p.Look(role, name)
		if err != nil && folded && time.Since(begin) > foldedFor {
			folded = false
			Evaluate[any](p, unfold) // a page that is not there yet has nothing folded
		}
		if err == nil || time.Now().After(deadline) || p.ctx.Err() != nil {
			return c, err
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// Look is Find without waiting.
func (p *Page) Look(role, name string) (Control, error) {
	document, err := chromedp.Call(p.ctx, dom.GetDocument, dom.GetDocumentParams{})
	if err != nil {
		return Control{}, fmt.Errorf("driver: %w", err)
	}
	found, err := chromedp.Call(p.ctx, accessibility.QueryAXTree,
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
	return Control{}, fmt.Errorf("driver: the page has no %s “%s”", role, name)
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
	_, err = p.call(c, "function () { this.click() }")
	return err
}

// Fill replaces what is typed in a control.
func (p *Page) Fill(role, name, value string) error {
	c, err := p.FindEnabled(role, name)
	if err != nil {
		return err
	}
	if _, err := p.call(c, "function () { this.focus(); this.select() }"); err != nil {
		return err
	}
	_, err = chromedp.Call(p.ctx, input.InsertText, input.InsertTextParams{Text: value})
	return err
}

// Choose gives a file to a file input.
func (p *Page) Choose(name, path string) error {
	c, err := p.FindEnabled("button", name)
	if err != nil {
		return err
	}
	_, err = chromedp.Call(p.ctx, dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: []string{path}, BackendNodeID: c.node})
	return err
}

func (p *Page) call(c Control, function string) (string, error) {
	object, err := chromedp.Call(p.ctx, dom.ResolveNode, dom.ResolveNodeParams{BackendNodeID: c.node})
	if err != nil {
		return "", fmt.Errorf("driver: %s “%s”: %w", c.Role, c.Name, err)
	}
	yes := true
	result, err := chromedp.Call(p.ctx, runtime.CallFunctionOn, runtime.CallFunctionOnParams{
		FunctionDeclaration: function, ObjectID: object.Object.ObjectID, UserGesture: &yes, ReturnByValue: &yes,
	})
	if err != nil {
		return "", fmt.Errorf("driver: %s “%s”: %w", c.Role, c.Name, err)
	}
	if result.ExceptionDetails != nil {
		return "", fmt.Errorf("driver: %s “%s”: %s", c.Role, c.Name, result.ExceptionDetails.Text)
	}
	return string(result.Result.Value), nil
}

// Status is what the page says in its status line.
func (p *Page) Status() (string, error) {
	return Evaluate[string](p, `document.querySelector("[role=status]").textContent`)
}

// Evaluate runs JavaScript in the page.
func Evaluate[T any](p *Page, expression string) (T, error) {
	return chromedp.Run(p.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// saved are the endings of what the page saves; a download that is under way has another.
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
			if !before[path] && slices.Contains(saved, filepath.Ext(path)) {
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

// Drag moves the mouse through points of the window, x and y of each, with its button down.
func (p *Page) Drag(points ...float64) error {
	send := func(kind input.DispatchMouseEventType, i int, buttons int64) error {
		_, err := chromedp.Call(p.ctx, input.DispatchMouseEvent, input.DispatchMouseEventParams{
			Type: kind, X: points[i], Y: points[i+1], Button: input.MouseButtonLeft, Buttons: buttons, ClickCount: 1,
		})
		return err
	}
	err := send(input.DispatchMouseEventTypeMousePressed, 0, 1)
	for i := 2; i+1 < len(points) && err == nil; i += 2 {
		err = send(input.DispatchMouseEventTypeMouseMoved, i, 1)
	}
	if err == nil {
		err = send(input.DispatchMouseEventTypeMouseReleased, len(points)-2, 0)
	}
	if err != nil {
		return fmt.Errorf("driver: %w", err)
	}
	return nil
}

// Resize gives the page a window of that many pixels.
func (p *Page) Resize(width, height int64) error {
	return chromedp.Do(p.ctx, chromedp.EmulateViewport(width, height))
}

// Colours makes the person's preference "light" or "dark".
func (p *Page) Colours(scheme string) error {
	preference := &emulation.MediaFeature{Name: "prefers-color-scheme", Value: scheme}
	_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{preference}})
	return err
}

// Screenshot is a PNG of what the window shows.
func (p *Page) Screenshot() ([]byte, error) { return chromedp.Run(p.ctx, chromedp.CaptureScreenshot()) }

// SetQuota limits what the browser stores for an origin, in bytes.
func (p *Page) SetQuota(origin string, bytes float64) error {
	_, err := chromedp.Call(p.ctx, storage.OverrideQuotaForOrigin, storage.OverrideQuotaForOriginParams{Origin: origin, QuotaSize: &bytes})
	return err
}

// InstallErrors says what keeps the page from being installed as an app.
func (p *Page) InstallErrors() ([]string, error) {
	found, err := chromedp.Call(p.ctx, page.GetInstallabilityErrors, cdp.Empty{})
	var ids []string
	for _, e := range found.InstallabilityErrors {
		ids = append(ids, e.ErrorID)
	}
	return ids, err
}

// Processes are the operating system's numbers of the browser's processes of a kind: "renderer" runs pages and their workers, "GPU" the GPU.
func (p *Page) Processes(kind string) ([]int64, error) {
	found, err := chromedp.CallBrowser(p.ctx, systeminfo.GetProcessInfo, cdp.Empty{})
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
	_, err := chromedp.CallBrowser(p.ctx, browser.CrashGPUProcess, cdp.Empty{})
	return err
}

// ClearStorage deletes all that the browser stores for an origin.
func (p *Page) ClearStorage(origin string) error {
	_, err := chromedp.Call(p.ctx, storage.ClearDataForOrigin, storage.ClearDataForOriginParams{Origin: origin, StorageTypes: "all"})
	return err
}

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
