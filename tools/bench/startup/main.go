//go:build !js

// Command startup measures what stands between a person and a working page: the programs' sizes, raw and as Brotli sends them, and how long
// a first visit over a slow line and a repeat visit take until the page answers and until its engine has a device.
//
//	go run ./tools/bench/startup [-visits 5] [-mbit 10] [-delay 50ms]
package main

import (
	"context"
	"flag"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"reverie/app/protocol"
	"reverie/tools/chromium"
	"reverie/tools/driver"
	"reverie/web/compress"
	"reverie/web/site"
	"reverie/web/wasm"
)

// mostInteractive is the goal for a repeat visit, in milliseconds.
const mostInteractive = 600

func main() {
	visits := flag.Int("visits", 5, "how many repeat visits are measured, and first ones")
	mbit := flag.Float64("mbit", 10, "how much the slow line carries, in Mbit/s")
	delay := flag.Duration("delay", 50*time.Millisecond, "how long it makes each answer wait")
	flag.Parse()
	if err := run(context.Background(), *visits, *mbit, *delay); err != nil {
		fmt.Fprintln(os.Stderr, "startup:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, visits int, mbit float64, delay time.Duration) error {
	dir, err := os.MkdirTemp("", "reverie-startup-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	programs, err := build(ctx, dir)
	if err != nil {
		return err
	}
	s, err := site.New(site.Config{Programs: programs})
	if err != nil {
		return err
	}
	var first, repeat times
	for range visits {
		if err := measure(ctx, &slowLine{Handler: s, bytes: mbit * 1e6 / 8, delay: delay}, &first, 0); err != nil {
			return err
		}
	}
	fmt.Printf("first visit at %g Mbit/s and %v, median of %d: the page answers after %.0f ms, its engine has a device after %.0f ms\n",
		mbit, delay, visits, median(first.live), median(first.ready))
	if err := measure(ctx, s, &repeat, visits); err != nil {
		return err
	}
	fmt.Printf("repeat visit, median of %d: the page answers after %.0f ms (goal %d ms), its engine has a device after %.0f ms\n",
		visits, median(repeat.live), mostInteractive, median(repeat.ready))
	return nil
}

// build compiles the programs as they are now and compresses them as far as Brotli goes.
func build(ctx context.Context, dir string) (fs.FS, error) {
	programs, err := wasm.Compile(ctx, dir)
	if err != nil {
		return nil, err
	}
	sum := 0
	for _, p := range wasm.Programs {
		program, err := fs.ReadFile(programs, p.File)
		if err != nil {
			return nil, err
		}
		brotli := compress.Formats[0]
		packed := brotli.Pack(program)
		if err := os.WriteFile(filepath.Join(dir, p.File+brotli.Suffix), packed, 0o600); err != nil {
			return nil, err
		}
		if !p.Later {
			sum += len(packed)
		}
		fmt.Printf("%s: %d bytes, %d in Brotli at its best\n", p.File, len(program), len(packed))
	}
	fmt.Printf("together: %d bytes in Brotli (app.wasm at most %d, with engine.wasm at most %d)\n", sum, wasm.MostPage, wasm.MostEngine)
	return programs, nil
}

// slowLine serves a site as over a line of so many bytes a second that all answers share, each of which waits for delay first.
type slowLine struct {
	http.Handler
	bytes float64
	delay time.Duration
	line  sync.Mutex
}

func (s *slowLine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	time.Sleep(s.delay)
	s.Handler.ServeHTTP(&slowAnswer{w, s}, r)
}

type slowAnswer struct {
	http.ResponseWriter
	from *slowLine
}

// Write sends in packets, so that answers take turns.
func (a *slowAnswer) Write(b []byte) (sent int, err error) {
	const packet = 8 << 10
	for packet := range slices.Chunk(b, packet) {
		a.from.line.Lock()
		time.Sleep(time.Duration(float64(len(packet)) / a.from.bytes * float64(time.Second)))
		a.from.line.Unlock()
		n, err := a.ResponseWriter.Write(packet)
		sent += n
		if err != nil {
			return sent, err
		}
		if f, ok := a.ResponseWriter.(http.Flusher); ok {
			f.Flush()
		}
	}
	return sent, nil
}

// times are those of several visits, in milliseconds from each navigation.
type times struct{ live, ready []float64 }

// watch notes when the page's main button listens, which it does as soon as the program runs.
const watch = `
  const seen = new MutationObserver(() => {
    const button = document.querySelector("button.primary");
    if (button && !button.disabled) {
      globalThis.liveAt ??= performance.now();
      seen.disconnect();
    }
  });
  seen.observe(document, { subtree: true, childList: true, attributes: true });
  addEventListener("reverie", (event) => {
    if (JSON.parse(event.detail).kind === "ready") globalThis.readyAt ??= performance.now();
  });`

// measure visits the page for the first time and notes how long that took, or how long each of so many further visits takes.
func measure(ctx context.Context, h http.Handler, noted *times, again int) error {
	server := httptest.NewServer(h)
	defer server.Close()
	p, err := driver.Open(ctx, chromium.Software)
	if err != nil {
		return err
	}
	defer p.Close()
	if err := p.Script(watch); err != nil {
		return err
	}
	for visit := range again + 1 {
		if err := p.Navigate(server.URL + "/"); err != nil {
			return err
		}
		if err := untilReady(ctx, p); err != nil {
			return err
		}
		took, err := driver.Evaluate[[]float64](p, `[globalThis.liveAt ?? NaN, globalThis.readyAt ?? NaN]`)
		if err != nil {
			return err
		}
		if visit > 0 || again == 0 {
			noted.live, noted.ready = append(noted.live, took[0]), append(noted.ready, took[1])
		}
		if again > 0 {
			time.Sleep(3 * time.Second) // what the first visit stores in the background
		}
	}
	return nil
}

// untilReady waits until the engine has a device.
func untilReady(ctx context.Context, p *driver.Page) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		m, err := p.Next(ctx)
		if err != nil {
			return err
		}
		switch m := m.(type) {
		case protocol.Ready:
			return nil
		case protocol.Error:
			return fmt.Errorf("the page says: %s", m.Message)
		}
	}
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}
