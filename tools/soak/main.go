//go:build linux && !js

// Command soak makes a long run of the embedded pair in a browser and looks for what grows.
//
//	soak [-steps 5000] [-browser chromium]
//
// It prints every kind of memory over the run, and for each a slope in MB per 1,000 steps after the first 500: the page's JavaScript heap, the
// engine's WebAssembly memory, the resident memory of the pages' processes and of the GPU's, and what the site stores. It fails where one grows
// by more than 2 MB per 1,000 steps, which it names, or where steps get slower by more than 5 %.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"time"

	"reverie/app/protocol"
	"reverie/tools/chromium"
	"reverie/tools/driver"
	"reverie/web"
	"reverie/web/site"
	"reverie/web/wasm"
)

func main() {
	steps := flag.Int("steps", 5000, "updates to make, at least 1000")
	browser := flag.String("browser", "chromium", "the browser to run in")
	flag.Parse()
	if err := run(context.Background(), *steps, *browser); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// spy tells how much memory the engine's program has, when the page asks.
const spy = `
const instantiate = WebAssembly.instantiateStreaming;
WebAssembly.instantiateStreaming = async (...args) => {
  const program = await instantiate.apply(WebAssembly, args);
  const channel = new BroadcastChannel("soak");
  channel.onmessage = () => channel.postMessage(program.instance.exports.mem.buffer.byteLength);
  return program;
};
`

func run(ctx context.Context, steps int, browser string) error {
	if browser != "chromium" {
		return fmt.Errorf("soak: %s cannot be driven: use chromium", browser)
	}
	if steps < 2*settled {
		return fmt.Errorf("soak: %d steps tell no slope: make at least %d", steps, 2*settled)
	}
	page, done, err := open(ctx, steps)
	if err != nil {
		return err
	}
	defer done()
	if err := page.Click("button", "Start"); err != nil {
		return err
	}
	r, err := follow(ctx, page, steps)
	if err != nil {
		return err
	}
	return r.verdict(os.Stdout)
}

// open serves the site and opens it, with a run of so many steps in its fields.
func open(ctx context.Context, steps int) (*driver.Page, func(), error) {
	dir, err := os.MkdirTemp("", "reverie-soak-")
	if err != nil {
		return nil, nil, fmt.Errorf("soak: %w", err)
	}
	defer os.RemoveAll(dir)
	programs, err := wasm.Compile(ctx, filepath.Join(dir, "programs"))
	if err != nil {
		return nil, nil, err
	}
	s, err := site.New(site.Config{Programs: programs})
	if err != nil {
		return nil, nil, err
	}
	glue, err := fs.ReadFile(web.Assets, "gpu.js")
	if err != nil {
		return nil, nil, fmt.Errorf("soak: %w", err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/gpu.js") {
			s.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprintf(w, "%s%s", glue, spy)
	}))
	page, err := driver.Open(ctx, chromium.Software)
	if err != nil {
		server.Close()
		return nil, nil, err
	}
	end := func() {
		page.Close()
		server.Close()
	}
	err = page.Navigate(fmt.Sprintf("%s/?tune=off#p=a%%20red%%20apple&width=64&height=64&cutouts=2&steps=%d&seed=7&v=2", server.URL, steps))
	if err != nil {
		end()
		return nil, nil, err
	}
	return page, end, nil
}

// every is how many steps lie between two samples.
const every = 100

// follow takes samples until the run is done.
func follow(ctx context.Context, page *driver.Page, steps int) (*report, error) {
	r := &report{}
	patience := time.Minute // for one message
	for {
		waiting, cancel := context.WithTimeout(ctx, patience)
		m, err := page.Next(waiting)
		cancel()
		if err != nil {
			return nil, fmt.Errorf("soak: %w", err)
		}
		switch m := m.(type) {
		case protocol.Step:
			r.paces = append(r.paces, m.Milliseconds)
			if m.Step%every != 0 {
				continue
			}
			s, err := measure(page)
			if err != nil {
				return nil, err
			}
			s.step = m.Step
			r.samples = append(r.samples, s)
			if m.Step%500 == 0 {
				fmt.Println(s)
			}
		case protocol.Done:
			return r, nil
		case protocol.Error:
			return nil, errors.New(m.Message)
		case protocol.Exit:
			return nil, errors.New(m.Tail)
		case protocol.Lost:
			return nil, errors.New(m.Message)
		}
	}
}

// measure takes a sample.
func measure(page *driver.Page) (sample, error) {
	var s sample
	told, err := driver.Evaluate[[]float64](page, `(async () => {
		const channel = new BroadcastChannel("soak");
		const engine = await new Promise((tell) => { channel.onmessage = (event) => tell(event.data); channel.postMessage(0); });
		channel.close();
		const stored = await navigator.storage.estimate();
		return [performance.memory.usedJSHeapSize, engine, stored.usage];
	})()`)
	if err != nil {
		return s, err
	}
	s.bytes[pageHeap], s.bytes[engineMemory], s.bytes[stored] = told[0], told[1], told[2]
	for kind, at := range map[string]int{"renderer": pages, "GPU": gpuProcess} {
		processes, err := page.Processes(kind)
		if err != nil {
			return s, err
		}
		n, err := driver.Resident(processes)
		if err != nil {
			return s, err
		}
		s.bytes[at] = float64(n)
	}
	return s, nil
}
