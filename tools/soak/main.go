//go:build linux && !js

// Command soak makes a long run of the embedded pair in a browser and looks for what grows.
//
//	soak [-steps 5000] [-browser chromium|firefox] [-size 64] [-cutouts 2]
//
// It prints every kind of memory over the run, and for each a slope in MB per 1,000 steps after the first 500: the page's JavaScript heap, where
// the browser tells it, the WebAssembly memory of both programs, the resident memory of the browser's processes, and what the site stores. It
// fails where one grows by more than 2 MB per 1,000 steps, which it names, or where steps get slower by more than 5 %.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"reverie/web/site"
	"reverie/web/wasm"
)

func main() {
	steps := flag.Int("steps", 5000, "updates to make, at least 1000")
	browser := flag.String("browser", "chromium", "the browser to run in: chromium, with SwiftShader, or firefox, with lavapipe")
	size := flag.Int("size", 64, "the picture's width and height: a smaller one has as many kernels, which take less time")
	cutouts := flag.Int("cutouts", 2, "the run's cutouts")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *steps, *browser, *size, *cutouts)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, steps int, browser string, size, cutouts int) error {
	if steps < 2*settled {
		return fmt.Errorf("soak: %d steps tell no slope: make at least %d", steps, 2*settled)
	}
	run := fmt.Sprintf("p=a%%20red%%20apple&width=%d&height=%[1]d&cutouts=%d&steps=%d&seed=7&v=2", size, cutouts, steps)
	r, err := soak(ctx, browser, run, usual)
	if err != nil {
		return err
	}
	return r.verdict(os.Stdout)
}

// soak makes a run, as a link has it, and looks at it after every so many steps.
func soak(ctx context.Context, browser, run string, every int) (*report, error) {
	scratch, err := os.MkdirTemp("", "reverie-soak-")
	if err != nil {
		return nil, fmt.Errorf("soak: %w", err)
	}
	defer os.RemoveAll(scratch)
	programs, err := wasm.Compile(ctx, filepath.Join(scratch, "programs"))
	if err != nil {
		return nil, err
	}
	s, err := site.New(site.Config{Programs: programs})
	if err != nil {
		return nil, err
	}
	w := newWatch(s, every)
	defer w.server.Close()
	b, err := launch(browser, filepath.Join(scratch, "profile"), w.server.URL+"/?tune=off#"+run)
	if err != nil {
		return nil, err
	}
	defer b.close()
	return w.follow(ctx, b)
}
