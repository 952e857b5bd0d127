//go:build !js

// Command screenshots walks the page through its states, with the embedded model in an installed Chromium, and draws each of them as a desktop and
// as a telephone show it, in light and in dark colours: docs/screens/STATE-WINDOW-SCHEME.jpg. With -axe it has axe judge each of them, too, and fails
// where that finds something. Two of them are also what browsers show before they install the page: web/screenshot-wide.png and
// web/screenshot-narrow.png. Run it in Reverie's source folder when the page looks different.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"reverie/tools/chromium"
	"reverie/tools/driver"
	"reverie/tools/local"
	"reverie/web/wasm"
)

// window is a size and a colour scheme in which every state is drawn.
type window struct {
	name          string
	width, height int64
	scheme        string
}

var windows = []window{
	{"desktop", 1366, 768, "light"},
	{"desktop", 1366, 768, "dark"},
	{"phone", 390, 844, "light"},
	{"phone", 390, 844, "dark"},
}

// installed are the sizes that the web app's manifest states.
var installed = []window{{"wide", 1280, 800, "light"}, {"narrow", 412, 915, "light"}}

// patience is how long all states may take, on a processor.
const patience = 30 * time.Minute

func main() {
	only := flag.String("run", "", "a regular expression: draw only the states with such a name")
	axe := flag.Bool("axe", false, "have axe judge each state")
	write := flag.Bool("write", true, "write the pictures")
	flag.Parse()
	if err := run(*only, *axe, *write); err != nil {
		fmt.Fprintln(os.Stderr, "screenshots:", err)
		os.Exit(1)
	}
}

func run(only string, axe, write bool) error {
	wanted, err := regexp.Compile(only)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	root, err := wasm.Root()
	if err != nil {
		return err
	}
	url, done, err := local.Serve(ctx)
	if err != nil {
		return err
	}
	defer done()
	a := &artist{root: root, wanted: wanted, write: write}
	if axe {
		if a.axe, err = readAxe(root); err != nil {
			return err
		}
	}
	for _, v := range visits {
		if err := a.visit(ctx, url, v); err != nil {
			return err
		}
	}
	if axe {
		fmt.Printf("target 2: axe finds %d things in %d states, on desktop and telephone, in light and dark (0)\n", a.found, a.drawn)
	}
	if a.found > 0 {
		return fmt.Errorf("axe found %d things", a.found)
	}
	return nil
}

// artist draws states.
type artist struct {
	root   string
	wanted *regexp.Regexp
	write  bool
	axe    string // its source, or "" for none
	found  int    // things that axe found
	drawn  int    // states
}

// visit walks one visit from state to state.
func (a *artist) visit(ctx context.Context, url string, v visit) error {
	page, err := driver.Open(ctx, chromium.Software)
	if err != nil {
		return err
	}
	defer page.Close()
	for _, script := range v.before {
		if err := page.Script(script); err != nil {
			return err
		}
	}
	if err := page.Resize(windows[0].width, windows[0].height); err != nil {
		return err
	}
	if err := page.Navigate(url + v.fragment); err != nil {
		return err
	}
	w := &walk{ctx: ctx, Page: page}
	for _, s := range v.states {
		if err := s.reach(w); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		if !a.wanted.MatchString(s.name) {
			continue
		}
		if err := a.draw(page, s); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		a.drawn++
	}
	return nil
}

// settle is how long the page has to lay itself out in another window, and to end what moves.
const settle = 400 * time.Millisecond

// draw draws one state in every window.
func (a *artist) draw(page *driver.Page, s state) error {
	for _, w := range windows {
		png, err := a.shoot(page, w, s.about)
		if err != nil {
			return err
		}
		jpeg, err := toJPEG(png)
		if err != nil {
			return err
		}
		if err := a.judge(page, s.name+" "+w.name+" "+w.scheme); err != nil {
			return err
		}
		if err := a.save(filepath.Join("docs", "screens", fmt.Sprintf("%s-%s-%s.jpg", s.name, w.name, w.scheme)), jpeg); err != nil {
			return err
		}
	}
	if s.installs {
		for _, w := range installed {
			png, err := a.shoot(page, w, s.about)
			if err != nil {
				return err
			}
			if err := a.save(filepath.Join("web", "screenshot-"+w.name+".png"), png); err != nil {
				return err
			}
		}
	}
	return errors.Join(page.Colours(windows[0].scheme), page.Resize(windows[0].width, windows[0].height))
}

// shoot shows the page in a window, with what a selector finds in view, and takes its picture.
func (a *artist) shoot(page *driver.Page, w window, about string) ([]byte, error) {
	if err := page.Colours(w.scheme); err != nil {
		return nil, err
	}
	if err := page.Resize(w.width, w.height); err != nil {
		return nil, err
	}
	if about != "" { // which another window's size may have put out of sight
		if _, err := driver.Evaluate[bool](page, fmt.Sprintf(`(document.querySelector(%q).scrollIntoView({block: "center"}), true)`, about)); err != nil {
			return nil, err
		}
	}
	time.Sleep(settle)
	return page.Screenshot()
}

// toJPEG makes a picture for eyes out of an exact one, in a fifth of the bytes.
func toJPEG(data []byte) ([]byte, error) {
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = jpeg.Encode(&out, img, &jpeg.Options{Quality: 82})
	return out.Bytes(), err
}

// save writes a file of the project.
func (a *artist) save(name string, data []byte) error {
	if !a.write {
		return nil
	}
	path := filepath.Join(a.root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}
