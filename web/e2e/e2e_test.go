//go:build e2e && !js

// Package e2e tests the page in Chromium, with the real engine on SwiftShader and the embedded model, and the main things in Firefox, on lavapipe.
// The tag keeps it out of plain go test ./...; make test runs it.
package e2e

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"reverie/app/protocol"
	"reverie/recipe"
	"reverie/tools/chromium"
	"reverie/tools/driver"
	"reverie/web/site"
	"reverie/web/wasm"
)

// programs are what the browser runs, as the source is now, so that no test runs an old one.
var programs = fstest.MapFS{}

func TestMain(m *testing.M) {
	if err := build(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	often.close()
	os.Exit(code)
}

func build() error {
	dir, err := os.MkdirTemp("", "reverie-e2e-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	built, err := wasm.Compile(context.Background(), dir)
	if err != nil {
		return err
	}
	for _, p := range wasm.Programs {
		data, err := fs.ReadFile(built, p.File)
		if err != nil {
			return err
		}
		programs[p.File] = &fstest.MapFile{Data: data}
	}
	return nil
}

// plain is the site of the programs and the embedded model. It is one for all tests, for it packs its files when they are first asked for.
func plain(t *testing.T) *site.Site {
	t.Helper()
	s, err := sitePlain()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var sitePlain = sync.OnceValues(func() (*site.Site, error) { return site.New(site.Config{Programs: programs}) })

// with returns the programs with another one in the place of file.
func with(file string, program []byte) fs.FS {
	changed := maps.Clone(programs)
	changed[file] = &fstest.MapFile{Data: program}
	return changed
}

// visit is a browser with the page open.
type visit struct {
	*testing.T
	*driver.Page
	url   string
	serve *http.Server
	heard int // complaints before this visit, in a page that others have used
}

// open serves the site and opens it under path, which may have a fragment. The scripts run before the page's own.
func open(t *testing.T, adapter chromium.Adapter, path string, scripts ...string) *visit {
	t.Helper()
	return openHandler(t, plain(t), adapter, path, scripts...)
}

func openHandler(t *testing.T, h http.Handler, adapter chromium.Adapter, path string, scripts ...string) *visit {
	t.Helper()
	return openIn(t, driver.Open, h, adapter, path, scripts...)
}

// openIn opens what h serves in a browser that start starts, for a person who does something there.
func openIn(t *testing.T, start func(context.Context, chromium.Adapter) (*driver.Page, error), h http.Handler, adapter chromium.Adapter, path string,
	scripts ...string) *visit {
	t.Helper()
	v := arriveIn(t, start, h, adapter, path, scripts...)
	v.stirs()
	return v
}

// stirs gives the page a sign of a person.
func (v *visit) stirs() {
	v.Helper()
	_, err := driver.Evaluate[bool](v.Page, `dispatchEvent(new Event("pointermove"))`)
	v.must(err)
}

// arriveIn is openIn for a person who only looks.
func arriveIn(t *testing.T, start func(context.Context, chromium.Adapter) (*driver.Page, error), h http.Handler, adapter chromium.Adapter, path string,
	scripts ...string) *visit {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: h}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	p, err := start(context.Background(), adapter)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	v := &visit{T: t, Page: p, url: "http://" + listener.Addr().String() + "/", serve: server}
	for _, script := range scripts {
		v.must(p.Script(script))
	}
	v.must(p.Navigate(v.url + path))
	return v
}

// target prints, at the end of a test that holds one of the page's fifteen targets, what was found and in brackets what is wanted: make targets lists them.
func target(t *testing.T, number int, found string, args ...any) {
	line := fmt.Sprintf("target %d: "+found, append([]any{number}, args...)...)
	t.Cleanup(func() {
		if t.Failed() {
			line += " MISSED"
		}
		t.Log(line)
	})
}

func (v *visit) must(err error) {
	v.Helper()
	if err != nil {
		v.Fatal(err)
	}
}

// until reads messages up to the first of type M.
func until[M protocol.Message](v *visit) M {
	v.Helper()
	return untilWithin[M](v, 4*time.Minute)
}

func untilWithin[M protocol.Message](v *visit, patience time.Duration) M {
	v.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		m, err := v.Next(ctx)
		if err != nil {
			v.Fatalf("waiting for %T: %v", *new(M), err)
		}
		switch m := m.(type) {
		case M:
			return m
		case protocol.Error, protocol.Exit, protocol.Lost:
			v.Fatalf("waiting for %T: got %T %+v", *new(M), m, m)
		}
	}
}

// ready waits for a worker that has a device, whatever happened to the one before.
func (v *visit) ready() {
	v.Helper()
	if _, err := v.FindEnabled("button", "Start"); err != nil {
		v.Fatal(err)
	}
	v.status("Ready")
}

func (v *visit) clean() {
	v.Helper()
	if complaints := v.Complaints()[v.heard:]; len(complaints) > 0 {
		v.Errorf("the console says:\n%s", strings.Join(complaints, "\n"))
	}
}

func (v *visit) status(want string) {
	v.Helper()
	var got string
	for range 100 {
		var err error
		got, err = v.Status()
		v.must(err)
		if strings.Contains(got, want) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	v.Errorf("the status is %q, want %q in it", got, want)
}

func (v *visit) value(role, name, want string) {
	v.Helper()
	var c driver.Control
	for range 100 {
		var err error
		c, err = v.Find(role, name)
		v.must(err)
		if c.Value == want {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	v.Errorf("%s is %q, want %q", name, c.Value, want)
}

// small fills the settings of a short run.
func (v *visit) small(steps string) {
	v.Helper()
	for name, value := range map[string]string{"Width": "64", "Height": "64", "Steps": steps, "Cutouts": "4"} {
		v.must(v.Fill("spinbutton", name, value))
	}
	v.must(v.Fill("textbox", "Seed", "7"))
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// pauseAt reads messages up to Paused, keeps the losses on the way, and returns the step of the pause.
func pauseAt(v *visit, losses *[]float64) int {
	v.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		m, err := v.Next(ctx)
		v.must(err)
		switch m := m.(type) {
		case protocol.Step:
			*losses = append(*losses, m.Loss)
		case protocol.Paused:
			return m.Step
		}
	}
}

func (v *visit) download() string {
	v.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	path, err := v.Download(ctx, "Download PNG")
	v.must(err)
	return path
}

func TestStopKeepsThePicture(t *testing.T) {
	v := revisit(t, "p=a%20blue%20heart&width=64&height=64&cutouts=2&steps=500")
	v.value("textbox", "Prompt", "a blue heart")
	v.value("spinbutton", "Steps", "500")
	v.must(v.Click("button", "Start"))
	until[protocol.Step](v)
	v.must(v.Click("button", "Stop"))
	stopped := until[protocol.Stopped](v)
	if stopped.Step >= 100 || stopped.Picture == nil {
		t.Errorf("stopped: %+v", stopped)
	}
	v.status("Stopped after step")
	if name := filepath.Base(v.download()); name != fmt.Sprintf("a-blue-heart_0_%d.png", stopped.Step) {
		t.Errorf("the file is called %q", name)
	}
	v.clean()
}

func TestDownloadModels(t *testing.T) {
	v := open(t, chromium.Software, "")
	v.must(v.Click("button", "Download models"))
	until[protocol.Loaded](v)
	v.status("The model is ready")
	if c, err := v.Find("button", "Download models"); err != nil || !c.Disabled {
		t.Errorf("the button is %+v, %v; want it disabled", c, err)
	}
	v.clean()
}

func TestBadInputGetsASentence(t *testing.T) {
	v := revisit(t, "v=2")
	v.must(v.Click("button", "Start"))
	v.status("Type what the picture should show")
	v.must(v.Fill("textbox", "Prompt", "a red apple"))
	for _, c := range []struct{ role, name, value, want string }{
		{"spinbutton", "Width", "0", "width"}, {"spinbutton", "Cutouts", "-3", "cutouts"}, {"spinbutton", "Steps", "", "Steps"}, {"textbox", "Seed", "-1", "Seed"},
	} {
		field, err := v.Find(c.role, c.name)
		v.must(err)
		v.must(v.Fill(c.role, c.name, c.value))
		v.must(v.Click("button", "Start"))
		v.status(c.want)
		v.invalid(c.name)
		v.must(v.Fill(c.role, c.name, field.Value))
		v.invalid("")
	}
	broken := filepath.Join(t.TempDir(), "broken.png")
	v.must(os.WriteFile(broken, []byte("\x89PNG\r\n\x1a\nnonsense"), 0o600))
	v.must(v.Choose("Open image", broken))
	v.status("damaged")
	v.value("textbox", "Prompt", "a red apple")
	target(t, 10, "a broken PNG gets a sentence and changes nothing")
	v.clean()
}

// invalid wants the field of that label, and no other, to be marked as wrong.
func (v *visit) invalid(label string) {
	v.Helper()
	v.waits(fmt.Sprintf(`[...document.querySelectorAll("[aria-invalid=true]")].map((e) => e.labels[0].textContent).join() === %q`, label))
}

func TestForeignPictureIsTheStart(t *testing.T) {
	v := revisit(t, "p=a%20green%20tree&width=64&height=64&cutouts=2&steps=1")
	path := filepath.Join(t.TempDir(), "photo.png")
	f, err := os.Create(path)
	v.must(err)
	img := image.NewRGBA(image.Rect(0, 0, 50, 30))
	for i := range 50 * 30 {
		img.Set(i%50, i/50, color.RGBA{200, 30, 30, 255})
	}
	v.must(png.Encode(f, img))
	v.must(f.Close())
	v.must(v.Choose("Open image", path))
	v.status("start picture")
	v.must(v.Click("button", "Start"))
	if s := until[protocol.Started](v); recipe.InitImage.In(s.Script.Recipe) != "photo.png" {
		t.Errorf("the run has the start picture %q", recipe.InitImage.In(s.Script.Recipe))
	}
	until[protocol.Done](v)
	red, err := driver.Evaluate[float64](v.Page, `(() => {
		const c = document.querySelector("canvas"), p = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
		let red = 0;
		for (let i = 0; i < p.length; i += 4) red += p[i] - p[i + 1];
		return red / (p.length / 4);
	})()`)
	v.must(err)
	if red < 60 {
		t.Errorf("the picture is not as red as its start: red - green = %.0f on average", red)
	}
	target(t, 10, "a foreign one is the start")
	v.clean()
}

func TestScreensThatSayWhyNothingRuns(t *testing.T) {
	target(t, 14, "screens for no WebGPU, no adapter and an address that is not secure (each says what to do)")
	for _, c := range []struct {
		name    string
		adapter chromium.Adapter
		script  string
		heading string
		retry   bool
	}{
		{"no WebGPU", chromium.Software, `delete Navigator.prototype.gpu`, "This browser has no WebGPU", false},
		{"no adapter", chromium.None, ``, "No GPU answers", true},
		{"no secure address", chromium.Software, `Object.defineProperty(window, "isSecureContext", {value: false})`, "This address is not secure", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := open(t, c.adapter, "", c.script)
			if _, err := v.Find("heading", c.heading); err != nil {
				t.Error(err)
			}
			v.status(c.heading)
			if start, err := v.Find("button", "Start"); err != nil || !start.Disabled {
				t.Errorf("Start is %+v, %v; want it disabled", start, err)
			}
			if _, err := v.Look("button", "Start the engine again"); (err == nil) != c.retry {
				t.Errorf("the button to try again: %v, want it: %t", err, c.retry)
			}
		})
	}
}

// A new version waits until the person asks for it, and the first visit is no update. The models that are kept stay.
func TestUpdateWaitsForConsent(t *testing.T) {
	newer := with("engine.wasm", append(slices.Clone(programs["engine.wasm"].Data), 0, 2, 1, 'x')) // with a custom section named x
	var sites [2]*site.Site
	for i, p := range []fs.FS{programs, newer} {
		var err error
		if sites[i], err = site.New(site.Config{Programs: p}); err != nil {
			t.Fatal(err)
		}
	}
	var version atomic.Int32
	h := &host{site: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { sites[version.Load()].ServeHTTP(w, r) })}
	v := openHandler(t, h, chromium.Software, "")
	v.keeps("mini", whole)
	h.requests()
	const offer = "Load the new version"
	running := func(want string) {
		t.Helper()
		v.ready()
		if got, err := driver.Evaluate[string](v.Page, `goappEnv.GOAPP_VERSION`); err != nil || got != want {
			t.Fatalf("the page is version %s (%v), want %s", got, err, want)
		}
	}
	for range 2 {
		running(sites[0].Build)
		_, err := driver.Evaluate[bool](v.Page, `navigator.serviceWorker.ready.then((r) => r.update()).then(() => true)`)
		v.must(err)
		if _, err := v.Look("button", offer); err == nil {
			t.Fatal("an update is offered that is none")
		}
		v.must(v.Navigate("about:blank"))
		v.must(v.Navigate(v.url))
	}
	version.Store(1)
	_, err := driver.Evaluate[bool](v.Page, `navigator.serviceWorker.ready.then((r) => r.update()).then(() => true)`)
	v.must(err)
	running(sites[0].Build)
	v.must(v.Click("button", offer))
	for range 200 {
		if got, err := driver.Evaluate[string](v.Page, `goappEnv.GOAPP_VERSION`); err == nil && got == sites[1].Build {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	running(sites[1].Build)
	v.again("")
	running(sites[1].Build)
	v.keeps("mini", whole)
	asks := h.requests()
	if len(asks) > 0 {
		t.Errorf("after the update %v was fetched again", asks)
	}
	target(t, 6, "an update waits for consent and fetches %d of a model's files again (0)", len(asks))
	v.clean()
}

func TestNarrowScreen(t *testing.T) {
	v := open(t, chromium.Software, "")
	until[protocol.Ready](v)
	var wide float64
	for _, height := range []int64{256, 640} { // 320×256 is a window of 1280×1024 at 400 %
		v.must(v.Resize(320, height))
		var err error
		wide, err = driver.Evaluate[float64](v.Page, `document.documentElement.scrollWidth`)
		v.must(err)
		if wide > 320 {
			t.Errorf("the page is %.0f pixels wide in a window of 320×%d", wide, height)
		}
	}
	// Terms stand in the line of a sentence, as links do, and a line has no room for more: each is in the glossary, too, and that has a button.
	small, err := driver.Evaluate[string](v.Page, `[...document.querySelectorAll("button:not(.term), input, select, textarea, summary")]
		.filter((e) => e.checkVisibility() && (e.getBoundingClientRect().height < 44 || e.getBoundingClientRect().width < 44))
		.map((e) => e.textContent || e.id).join(", ")`)
	v.must(err)
	if small != "" {
		t.Errorf("smaller than 44 pixels: %s", small)
	}
	target(t, 12, "%.0f px wide at 320 px and at 400 %% (<= 320), every control at least 44 px (>= 44)", wide)
}
