//go:build e2e && !js

package e2e

import (
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"reverie/app/protocol"
	"reverie/tools/chromium"
	"reverie/tools/driver"
	"reverie/web"
)

// saboteur is what a worker imports beside web/gpu.js, so that the page can make it fail in a way that is asked for.
const saboteur = `
new BroadcastChannel("fault").onmessage = (event) => ({
  silent() { for (;;); },
  panic() { reverieGPU.run = () => { throw new Error("on purpose"); }; },
  hang() { GPUBuffer.prototype.mapAsync = () => new Promise(() => {}); },
  forward() { jump(3600e3); },
  back() { jump(-3600e3); },
  // All the memory that WebAssembly can have is taken, so that the program gets no more for what comes next: a message of 64 MB.
  starve() {
    const { mem } = go._inst.exports;
    mem.grow(65536 - mem.buffer.byteLength / 65536);
    go.mem = new DataView(mem.buffer);
    onmessage({ data: { text: " ".repeat(64e6) } });
  },
})[event.data]();
` + clocks

// clocks lets the clocks jump: the one that a person sets, and forward the one that goes on while a computer sleeps.
const clocks = `
globalThis.jump = (by) => {
  const now = Date.now.bind(Date), date = Date, since = performance.now.bind(performance);
  globalThis.Date = class extends date { constructor(...args) { args.length ? super(...args) : super(now() + by); } };
  Date.now = () => now() + by;
  if (by > 0) performance.now = () => since() + by;
};
`

// faulty is a visit to a site whose shards misbehave when they are asked to, and whose workers can be sabotaged.
type faulty struct {
	*visit
	shard   atomic.Pointer[http.HandlerFunc] // answers for each, or nil
	running bool                             // a run is under way
}

// settings are those of a run that is not over soon.
const settings = "?tune=off#p=a%20red%20apple&width=64&height=64&cutouts=2&steps=2000&seed=7&v=2"

// openFaulty opens a site of its own, at an origin of its own, in a browser that others use before and after it.
func openFaulty(t *testing.T, p *driver.Page) *faulty {
	t.Helper()
	s := plain(t)
	glue, err := fs.ReadFile(web.Assets, "gpu.js")
	if err != nil {
		t.Fatal(err)
	}
	f := &faulty{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { f.answer(w, r, s, glue) }))
	f.visit = &visit{T: t, Page: p, url: server.URL + "/"}
	t.Cleanup(func() {
		p.Navigate("about:blank") // which ends what still asks the server
		server.CloseClientConnections()
		server.Close()
	})
	f.again(settings)
	f.ready()
	return f
}

// origin is that of the site.
func (f *faulty) origin() string { return strings.TrimSuffix(f.url, "/") }

func (f *faulty) answer(w http.ResponseWriter, r *http.Request, site http.Handler, glue []byte) {
	name := path.Base(r.URL.Path)
	switch shard := f.shard.Load(); {
	case name == "gpu.js":
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprintf(w, "%s%s", glue, saboteur)
	case strings.Contains(r.URL.Path, "/weights/") && len(name) == 64:
		if shard != nil {
			(*shard)(w, r)
			return
		}
		site.ServeHTTP(w, r)
	default:
		site.ServeHTTP(w, r)
	}
}

// sabotage makes the worker fail.
func (f *faulty) sabotage(how string) {
	f.Helper()
	_, err := driver.Evaluate[bool](f.Page, fmt.Sprintf(`new BroadcastChannel("fault").postMessage(%q), true`, how))
	f.must(err)
}

// saved waits until the browser keeps the run, which begins unless it is under way, after the step that is returned.
func (f *faulty) saved() int {
	f.Helper()
	if !f.running {
		f.must(f.Click("button", "Start"))
		f.running = true
	}
	f.forget()
	until[protocol.Step](f.visit)
	f.hide("hidden")
	step := until[protocol.Saved](f.visit).Step
	f.hide("visible")
	f.kept(step)
	return step
}

// has wants what a person had: the prompt, the numbers, and a picture in the frame.
func (f *faulty) has() {
	f.Helper()
	f.value("textbox", "Prompt", "a red apple")
	f.value("textbox", "Seed", "7")
	f.waits(`(() => {
		const c = document.getElementById("preview"), p = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
		return c.width === 64 && p.some((v, i) => v !== p[i % 4]);
	})()`)
}

// told waits until the page says something with want in it, and returns that.
func (f *faulty) told(want string, within time.Duration) string {
	f.Helper()
	var said string
	for begin := time.Now(); time.Since(begin) < within; time.Sleep(50 * time.Millisecond) {
		var err error
		said, err = f.Status()
		f.must(err)
		if strings.Contains(said, want) {
			return said
		}
	}
	f.Fatalf("the page says %q within %v, want %q in it", said, within, want)
	return ""
}

