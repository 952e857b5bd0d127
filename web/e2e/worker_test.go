//go:build e2e && !js

package e2e

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"reverie/tools/chromium"
	"reverie/tools/driver"
	"reverie/web/site"
)

// A Go panic in a worker is silent unless web/worker.js tells of it.
func TestWorkerTellsWhenItsProgramEnds(t *testing.T) {
	wasm := filepath.Join(t.TempDir(), "panic.wasm")
	build := exec.Command("go", "build", "-o", wasm, "./testdata/panic")
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	data, err := os.ReadFile(wasm)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		program []byte
		want    []string
	}{
		{"a panic", data, []string{`"kind":"exit"`, `"code":2`, "about to fail", "panic: on purpose", "main.main"}},
		{"no program", []byte("not wasm"), []string{`"kind":"exit"`, `"code":1`, "WebAssembly"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := site.New(site.Config{Programs: with("engine.wasm", c.program)})
			if err != nil {
				t.Fatal(err)
			}
			mux := http.NewServeMux()
			mux.Handle("/", s)
			mux.HandleFunc("/empty", func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				fmt.Fprint(w, "<!doctype html>")
			})
			v := openHandler(t, mux, chromium.Software, "empty")
			text, err := driver.Evaluate[string](v.Page, `new Promise((tell) => {
				window.kept = new Worker("/web/worker.js") // which else may be collected before it speaks
				kept.onmessage = (e) => tell(e.data.text)
			})`)
			v.must(err)
			for _, want := range c.want {
				if !strings.Contains(text, want) {
					t.Errorf("the message lacks %q: %s", want, text)
				}
			}
		})
	}
}
