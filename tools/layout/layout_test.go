//go:build !js

// Package layout holds the rules of who imports whom, by the packages' own imports.
package layout

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"reverie/web/wasm"
)

const module = "reverie/"

// below lists, for each folder at the root, those that its packages may import besides its own.
var below = map[string][]string{
	"cmd":     {"tools", "web", "app", "gpu", "recipe", "weights"},
	"tools":   {"web", "app", "gpu", "recipe", "shaders", "weights"},
	"web":     {"app", "recipe", "weights"},
	"app":     {"gpu", "recipe", "weights"},
	"gpu":     {"recipe", "shaders", "weights"},
	"recipe":  {},
	"shaders": {},
	"weights": {"recipe"}, // what models suggest
}

// pkg is a package as `go list` describes it: what its own files import but for tests, and everything that comes with it.
type pkg struct {
	ImportPath    string
	Imports, Deps []string
}

// list lists packages of the module, as they are built here, or for browsers.
func list(t *testing.T, browser bool, patterns ...string) []pkg {
	t.Helper()
	root, err := wasm.Root()
	if err != nil {
		t.Fatal(err)
	}
	// What `go list` reads is nothing that `go test` knows of when it looks for a result in its cache; what the test reads is.
	for top := range below {
		if err := filepath.WalkDir(filepath.Join(root, top), func(_ string, _ fs.DirEntry, err error) error { return err }); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("go", append([]string{"list", "-e", "-json=ImportPath,Imports,Deps"}, patterns...)...)
	cmd.Dir = root
	cmd.Env = os.Environ()
	if browser {
		cmd.Env = append(cmd.Env, "GOOS=js", "GOARCH=wasm")
	}
	text, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var packages []pkg
	for d := json.NewDecoder(bytes.NewReader(text)); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
	if len(packages) == 0 {
		t.Fatalf("%v are no packages", patterns)
	}
	return packages
}

// folder is where at the root a package of the module lies, or "" for others.
func folder(path string) string {
	inside, ours := strings.CutPrefix(path, module)
	if !ours {
		return ""
	}
	top, _, _ := strings.Cut(inside, "/")
	return top
}

// under says that a package is that one or lies in its folder.
func under(path, parent string) bool { return path == parent || strings.HasPrefix(path, parent+"/") }

func TestArrowsPointOneWay(t *testing.T) {
	for _, browser := range []bool{false, true} {
		for _, p := range list(t, browser, "./...") {
			from := folder(p.ImportPath)
			if _, known := below[from]; !known {
				t.Errorf("%s lies in a folder that design and test know nothing of", p.ImportPath)
			}
			for _, imported := range p.Imports {
				if to := folder(imported); to != "" && to != from && !slices.Contains(below[from], to) {
					t.Errorf("%s imports %s: %s may import %v", p.ImportPath, imported, from, below[from])
				}
			}
		}
	}
}

// The ops and what is built of them know no JavaScript; it stays in the few packages that are its glue.
func TestWhoSeesJavaScript(t *testing.T) {
	glue := []string{"reverie/app/encode", "reverie/app/film", "reverie/app/imports", "reverie/app/intake", "reverie/app/picture", "reverie/app/protocol", "reverie/app/ui", "reverie/app/wire", "reverie/app/worker", "reverie/gpu", "reverie/gpu/blob", "reverie/gpu/jsx", "reverie/gpu/store"}
	for _, p := range list(t, true, "./app/...", "./gpu/...", "./recipe/...", "./shaders/...", "./weights/...") {
		if slices.Contains(p.Imports, "syscall/js") && !slices.Contains(glue, p.ImportPath) {
			t.Errorf("%s imports syscall/js; only %v do", p.ImportPath, glue)
		}
	}
}

func TestEngineKnowsNoPage(t *testing.T) {
	for _, p := range list(t, true, "./gpu/...", "./recipe/...", "./app/engine") {
		for _, dep := range p.Deps {
			if under(dep, "net/http") || under(dep, "github.com/maxence-charriere/go-app/v10") {
				t.Errorf("%s comes with %s", p.ImportPath, dep)
			}
		}
	}
}

// The page has of the engine what moves bytes to JavaScript, and no more.
func TestPageHasNoEngine(t *testing.T) {
	for _, dep := range list(t, true, "./app/page")[0].Deps {
		if under(dep, "reverie/gpu") && dep != "reverie/gpu/jsx" || under(dep, "reverie/shaders") {
			t.Errorf("the page comes with %s", dep)
		}
	}
}

// What exports knows neither the page nor the loop, but for how pictures are scaled. It is the only program that writes films and zips.
func TestExportStandsAlone(t *testing.T) {
	for _, dep := range list(t, true, "./app/export")[0].Deps {
		if under(dep, "reverie/gpu") && dep != "reverie/gpu/jsx" && dep != "reverie/gpu/guide/resample" || under(dep, "reverie/shaders") ||
			under(dep, "reverie/app/ui") || under(dep, "reverie/recipe") || under(dep, "net/http") {
			t.Errorf("app/export comes with %s", dep)
		}
	}
	for _, p := range list(t, true, "./app/page", "./app/engine") {
		for _, dep := range p.Deps {
			if under(dep, "github.com/Eyevinn/mp4ff") || under(dep, "github.com/at-wat/ebml-go") || dep == "archive/zip" || dep == "image/gif" {
				t.Errorf("%s comes with %s", p.ImportPath, dep)
			}
		}
	}
}

// What imports knows neither the page nor what computes. It is the only program that reads checkpoints.
func TestImportStandsAlone(t *testing.T) {
	brings := []string{"reverie/gpu/blob", "reverie/gpu/jsx", "reverie/gpu/kept", "reverie/gpu/store"}
	for _, dep := range list(t, true, "./app/importer")[0].Deps {
		if under(dep, "reverie/gpu") && !slices.Contains(brings, dep) || under(dep, "reverie/shaders") || under(dep, "reverie/app/ui") || under(dep, "net/http") {
			t.Errorf("app/importer comes with %s", dep)
		}
	}
	for _, p := range list(t, true, "./app/page", "./app/engine", "./app/export") {
		for _, dep := range p.Deps {
			if under(dep, "reverie/weights/checkpoint") || under(dep, "reverie/weights/folder") || under(dep, "go.yaml.in/yaml/v3") {
				t.Errorf("%s comes with %s", p.ImportPath, dep)
			}
		}
	}
}

func TestServerHasNoEngine(t *testing.T) {
	for _, dep := range list(t, false, "./cmd/serve")[0].Deps {
		if under(dep, "reverie/gpu") || under(dep, "reverie/shaders") {
			t.Errorf("cmd/serve comes with %s", dep)
		}
	}
}

// In a browser nothing that reads checkpoints and writes models opens files of a disk.
func TestImportsNeedNoDisk(t *testing.T) {
	const convert = "reverie/weights/convert"
	ours := append(list(t, true, convert)[0].Deps, convert)
	for _, p := range list(t, true, "./weights/...") {
		if slices.Contains(ours, p.ImportPath) && (slices.Contains(p.Imports, "os") || slices.Contains(p.Imports, "path/filepath")) {
			t.Errorf("%s opens files of a disk: what does belongs in a file for other systems than js", p.ImportPath)
		}
	}
}
