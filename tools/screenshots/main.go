//go:build !js

// Command screenshots makes the pictures of the page that browsers show before installing it, with the embedded model in an installed
// Chromium: web/screenshot-wide.png and web/screenshot-narrow.png. Run it in Reverie's source folder when the page looks different.
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
	"reverie/web/site"
	"reverie/web/wasm"
)

// windows are the sizes that the web app's manifest states.
var windows = []struct {
	name          string
	width, height int64
}{{"wide", 1280, 800}, {"narrow", 412, 915}}

// patience is how long the picture may take, on a processor.
const patience = 15 * time.Minute

func main() {
	fragment := flag.String("settings", "#p=a%20blue%20heart%20on%20a%20white%20background&width=128&height=128&steps=60&cutouts=10&seed=7", "the page's fragment")
	flag.Parse()
	if err := run(*fragment); err != nil {
		fmt.Fprintln(os.Stderr, "screenshots:", err)
		os.Exit(1)
	}
}

func run(fragment string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	root, err := wasm.Root()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "reverie-screenshots-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	programs, err := wasm.Compile(ctx, dir)
	if err != nil {
		return err
	}
	s, err := site.New(site.Config{Programs: programs})
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
	if err := page.Navigate(server.URL + "/" + fragment); err != nil {
		return err
	}
	if err := finish(ctx, page); err != nil {
		return err
	}
	for _, w := range windows {
		if err := page.Resize(w.width, w.height); err != nil {
			return err
		}
		png, err := page.Screenshot()
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(root, "web", "screenshot-"+w.name+".png"), png, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// finish presses Start and waits for the picture.
func finish(ctx context.Context, page *driver.Page) error {
	pressed := false
	for {
		m, err := page.Next(ctx)
		if err != nil {
			return err
		}
		switch m := m.(type) {
		case protocol.Ready:
			if !pressed {
				pressed = true
				if err := page.Click("button", "Start"); err != nil {
					return err
				}
			}
		case protocol.Error:
			return errors.New(m.Message)
		case protocol.Done:
			return nil
		}
	}
}
