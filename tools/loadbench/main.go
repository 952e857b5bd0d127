//go:build linux && !js

// Command loadbench measures what loading a model costs the page: it serves a model of some size from memory-speed storage to the page in
// an installed Chromium and prints speed and memory, first from the server, then from what the browser keeps.
//
//	loadbench [-mb 150]
//
// Memory is the anonymous resident memory of the page's processes, so JavaScript's heap and buffers, WebAssembly's memory and the browser's
// own for the page: more than the page's share, never less. What is on the GPU is not in it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	"reverie/app/protocol"
	"reverie/tools/chromium"
	"reverie/tools/driver"
	"reverie/web/e2e/padded"
	"reverie/web/site"
	"reverie/web/wasm"
)

func main() {
	mb := flag.Int64("mb", 150, "size of the model in MB")
	flag.Parse()
	if err := run(context.Background(), *mb); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, mb int64) error {
	dir, err := os.MkdirTemp("", "reverie-loadbench-")
	if err != nil {
		return fmt.Errorf("loadbench: %w", err)
	}
	defer os.RemoveAll(dir)
	programs, err := wasm.Compile(ctx, filepath.Join(dir, "programs"))
	if err != nil {
		return err
	}
	if _, err := padded.Write(filepath.Join(dir, "weights", "padded"), "padded", mb*1e6); err != nil {
		return err
	}
	s, err := site.New(site.Config{Programs: programs, Weights: filepath.Join(dir, "weights")})
	if err != nil {
		return err
	}
	server := httptest.NewServer(s)
	defer server.Close()
	page, err := driver.Open(ctx, chromium.Software)
	if err != nil {
		return err
	}
	defer page.Close()
	for _, from := range []string{"the server", "what the browser keeps"} {
		if err := page.Navigate("about:blank"); err != nil {
			return err
		}
		if err := page.Navigate(server.URL + "/#model=padded"); err != nil {
			return err
		}
		if err := load(ctx, page, from, mb); err != nil {
			return err
		}
	}
	return nil
}

// settle is how long the page rests before its idle memory is taken.
const settle = 3 * time.Second

// load loads the model once and prints what it cost.
func load(ctx context.Context, page *driver.Page, from string, mb int64) error {
	if err := await[protocol.Storage](ctx, page); err != nil {
		return err
	}
	time.Sleep(settle)
	processes, err := page.Processes("renderer")
	if err != nil {
		return err
	}
	idle, err := driver.Resident(processes)
	if err != nil {
		return err
	}
	begin := time.Now()
	if err := page.Click("button", "Download models"); err != nil {
		return err
	}
	loaded := make(chan error, 1)
	go func() { loaded <- await[protocol.Loaded](ctx, page) }()
	peak := idle
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-loaded:
			took := time.Since(begin).Seconds()
			fmt.Printf("%d MB from %s: %.1f s (%.0f MB/s), memory %.0f MB idle, at most %.0f MB more while loading\n",
				mb, from, took, float64(mb)/took, float64(idle)/1e6, float64(peak-idle)/1e6)
			return err
		case <-tick.C:
			now, err := driver.Resident(processes)
			if err != nil {
				return err
			}
			peak = max(peak, now)
		}
	}
}

// await reads messages up to the first of type M.
func await[M protocol.Message](ctx context.Context, page *driver.Page) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	for {
		m, err := page.Next(ctx)
		if err != nil {
			return err
		}
		switch m := m.(type) {
		case M:
			return nil
		case protocol.Error:
			return errors.New(m.Message)
		case protocol.Exit:
			return errors.New(m.Tail)
		}
	}
}
