//go:build !js

// Package wasm says which programs a browser runs, and builds them.
package wasm

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Program is one that a browser runs.
type Program struct {
	File    string   // its name in web/, and at the site under /web/
	Package string   // its main
	Inlined []string // packages whose small functions are inlined; see small
	Later   bool     // a visit does not wait for it
	Wanted  bool     // it is fetched only when it is wanted, and not kept for use without a network
}

// Programs are all of them. What builds, serves, caches and tests programs goes by this list.
var Programs = []Program{
	// The name is the one that go-app wants. Without inlining the runtime collects garbage half as fast again, which a page feels.
	{"app.wasm", "./app/page", []string{"runtime", "compress/flate", "hash/crc32", "image/...", "reverie/app/picture"}, false, false},
	{"engine.wasm", "./app/engine", []string{"reverie/gpu/guide/resample"}, false, false},
	// It is fetched when somebody exports, and by the service worker.
	{"export.wasm", "./app/export", []string{"reverie/app/encode", "reverie/gpu/guide/resample", "image/draw"}, true, false},
	// This one is fetched when somebody imports, and else by nobody.
	{"import.wasm", "./app/importer", []string{"reverie/weights", "reverie/weights/checkpoint", "crypto/sha256", "math", "encoding/binary"}, true, true},
}

// Root finds the folder of Reverie's source around the current one.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("wasm: %w", err)
	}
	for {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(text), "module reverie\n") {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("wasm: this is not Reverie's source folder: change to it, so that its programs can be built")
		}
		dir = parent
	}
}

// small are the compiler's flags for a program. A function that is inlined is downloaded as often as it is called: that adds an eighth to the
// program as Brotli sends it, and gains nothing that a person notices but where Go loops over memory and pixels.
func (p Program) small() []string {
	flags := []string{"-gcflags=all=-l"}
	for _, inlined := range p.Inlined {
		flags = append(flags, "-gcflags="+inlined+"=")
	}
	return flags
}

// collector is the garbage collector of before Go 1.26, which is smaller than today's and in WebAssembly no slower.
const collector = "GOEXPERIMENT=nogreenteagc"

// The most that a visitor should download before the page answers, and before the engine does, in bytes as Brotli packs them at its best.
const (
	MostPage   = 1_400_000
	MostEngine = 2_400_000 // the page with it
	MostExport = 1_100_000 // on its own, when somebody exports
	MostImport = 1_600_000 // on its own, when somebody imports
)

// Build compiles all programs from the source in root to the folder dir. The go command does no work twice, so this takes a moment only
// when nothing has changed.
//
// -trimpath keeps this machine's paths out of the program and -buildvcs=false the commit: the same source gives the same bytes. -s -w
// leaves out symbol tables, which browsers would only download.
func Build(ctx context.Context, root, dir string) error {
	modfile, err := slim(ctx, root)
	if err != nil {
		return fmt.Errorf("wasm: %w", err)
	}
	dir, err = filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("wasm: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("wasm: %w", err)
	}
	for _, p := range Programs {
		args := append([]string{"build", "-modfile", modfile, "-trimpath", "-buildvcs=false", "-ldflags=-s -w"}, p.small()...)
		cmd := exec.CommandContext(ctx, "go", append(args, "-o", filepath.Join(dir, p.File), p.Package)...)
		cmd.Dir = root
		cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", collector)
		if text, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("wasm: %s does not build: %w\n%s", p.File, err, text)
		}
		if err := shrink(filepath.Join(dir, p.File)); err != nil {
			return fmt.Errorf("wasm: %w", err)
		}
	}
	return nil
}

// Compile builds the programs of the source around the current folder in dir and returns it.
func Compile(ctx context.Context, dir string) (fs.FS, error) {
	root, err := Root()
	if err != nil {
		return nil, err
	}
	return os.DirFS(dir), Build(ctx, root, dir)
}