// resumes takes the run up and wants it to go on.
func (f *faulty) resumes(step int) {
	f.Helper()
	f.forget()
	f.must(f.Click("button", fmt.Sprintf("Resume from step %d", step)))
	f.told("Optimising from step", time.Minute)
	if started := until[protocol.Started](f.visit); started.Step != step {
		f.Errorf("it goes on from step %d, want %d", started.Step, step)
	}
	if next := until[protocol.Step](f.visit); next.Step != step+1 {
		f.Errorf("step %d comes after step %d", next.Step, step)
	}
}

// restarts presses the button of the screen that tells of the fault.
func (f *faulty) restarts() {
	f.Helper()
	f.must(f.Click("button", "Start the engine again"))
	if _, err := f.FindEnabled("button", "Start"); err != nil {
		said, _ := f.Status()
		f.Fatalf("%v: the page says %q", err, said)
	}
}

// fault is one that is injected. Inject returns what the page says of it, and how what the person wanted came about nevertheless.
type fault struct {
	name   string
	inject func(f *faulty) (said, retry string)
}

// arriving are faults of a first visit, which has nothing of the model yet.
var arriving = []fault{
	{"a shard hangs", func(f *faulty) (string, string) {
		hang := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		f.shard.Store(&hang)
		f.must(f.Click("button", "Start"))
		said := f.told("The server sends nothing at the moment", 30*time.Second)
		f.value("textbox", "Prompt", "a red apple")
		f.shard.Store(nil) // the connections that hang are given up and made anew
		until[protocol.Loaded](f.visit)
		return said, "went on by itself"
	}},
	{"503 with Retry-After", func(f *faulty) (string, string) {
		after := "3600"
		busy := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", after)
			http.Error(w, "busy", http.StatusServiceUnavailable)
		})
		f.shard.Store(&busy)
		f.must(f.Click("button", "Download models"))
		said := f.told("is busy: try again in 60 minutes", 30*time.Second)
		f.value("textbox", "Prompt", "a red apple")
		var firsts atomic.Int32
		soon := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if firsts.Add(1) == 4 { // each of those that come at a time was put off once
				f.shard.Store(nil)
			}
			after = "2"
			busy(w, r)
		})
		f.shard.Store(&soon)
		f.forget()
		begin := time.Now()
		f.must(f.Click("button", "Download models"))
		until[protocol.Loaded](f.visit)
		if took := time.Since(begin); took < 2*time.Second {
			f.Errorf("the server asked for 2 s, and the model was there after %v", took)
		}
		return said, "waited for what the server asked, and loaded"
	}},
	{"an HTML page with 200 for a shard", func(f *faulty) (string, string) {
		page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprint(w, "<!doctype html><title>Not found</title>")
		})
		f.shard.Store(&page)
		f.must(f.Click("button", "Start"))
		said := f.told("This site's copy of the model is damaged", 30*time.Second)
		if strings.Contains(said, "upload") || strings.Contains(said, "convert") {
			f.Errorf("the person is told what the host should do: %q", said)
		}
		f.value("textbox", "Prompt", "a red apple")
		f.shard.Store(nil)
		f.forget()
		f.must(f.Click("button", "Start"))
		until[protocol.Loaded](f.visit)
		return said, "loaded"
	}},
	{"the disk is full while a model comes", func(f *faulty) (string, string) {
		f.must(f.SetQuota(f.origin(), 1))
		f.must(f.Click("button", "Download models"))
		said := f.told("room", 30*time.Second)
		f.value("textbox", "Prompt", "a red apple")
		f.must(f.SetQuota(f.origin(), enough))
		f.forget()
		f.must(f.Click("button", "Download models"))
		f.keeps("mini", whole)
		until[protocol.Loaded](f.visit)
		return said, "downloaded, and kept the model"
	}},
}

// enough is room for everything, in bytes.
const enough = 1 << 30

