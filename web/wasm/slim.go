//go:build !js

package wasm

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// goApp is the module whose package app is page and server at once. It has no switch to leave out what a page does not need, and a fault that its
// authors have mended in a version that does not resolve: so the programs are built from a copy with edits, which is made anew from the module
// cache whenever the version or this file changes. Servers are built from the module itself: they only write HTML with it, once.
const goApp = "github.com/maxence-charriere/go-app/v10"

// leftOut stands in for what the copy lacks.
const leftOut = `package app

import (
	"errors"
	"math/rand/v2"
	"strconv"
	"time"

	"reverie/gpu/jsx"
)

type noRegexp struct{}

func (noRegexp) MatchString(string) bool { return false }

var errLeftOut = errors.New("left out of this build")

func encrypt(string, []byte) ([]byte, error) { return nil, errLeftOut }
func decrypt(string, []byte) ([]byte, error) { return nil, errLeftOut }

func newID() string { return strconv.FormatUint(rand.Uint64(), 36) }

// shows is whether an element that has a text of its own has this one.
func shows(element Value, text string) bool {
	own := element.Get("value")
	return own.Type() != TypeString || own.String() == text
}

// stretch is how long Go is busy before the browser's event loop turns: a quarter of a frame.
const stretch = 4 * time.Millisecond

var busy time.Duration

// breathe lets the event loop turn once Go has been busy for a stretch, the time since began included.
func breathe(began time.Time) {
	if busy += time.Since(began); busy > stretch {
		busy = 0
		jsx.Turn()
	}
}

// heed runs what waits to be dispatched.
func (e *engineX) heed() {
	for range len(e.dispatches) {
		(<-e.dispatches)()
	}
}

// loading is when the page's first elements were begun, or went on after a turn; zero once they are there.
var loading time.Time

// rest lets the event loop turn after each stretch of making the page's first elements, which nobody sees before they are all there.
func rest() {
	if !loading.IsZero() && time.Since(loading) > stretch {
		jsx.Turn()
		loading = time.Now()
	}
}
`

// The reasons for edits.
const (
	whyServer  = "the server half brings net/http and with it TLS, never to be run: a fifth of what a visitor would download"
	whyRegexp  = "only routes that Reverie has none of are regular expressions"
	whyCrypto  = "only state that is kept encrypted, of which Reverie has none, needs ciphers"
	whyUUID    = "identifiers of tabs need no cryptographic random numbers"
	whyLeftOut = "it stands in for what the copy lacks"
	whyValue   = `Set looks for the attributes that may be empty by the value and not by the name, so that a field that is set to "" keeps its text (go-app#1083)`
	whyBreath  = "the page's first elements, and what was dispatched and frames that follow one another, are one task for the browser, which neither draws nor answers meanwhile: at the start half a second on a telephone"
	whyStates  = "nothing is kept as go-app's states, for which it would look through all that the browser keeps"
	whyHeed    = "what was typed while the browser had its turn is in the page's state before a frame sets the fields to that, and is not lost"
	whyTyped   = `a field that is typed in and set back before the next frame has the same value in two renderings, and what was typed would stay in it`
)

const leftOutFile = "pkg/app/left_out.go"

// edits are what the copy differs in: each text stands once in its file. An empty text is the whole file, and a file that becomes empty
// goes.
var edits = []struct{ file, text, with, why string }{
	{"pkg/app/http.go", "", "package app\n\n// Handler serves pages, which browsers do not.\ntype Handler struct{}\n", whyServer},
	{"pkg/app/resource.go", "\t\"net/http\"\n", "", whyServer},
	{"pkg/app/resource.go", "\thttp.Handler\n", "", whyServer},
	{"pkg/app/resource.go", "\t\tHandler:   http.FileServer(http.Dir(directory)),\n", "", whyServer},
	{"pkg/app/route.go", "\t\"regexp\"\n", "", whyRegexp},
	{"pkg/app/route.go", "regexp.MustCompile(pattern)", "noRegexp{}", whyRegexp},
	{"pkg/app/route.go", "*regexp.Regexp", "noRegexp", whyRegexp},
	{"pkg/app/crypto.go", "", "", whyCrypto},
	{"pkg/app/context.go", "\t\"github.com/google/uuid\"\n", "", whyUUID},
	{"pkg/app/context.go", "uuid.NewString()", "newID()", whyUUID},
	{"pkg/app/state.go", "\t\"github.com/google/uuid\"\n", "", whyUUID},
	{"pkg/app/state.go", "uuid.NewString()", "newID()", whyUUID},
	{leftOutFile, "", leftOut, whyLeftOut},
	{"pkg/app/attribute.go", "\tswitch v {\n", "\tswitch name {\n", whyValue},
	{"pkg/app/engine.go", "\te.states.CleanupExpiredPersistedStates(e.baseContext())\n", "", whyStates},
	{"pkg/app/engine.go", "\tbody, err := e.nodes.Update(e.baseContext(), e.body, Body().privateBody(v))\n", "\tloading = time.Now()\n\tbody, err := e.nodes.Update(e.baseContext(), e.body, Body().privateBody(v))\n\tloading = time.Time{}\n", whyBreath},
	{"pkg/app/node.go", "\tjsElement, _ := Window().createElement(v.Tag(), v.XMLNamespace())\n", "\trest()\n\tjsElement, _ := Window().createElement(v.Tag(), v.XMLNamespace())\n", whyBreath},
	{"pkg/app/app.go", "\tengine.Navigate(window.URL(), false)\n", "\tbreathe(time.Time{})\n\tengine.Navigate(window.URL(), false)\n\tbreathe(time.Time{})\n", whyBreath},
	{"pkg/app/app.go", "\t\"runtime\"\n", "\t\"runtime\"\n\t\"time\"\n", whyBreath},
	{"pkg/app/engine.go", "\t\t\tdispatch()\n\n\t\tcase <-frames.C:\n\t\t\te.processFrame()\n", "\t\t\tbegan := time.Now()\n\t\t\tdispatch()\n\t\t\tbreathe(began)\n\n\t\tcase <-frames.C:\n\t\t\tbegan := time.Now()\n\t\t\te.heed()\n\t\t\te.processFrame()\n\t\t\tbreathe(began)\n", whyBreath + "; " + whyHeed},
	{"pkg/app/node.go", "if attrs[name] == value {", `if attrs[name] == value && (name != "value" || shows(v.JSValue(), value)) {`, whyTyped},
}

