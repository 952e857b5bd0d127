//go:build !js

package driver

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"reverie/tools/chromium"
	"reverie/tools/firefox"
)

// firefoxTab is a tab of Firefox, over WebDriver BiDi.
type firefoxTab struct {
	page    *Page
	process *exec.Cmd
	bidi    *bidi
	context string // the browser's name for the tab
	waited  chan struct{}
}

// OpenFirefox starts a Firefox that shows nothing yet. Close it to end it.
func OpenFirefox(ctx context.Context, adapter chromium.Adapter) (*Page, error) {
	path, err := firefox.Find()
	if err != nil {
		return nil, err
	}
	variables, err := firefox.Environment(adapter)
	if err != nil {
		return nil, err
	}
	p, err := newPage()
	if err != nil {
		return nil, err
	}
	t := &firefoxTab{page: p, waited: make(chan struct{})}
	if err := t.start(ctx, path, variables); err != nil {
		t.close()
		p.Close()
		return nil, fmt.Errorf("driver: the browser %s does not start: %w", path, err)
	}
	p.tab = t
	return p, nil
}

func (t *firefoxTab) start(ctx context.Context, path string, variables []string) error {
	profile := filepath.Join(t.page.scratch, "profile")
	if err := os.Mkdir(profile, 0o700); err != nil {
		return err
	}
	preferences := maps.Clone(firefox.Preferences)
	preferences["browser.download.folderList"] = 2 // the folder that the next line names
	preferences["browser.download.dir"] = t.page.Downloads
	if err := firefox.WriteProfile(profile, preferences); err != nil {
		return err
	}
	t.process = exec.CommandContext(ctx, path, append(firefox.Arguments(profile), "--remote-debugging-port=0")...)
	t.process.Env = append(os.Environ(), variables...)
	if err := t.process.Start(); err != nil {
		t.process = nil
		return err
	}
	go func() {
		t.process.Wait()
		close(t.waited)
	}()
	address, err := t.address(filepath.Join(profile, "WebDriverBiDiServer.json"))
	if err != nil {
		return err
	}
	if t.bidi, err = dialBidi(address, t.event); err != nil {
		return err
	}
	return t.prepare()
}

// address waits for the file in which the browser says where it listens.
func (t *firefoxTab) address(file string) (string, error) {
	deadline := time.After(time.Minute)
	for {
		var at struct {
			Host string `json:"ws_host"`
			Port int    `json:"ws_port"`
		}
		if text, err := os.ReadFile(file); err == nil && json.Unmarshal(text, &at) == nil {
			return fmt.Sprintf("ws://%s:%d/session", at.Host, at.Port), nil
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-t.waited:
			return "", errors.New("it ended at once")
		case <-deadline:
			return "", errors.New("it does not say where it listens")
		}
	}
}

func (t *firefoxTab) prepare() error {
	if err := t.bidi.send("session.new", map[string]any{"capabilities": map[string]any{}}, nil); err != nil {
		return err
	}
	var tree struct{ Contexts []struct{ Context string } }
	if err := t.bidi.send("browsingContext.getTree", map[string]any{}, &tree); err != nil {
		return err
	}
	if len(tree.Contexts) == 0 {
		return errors.New("it has no tab")
	}
	t.context = tree.Contexts[0].Context
	if err := t.bidi.send("session.subscribe", map[string]any{"events": []string{"script.message", "log.entryAdded"}}, nil); err != nil {
		return err
	}
	return t.bidi.send("script.addPreloadScript", map[string]any{
		"functionDeclaration": `(hear) => addEventListener("reverie", (event) => hear(event.detail))`,
		"arguments":           []any{map[string]any{"type": "channel", "value": map[string]any{"channel": "reverie"}}},
	}, nil)
}

// event takes what the page says: the worker's messages, and complaints in the console.
func (t *firefoxTab) event(method string, params json.RawMessage) {
	var e struct {
		Data  struct{ Value json.RawMessage } // of script.message
		Level string                          // of log.entryAdded, as the next
		Text  string
	}
	if json.Unmarshal(params, &e) != nil {
		return
	}
	var message string
	switch {
	case method == "script.message" && json.Unmarshal(e.Data.Value, &message) == nil:
		t.page.hear(message)
	case method == "log.entryAdded" && (e.Level == "error" || e.Level == "warn"):
		t.page.complain(e.Text)
	}
}

func (t *firefoxTab) close() {
	if t.process == nil {
		return
	}
	if t.bidi != nil {
		t.bidi.send("browser.close", map[string]any{}, nil)
	}
	select {
	case <-t.waited:
	case <-time.After(patience):
		t.process.Process.Kill()
		<-t.waited
	}
}

func (t *firefoxTab) ended() <-chan struct{} { return t.bidi.over }

func (t *firefoxTab) script(source string) error {
	return t.bidi.send("script.addPreloadScript", map[string]any{"functionDeclaration": "() => {" + source + "\n}"}, nil)
}

func (t *firefoxTab) navigate(url string) error {
	return t.bidi.send("browsingContext.navigate", map[string]any{"context": t.context, "url": url, "wait": "complete"}, nil)
}

