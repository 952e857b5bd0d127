//go:build !js

package wasm

import (
	"bytes"
	"context"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// app.wasm has no server in it, and no way to one.
func TestProgramHasNoServer(t *testing.T) {
	ctx := context.Background()
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	modfile, err := slim(ctx, root)
	if err != nil {
		t.Fatal(err)
	}
	again, err := slim(ctx, root)
	if err != nil || again != modfile {
		t.Errorf("made again it is %s, %v; was %s", again, err, modfile)
	}
	cmd := exec.Command("go", "list", "-modfile", modfile, "-deps", "./app")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	text, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	packages := strings.Fields(string(text))
	if len(packages) < 100 {
		t.Fatalf("the program has %d packages", len(packages))
	}
	for _, p := range packages {
		switch p {
		case "net", "net/http", "crypto/tls", "regexp", "text/template", "crypto/aes", "crypto/rand":
			t.Errorf("app.wasm has %s in it: `GOOS=js GOARCH=wasm go list -modfile %s -deps ./app` and go mod why say how", p, filepath.Base(modfile))
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
	other := fstest.MapFS{}
	for name, text := range files {
		other[name] = &fstest.MapFile{Data: text}
	}
	if _, err := edited(other); err == nil || !strings.Contains(err.Error(), "slim.go") {
		t.Errorf("a module without the texts to edit: %v", err)
	}
}

func TestFoldersAreNamedByTheirContents(t *testing.T) {
	a, b := map[string][]byte{"x": []byte("1"), "y": []byte("2")}, map[string][]byte{"x": []byte("1"), "y": []byte("3")}
	if sum(a) == sum(b) || sum(a) != sum(map[string][]byte{"y": bytes.Clone(a["y"]), "x": a["x"]}) {
		t.Errorf("the names are %s and %s", sum(a), sum(b))
	}
}