// slim makes the copy under root/bin, where the build finds it by a path that is the same on every machine, and returns the go.mod that
// names it.
func slim(ctx context.Context, root string) (modfile string, err error) {
	from, err := source(ctx, root)
	if err != nil {
		return "", err
	}
	files, err := edited(os.DirFS(from))
	if err != nil {
		return "", err
	}
	folder := "go-app-" + sum(files)
	bin := filepath.Join(root, "bin")
	if err := write(bin, folder, files); err != nil {
		return "", err
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return "", err
	}
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		return "", err
	}
	mod = fmt.Appendf(mod, "\nreplace %s => ./bin/%s\n", goApp, folder)
	modfile = filepath.Join(bin, folder+".mod")
	for path, text := range map[string][]byte{modfile: mod, strings.TrimSuffix(modfile, ".mod") + ".sum": sums} {
		if err := replace(path, text); err != nil {
			return "", err
		}
	}
	return modfile, nil
}

// source is the module's folder in the module cache, in the version that go.mod names.
func source(ctx context.Context, root string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "mod", "download", "-json", goApp)
	cmd.Dir = root
	text, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("fetching %s: %w\n%s", goApp, err, text)
	}
	var module struct{ Dir string }
	if err := json.Unmarshal(text, &module); err != nil {
		return "", fmt.Errorf("fetching %s: %w", goApp, err)
	}
	return module.Dir, nil
}

// edited is what a build needs of the module, with the edits, by path.
func edited(module fs.FS) (map[string][]byte, error) {
	files := map[string][]byte{}
	err := fs.WalkDir(module, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if path == "go.mod" || path == "LICENSE" || strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			files[path], err = fs.ReadFile(module, path)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, e := range edits {
		if e.text == "" {
			if files[e.file] == nil && e.file != leftOutFile {
				return nil, fmt.Errorf("%s has no %s any more, which was edited because %s: adapt web/wasm/slim.go to its new version", goApp, e.file, e.why)
			}
			files[e.file] = []byte(e.with)
			if e.with == "" {
				delete(files, e.file)
			}
			continue
		}
		if n := bytes.Count(files[e.file], []byte(e.text)); n != 1 {
			return nil, fmt.Errorf("%s has %q %d times in %s and not once, which is edited because %s: adapt web/wasm/slim.go to its new version",
				goApp, e.text, n, e.file, e.why)
		}
		files[e.file] = bytes.Replace(files[e.file], []byte(e.text), []byte(e.with), 1)
	}
	return files, nil
}

// sum names files by what is in them.
func sum(files map[string][]byte) string {
	text, err := json.Marshal(files) // in the order of the paths
	if err != nil {
		panic(err) // bytes by name
	}
	h := sha256.Sum256(text)
	return hex.EncodeToString(h[:6])
}

// write makes a folder of the files, whole or not at all: several builds may be under way.
func write(bin, folder string, files map[string][]byte) error {
	path := filepath.Join(bin, folder)
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return err
	}
	made, err := os.MkdirTemp(bin, "go-app-*.part")
	if err != nil {
		return err
	}
	defer os.RemoveAll(made)
	for name, text := range files {
		file := filepath.Join(made, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, text, 0o644); err != nil {
			return err
		}
	}
	if err := os.Rename(made, path); err != nil {
		if _, there := os.Stat(path); there != nil { // another build was no faster
			return err
		}
	}
	return nil
}

// replace writes a file in one go, unless it is so already.
func replace(path string, text []byte) error {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, text) {
		return nil
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+"-*.part")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if err := f.Chmod(0o644); err != nil {
		f.Close()
		return err
	}
	if _, err := f.Write(text); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
