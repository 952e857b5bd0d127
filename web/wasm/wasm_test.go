//go:build !js

package wasm

import (
	"bytes"
	"context"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// No program has a server in it, or what browsers can do themselves.
func TestProgramsAreSlim(t *testing.T) {
	ctx := context.Background()
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	// What `go list` reads is nothing that `go test` knows of when it looks for a result in its cache; what the test reads is.
	for _, top := range []string{"app", "gpu", "recipe", "shaders", "weights"} {
		if err := filepath.WalkDir(filepath.Join(root, top), func(_ string, _ fs.DirEntry, err error) error { return err }); err != nil {
			t.Fatal(err)
		}
	}
	modfile, err := slim(ctx, root)
	if err != nil {
		t.Fatal(err)
	}
	again, err := slim(ctx, root)
	if err != nil || again != modfile {
		t.Errorf("made again it is %s, %v; was %s", again, err, modfile)
	}
	for _, program := range Programs {
		cmd := exec.Command("go", "list", "-modfile", modfile, "-deps", program.Package)
		cmd.Dir = root
		cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
		text, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		packages := strings.Fields(string(text))
		if len(packages) < 90 {
			t.Fatalf("%s has %d packages", program.File, len(packages))
		}
		for _, p := range packages {
			if p == "crypto/aes" && program.File == "export.wasm" { // mp4ff also reads films that are encrypted
				continue
			}
			if program.File == "import.wasm" && (p == "crypto/sha256" || p == "compress/gzip" || p == "regexp") { // shards, vocabularies, the reader of YAML
				continue
			}
			switch p {
			case "net", "net/http", "crypto/tls", "regexp", "text/template", "crypto/aes", "crypto/rand", "crypto/sha256", "compress/gzip",
				"golang.org/x/text/unicode/norm":
				t.Errorf("%s has %s in it: `GOOS=js GOARCH=wasm go list -modfile bin/%s -deps %s` and go mod why say how", program.File, p,
					filepath.Base(modfile), program.Package)
			}
		}
	}
}

// A module that is not as the edits expect it is told and not built.
func TestEditsFitTheModule(t *testing.T) {
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	from, err := source(context.Background(), root)
	if err != nil {
		t.Fatal(err)
	}
	files, err := edited(os.DirFS(from))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range edits {
		if e.why == "" {
			t.Errorf("nothing says why %s is edited", e.file)
		}
		if e.with == "" && e.text == "" {
			continue
		}
		if _, err := parser.ParseFile(token.NewFileSet(), e.file, files[e.file], 0); err != nil {
			t.Error(err)
		}
	}
	if len(files["LICENSE"]) == 0 {
		t.Error("the copy has no licence")
	}
}

// Each edit that no longer applies is told with its file, its text and why it was there; so is one whose text stands there twice.
func TestEditsThatDoNotApplyAreTold(t *testing.T) {
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	from, err := source(context.Background(), root)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range edits {
		for _, copies := range []int{0, 2} {
			module := fstest.MapFS{}
			if err := fs.WalkDir(os.DirFS(from), ".", func(path string, d fs.DirEntry, err error) error {
				if err != nil || !strings.HasSuffix(path, ".go") {
					return err
				}
				text, err := os.ReadFile(filepath.Join(from, path))
				module[path] = &fstest.MapFile{Data: text}
				return err
			}); err != nil {
				t.Fatal(err)
			}
			switch {
			case e.text != "":
				file := module[e.file]
				file.Data = bytes.Replace(file.Data, []byte(e.text), bytes.Repeat([]byte(e.text), copies), 1)
			case e.file == leftOutFile || copies == 2:
				continue
			default:
				delete(module, e.file)
			}
			if _, err := edited(module); err == nil || !strings.Contains(err.Error(), e.file) || !strings.Contains(err.Error(), e.why) {
				t.Errorf("%s with %d of %q: %v", e.file, copies, e.text, err)
			}
		}
	}
}

func TestFoldersAreNamedByTheirContents(t *testing.T) {
	a, b := map[string][]byte{"x": []byte("1"), "y": []byte("2")}, map[string][]byte{"x": []byte("1"), "y": []byte("3")}
	if sum(a) == sum(b) || sum(a) != sum(map[string][]byte{"y": bytes.Clone(a["y"]), "x": a["x"]}) {
		t.Errorf("the names are %s and %s", sum(a), sum(b))
	}
}