// running are faults of a run. Each takes it over from the one before, since a run takes longer to begin than most faults to inject, and leaves it
// to the next. The last one is hard on the browser.
var running = []fault{
	{"the page is out of sight for longer than a worker may be silent", func(f *faulty) (string, string) {
		f.saved()
		f.hide("hidden")
		time.Sleep(6 * time.Second)
		f.hide("visible")
		f.forget()
		until[protocol.Step](f.visit)
		f.has()
		return f.quiet(), "went on by itself"
	}},
	{"the clock jumps by an hour, forward and back", func(f *faulty) (string, string) {
		for _, by := range []struct {
			way          string
			milliseconds int
		}{{"forward", 3600e3}, {"back", -3600e3}} {
			f.sabotage(by.way)
			_, err := driver.Evaluate[bool](f.Page, fmt.Sprintf(`jump(%d), true`, by.milliseconds))
			f.must(err)
			time.Sleep(2 * time.Second)
			f.forget()
			until[protocol.Step](f.visit)
		}
		said := f.quiet()
		f.pauses()
		f.has()
		f.goesOn()
		return said, "went on by itself"
	}},
	{"the disk is full while a run is kept", func(f *faulty) (string, string) {
		f.must(f.SetQuota(f.origin(), 1))
		f.pauses()
		const said = "The browser keeps nothing of this run, so closing the page loses it: download its picture in time."
		f.waits(fmt.Sprintf(`document.body.textContent.includes(%q)`, said))
		f.has()
		f.must(f.SetQuota(f.origin(), enough))
		f.goesOn()
		f.kept(f.pauses())
		f.goesOn()
		return said, "kept the run"
	}},
	{"the site's storage is deleted", func(f *faulty) (string, string) {
		f.saved()
		f.must(f.ClearStorage(f.origin()))
		f.forget()
		until[protocol.Step](f.visit)
		step := f.pauses()
		f.has()
		f.kept(step)
		said := f.quiet()
		f.again("?tune=off")
		f.stirs() // for nothing says any more that this is no first visit
		f.ready()
		f.has()
		f.resumes(step)
		f.waits(`(async () => {
			for await (const folder of (await navigator.storage.getDirectory()).values())
				for await (const file of folder.values()) if (/^[0-9a-f]{64}$/.test(file.name)) return true;
			return false;
		})()`)
		return said, "kept the run anew, resumed it after the page was loaded anew, and keeps the model again"
	}},
	{"the worker's program panics", func(f *faulty) (string, string) {
		step := f.saved()
		f.sabotage("panic")
		said := f.told("The engine crashed", 30*time.Second)
		f.has()
		f.restarts()
		f.resumes(step)
		return said, "resumed"
	}},
	{"the worker runs out of memory", func(f *faulty) (string, string) {
		step := f.saved()
		f.sabotage("starve")
		said := f.told("The engine ran out of memory", 30*time.Second)
		f.has()
		f.restarts()
		f.resumes(step)
		return said, "resumed"
	}},
	{"the worker falls silent", func(f *faulty) (string, string) {
		step := f.saved()
		f.sabotage("silent")
		said := f.told("fell silent and was started again", 20*time.Second)
		f.has()
		f.resumes(step)
		return said, "resumed"
	}},
	{"the GPU never ends a step, and Stop is pressed", func(f *faulty) (string, string) {
		step := f.saved()
		f.sabotage("hang")
		time.Sleep(time.Second)
		f.must(f.Click("button", "Stop"))
		said := f.told("did not stop and was started again", time.Minute)
		f.has()
		f.resumes(step)
		return said, "resumed"
	}},
	{"the GPU is lost twice in a row", func(f *faulty) (string, string) {
		step := f.saved()
		f.must(f.CrashGPU())
		once := f.told("The GPU was reset", 30*time.Second)
		f.has()
		f.restarts()
		f.must(f.CrashGPU())
		f.told("The GPU was reset", 30*time.Second)
		f.must(f.Click("button", "Start the engine again"))
		twice := f.told("No GPU answers", 30*time.Second) // Chromium gives this page none any more
		f.waits(`document.body.textContent.includes("load the page anew with the browser's own button")`)
		f.has()
		f.again("?tune=off")
		f.ready()
		f.has()
		f.resumes(step)
		return once + " " + twice, "resumed after the page was loaded anew"
	}},
}

// Each fault is injected in a real browser; what the person had is there afterwards, the page has said what happened, and the retry works. The
// lines that this prints are what `make faults` shows.
func TestFaults(t *testing.T) {
	t.Parallel() // beside TestProgramSizes, for it often waits
	p, err := driver.Open(t.Context(), chromium.Software)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	const asIfMetered = `Object.defineProperty(navigator, "connection", {value: {saveData: true}})` // nothing is fetched unasked
	for _, script := range []string{asIfMetered, clocks} {
		if err := p.Script(script); err != nil {
			t.Fatal(err)
		}
	}
	inject := func(t *testing.T, f *faulty, one fault) {
		said, retry := one.inject(f)
		if !t.Failed() {
			fmt.Printf("fault: %s: what the person had is there; the page said %q; %s\n", one.name, said, retry)
		}
	}
	for _, one := range arriving {
		t.Run(one.name, func(t *testing.T) { inject(t, openFaulty(t, p), one) })
	}
	var f *faulty
	for _, one := range running {
		done := t.Run(one.name, func(sub *testing.T) {
			if f == nil {
				f = openFaulty(t, p)
			}
			f.T = sub
			inject(sub, f, one)
		})
		if !done {
			f = nil // what it left is nothing for the others
		}
	}
}

// pauses pauses the run and returns the step after which it waits.
func (f *faulty) pauses() int {
	f.Helper()
	f.must(f.Click("button", "Pause"))
	f.forget()
	return until[protocol.Paused](f.visit).Step
}

// goesOn wants the paused run to go on.
func (f *faulty) goesOn() {
	f.Helper()
	f.forget()
	f.must(f.Click("button", "Resume"))
	until[protocol.Step](f.visit)
}

// quiet wants that the page has not complained, and returns what it says.
func (f *faulty) quiet() string {
	f.Helper()
	said, err := f.Status()
	f.must(err)
	for _, bad := range []string{"silent", "crashed", "reset"} {
		if strings.Contains(said, bad) {
			f.Errorf("the page says %q", said)
		}
	}
	return said
}
