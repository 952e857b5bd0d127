//go:build e2e && !js

package e2e

import (
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"reverie/app/protocol"
	"reverie/tools/chromium"
	"reverie/tools/driver"
	"reverie/web"
	"reverie/web/site"
)

// saboteur is what a worker imports beside web/gpu.js, so that the page can make it fail in a way that is asked for.
const saboteur = `
new BroadcastChannel("fault").onmessage = (event) => ({
  silent() { for (;;); },
  panic() { reverieGPU.run = () => { throw new Error("on purpose"); }; },
  hang() { GPUBuffer.prototype.mapAsync = () => new Promise(() => {}); },
  forward() { jump(3600e3); },
  back() { jump(-3600e3); },
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
	shard atomic.Pointer[http.HandlerFunc] // answers for each, or nil
	asked atomic.Int32                     // how often a shard was
}

// short is a run that is over soon, and long one that is not.
const (
	short = "?tune=off#p=a%20red%20apple&width=64&height=64&cutouts=2&steps=6&seed=7&v=2"
	long  = "?tune=off#p=a%20red%20apple&width=64&height=64&cutouts=2&steps=500&seed=7&v=2"
)

func openFaulty(t *testing.T, path string) *faulty {
	t.Helper()
	s, err := site.New(site.Config{Programs: programs})
	if err != nil {
		t.Fatal(err)
	}
	glue, err := fs.ReadFile(web.Assets, "gpu.js")
	if err != nil {
		t.Fatal(err)
	}
	f := &faulty{}
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { f.answer(w, r, s, glue) })
	const asIfMetered = `Object.defineProperty(navigator, "connection", {value: {saveData: true}})` // nothing is fetched unasked
	f.visit = openHandler(t, h, chromium.Software, path, asIfMetered, clocks)
	f.ready()
	return f
}

func (f *faulty) answer(w http.ResponseWriter, r *http.Request, site http.Handler, glue []byte) {
	name := path.Base(r.URL.Path)
	switch shard := f.shard.Load(); {
	case name == "gpu.js":
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprintf(w, "%s%s", glue, saboteur)
	case strings.Contains(r.URL.Path, "/weights/") && len(name) == 64:
		f.asked.Add(1)
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

// saved begins a run, and waits until the browser keeps it after the step that is returned.
func (f *faulty) saved() int {
	f.Helper()
	f.must(f.Click("button", "Start"))
	for range 3 {
		until[protocol.Step](f.visit)
	}
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

// says waits until the page speaks, and returns what it says.
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

// Each fault is injected in a real browser; what the person had is there afterwards, the page has said what happened, and the retry works. The
// lines that this prints are what `make faults` shows.
func TestFaults(t *testing.T) {
	for _, c := range []struct {
		name  string
		path  string
		fault func(f *faulty) (said, retry string)
	}{
		{"the worker's program panics", long, func(f *faulty) (string, string) {
			step := f.saved()
			f.sabotage("panic")
			said := f.told("The engine crashed", 30*time.Second)
			f.has()
			f.restarts()
			f.forget()
			f.resumes(step)
			return said, "resumed"
		}},
		{"the worker falls silent", long, func(f *faulty) (string, string) {
			step := f.saved()
			f.sabotage("silent")
			begin := time.Now()
			said := f.told("fell silent and was started again", 20*time.Second)
			f.T.Logf("noticed after %v", time.Since(begin))
			f.has()
			f.forget()
			f.resumes(step)
			return said, "resumed"
		}},
		{"the GPU never ends a step, and Stop is pressed", long, func(f *faulty) (string, string) {
			step := f.saved()
			f.sabotage("hang")
			time.Sleep(time.Second)
			f.must(f.Click("button", "Stop"))
			said := f.told("did not stop and was started again", 40*time.Second)
			f.has()
			f.forget()
			f.resumes(step)
			return said, "resumed"
		}},
		{"a shard hangs", short, func(f *faulty) (string, string) {
			hang := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
			f.shard.Store(&hang)
			f.must(f.Click("button", "Start"))
			said := f.told("The server sends nothing at the moment", 30*time.Second)
			f.value("textbox", "Prompt", "a red apple")
			f.shard.Store(nil) // the connections that hang are given up and made anew
			until[protocol.Done](f.visit)
			f.has()
			return said, "went on by itself"
		}},
		{"503 with Retry-After", short, func(f *faulty) (string, string) {
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
				f.T.Errorf("the server asked for 2 s, and the model was there after %v", took)
			}
			return said, "waited for what the server asked, and loaded"
		}},
		{"an HTML page with 200 for a shard", short, func(f *faulty) (string, string) {
			page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				fmt.Fprint(w, "<!doctype html><title>Not found</title>")
			})
			f.shard.Store(&page)
			f.must(f.Click("button", "Start"))
			said := f.told("This site's copy of the model is damaged", 30*time.Second)
			if strings.Contains(said, "upload") || strings.Contains(said, "convert") {
				f.T.Errorf("the person is told what the host should do: %q", said)
			}
			f.value("textbox", "Prompt", "a red apple")
			f.shard.Store(nil)
			f.forget()
			f.must(f.Click("button", "Start"))
			until[protocol.Done](f.visit)
			f.has()
			return said, "ran to its end"
		}},
		{"the page is out of sight for longer than a worker may be silent", long, func(f *faulty) (string, string) {
			f.saved()
			f.hide("hidden")
			time.Sleep(7 * time.Second)
			f.hide("visible")
			f.forget()
			until[protocol.Step](f.visit)
			f.has()
			return f.quiet(), "went on by itself"
		}},
		{"the clock jumps by an hour, forward and back", long, func(f *faulty) (string, string) {
			f.saved()
			for _, way := range []string{"forward", "back"} {
				f.sabotage(way)
				_, err := driver.Evaluate[bool](f.Page, fmt.Sprintf(`jump(%d), true`, map[string]int{"forward": 3600e3, "back": -3600e3}[way]))
				f.must(err)
				time.Sleep(2 * time.Second)
				f.forget()
				until[protocol.Step](f.visit)
			}
			f.must(f.Click("button", "Pause"))
			until[protocol.Paused](f.visit)
			f.has()
			return f.quiet(), "went on by itself"
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := openFaulty(t, c.path)
			said, retry := c.fault(f)
			if !t.Failed() {
				fmt.Printf("fault: %s: what the person had is there; the page said %q; %s\n", c.name, said, retry)
			}
		})
	}
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