// value is a value of JavaScript as the protocol has it. Those here are texts and an element.
type value struct {
	Type     string          `json:"type"`
	Value    json.RawMessage `json:"value,omitempty"`
	SharedID string          `json:"sharedId,omitempty"`
}

// run calls a function in the page, as a person's gesture, and gives what it, or the promise that it returns, comes to.
func (t *firefoxTab) run(function string, this *value, arguments ...string) (value, error) {
	params := map[string]any{
		"functionDeclaration": function, "awaitPromise": true, "userActivation": true, "target": map[string]any{"context": t.context},
	}
	if this != nil {
		params["this"] = this
	}
	list := []any{}
	for _, a := range arguments {
		list = append(list, map[string]any{"type": "string", "value": a})
	}
	params["arguments"] = list
	var answer struct {
		Type             string
		Result           value
		ExceptionDetails struct{ Text string }
	}
	if err := t.bidi.send("script.callFunction", params, &answer); err != nil {
		return value{}, err
	}
	if answer.Type == "exception" {
		return value{}, fmt.Errorf("driver: the page throws: %s", answer.ExceptionDetails.Text)
	}
	return answer.Result, nil
}

// elements are the selectors of a role's elements, besides those that say their role. The driver finds controls itself, by what they are called
// in the simple ways in which Reverie's page calls them. Firefox's own search (locateNodes by accessibility) forces two refreshes of the page for
// every element that is not shown: in Firefox 153, with 397 of them, it held the page up for a second, and for 15 while a run went on, which was
// over before its Pause was found.
var elements = map[string]string{
	"button":     "button, summary, input[type=button], input[type=file]",
	"checkbox":   "input[type=checkbox]",
	"combobox":   "select",
	"heading":    "h1, h2, h3, h4",
	"image":      "img",
	"slider":     "input[type=range]",
	"spinbutton": "input[type=number]",
	"textbox":    "textarea, input[type=text], input:not([type])",
}

const lookUp = `(selector, name) => {
	const called = (e) => e.getAttribute("aria-label")
		?? e.getAttribute("aria-labelledby")?.split(" ").map((id) => document.getElementById(id)?.textContent).join(" ")
		?? (e.labels?.length ? [...e.labels].map((l) => l.textContent).join(" ") : e.alt ?? e.textContent);
	for (const e of document.querySelectorAll(selector)) {
		const its = called(e).replace(/\s+/g, " ").trim();
		if (its !== name && !(name.endsWith("…") && its.startsWith(name.slice(0, -1)))) continue;
		if (e.checkVisibility({ visibilityProperty: true }) && !e.closest("[aria-hidden=true]")) {
			return [e, its, String(e.value ?? ""), String(e.disabled || e.ariaDisabled === "true")];
		}
	}
	return null;
}`

func (t *firefoxTab) look(role, name string) (Control, error) {
	selector := fmt.Sprintf("[role=%s]", role)
	if role == "image" {
		selector += ", [role=img]"
	}
	if more := elements[role]; more != "" {
		selector += ", :is(" + more + "):not([role])"
	}
	found, err := t.run(lookUp, nil, selector, name)
	if err != nil {
		return Control{}, err
	}
	var parts []value
	if found.Type != "array" || json.Unmarshal(found.Value, &parts) != nil {
		return Control{}, absent(role, name)
	}
	text := func(v value) (s string) {
		json.Unmarshal(v.Value, &s)
		return s
	}
	return Control{Role: role, Name: text(parts[1]), Value: text(parts[2]), Disabled: text(parts[3]) == "true", node: parts[0].SharedID}, nil
}

func (t *firefoxTab) call(c Control, function string) error {
	if _, err := t.run(function, &value{SharedID: c.node.(string)}); err != nil {
		return fmt.Errorf("driver: %s “%s”: %w", c.Role, c.Name, err)
	}
	return nil
}

func (t *firefoxTab) evaluate(expression string) ([]byte, error) {
	v, err := t.run("async () => JSON.stringify(await ("+strings.TrimSuffix(strings.TrimSpace(expression), ";")+"))", nil)
	if err != nil || v.Type != "string" {
		return nil, err
	}
	var text string
	if err := json.Unmarshal(v.Value, &text); err != nil {
		return nil, fmt.Errorf("driver: %w", err)
	}
	return []byte(text), nil
}

func (t *firefoxTab) insert(text string) error {
	_, err := t.run(`(text) => { document.execCommand(text ? "insertText" : "delete", false, text); }`, nil, text)
	return err
}

func (t *firefoxTab) upload(c Control, path string) error {
	return t.bidi.send("input.setFiles", map[string]any{
		"context": t.context, "element": map[string]any{"sharedId": c.node}, "files": []string{path},
	}, nil)
}

func (t *firefoxTab) resize(width, height int64) error {
	return t.bidi.send("browsingContext.setViewport", map[string]any{
		"context": t.context, "viewport": map[string]any{"width": width, "height": height},
	}, nil)
}

func (t *firefoxTab) screenshot() ([]byte, error) {
	var shot struct{ Data string }
	if err := t.bidi.send("browsingContext.captureScreenshot", map[string]any{"context": t.context}, &shot); err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(shot.Data)
}
