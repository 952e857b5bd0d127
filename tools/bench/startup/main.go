//go:build !js

// Command startup measures what stands between a person and a working page: the program's size, raw and as Brotli sends it, and how long
// a repeat visit takes until the page answers and until its engine has a device.
//
//	go run ./tools/bench/startup [-visits 5]
package main

import (
	"context"
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"slices"
	"time"

	"reverie/app/protocol"
	"reverie/tools/chromium"
	"reverie/tools/driver"
	"reverie/web/site"
	"reverie/web/wasm"
)

// mostInteractive is the goal for a repeat visit, in milliseconds.
const mostInteractive = 1500

func main() {
	visits := flag.Int("visits", 5, "how many repeat visits are measured")
	flag.Parse()
	if err := run(context.Background(), *visits); err != nil {
		fmt.Fprintln(os.Stderr, "startup:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, visits int) error {
	program, err := build(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("app.wasm: %.2f MB, %.2f MB in Brotli at its best (goal %.2f MB)\n",
		float64(len(program.Wasm))/1e6, float64(len(program.Brotli))/1e6, wasm.Goal/1e6)
	live, ready, err := measure(ctx, program, visits)
	if err != nil {
		return err
	}
	fmt.Printf("repeat visit, median of %d: the page answers after %.0f ms (goal %d ms), its engine has a device after %.0f ms\n",
		visits, median(live), mostInteractive, median(ready))
	return nil
}

// build compiles the program as it is now and compresses it as far as Brotli goes.
func build(ctx context.Context) (site.Program, error) {
	program, err := wasm.Compile(ctx)
	if err != nil {
		return site.Program{}, err
	}
	packed, err := wasm.Packed(program)
	return site.Program{Wasm: program, Brotli: packed}, err
}

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

// measure visits the page once and then again and again: milliseconds from each navigation.
func measure(ctx context.Context, program site.Program, visits int) (live, ready []float64, err error) {
	s, err := site.New(site.Config{Program: program})
	if err != nil {
		return nil, nil, err
	}
	server := httptest.NewServer(s)
	defer server.Close()
	p, err := driver.Open(ctx, chromium.Software)
	if err != nil {
		return nil, nil, err
	}
	defer p.Close()
	if err := p.Script(watch); err != nil {
		return nil, nil, err
	}
	for visit := range visits + 1 {
		if err := p.Navigate(server.URL + "/"); err != nil {
			return nil, nil, err
		}
		if err := untilReady(ctx, p); err != nil {
			return nil, nil, err
		}
		times, err := driver.Evaluate[[]float64](p, `[globalThis.liveAt ?? NaN, globalThis.readyAt ?? NaN]`)
		if err != nil {
			return nil, nil, err
		}
		if visit > 0 {
			live, ready = append(live, times[0]), append(ready, times[1])
		}
		time.Sleep(3 * time.Second) // what the first visit stores in the background
	}
	return live, ready, nil
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
