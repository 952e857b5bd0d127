//go:build e2e && !js

package e2e

import (
	"context"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"reverie/app/protocol"
	"reverie/tools/chromium"
	"reverie/tools/driver"
	"reverie/tools/nginx"
	"reverie/web/compress"
	"reverie/web/site"
	"reverie/web/wasm"
	"reverie/weights/folder"
	"reverie/weights/mini"
)

// exportFolder writes the site for a base path where nginx can read it, and returns the folder.
func exportFolder(t *testing.T, base string) string {
	t.Helper()
	files, gzip := maps.Clone(programs), compress.Formats[1]
	for _, p := range wasm.Programs {
		files[p.File+gzip.Suffix] = &fstest.MapFile{Data: gzip.Pack(programs[p.File].Data)}
	}
	s, err := site.New(site.Config{Programs: files, Base: base})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for at := dir; at != os.TempDir(); at = filepath.Dir(at) {
		if err := os.Chmod(at, 0o755); err != nil { // its workers are another user
			t.Fatal(err)
		}
	}
	if err := s.Export(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// An export works under a path of a server that knows nothing but the rules that came with it: page, run, and offline.
func TestExportByNginx(t *testing.T) {
	const base = "/sub/path/"
	dir := exportFolder(t, base)
	rules, err := os.ReadFile(filepath.Join(dir, "nginx.conf"))
	if err != nil {
		t.Fatal(err)
	}
	address, stop, err := nginx.Start(context.Background(), strings.Replace(string(rules), "/var/www/reverie", dir, 1))
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	url := "http://" + address + base
	served(t, url)

	p, err := driver.Open(context.Background(), chromium.Software)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	v := &visit{T: t, Page: p, url: url}
	v.must(v.Navigate(url + "#p=a%20red%20apple&width=64&height=64&cutouts=1&steps=1"))
	v.must(v.Click("button", "Start"))
	until[protocol.Done](v)
	_, err = driver.Evaluate[bool](v.Page, `navigator.serviceWorker.ready.then(() => true)`)
	v.must(err)
	v.clean()
	stop()
	v.must(v.Navigate("about:blank"))
	v.must(v.Navigate(url + "?x#p=offline"))
	until[protocol.Ready](v)
	v.value("textbox", "Prompt", "offline")
}

// served looks at what nginx makes of the rules.
func served(t *testing.T, url string) {
	t.Helper()
	for _, c := range []struct {
		method, path string
		status       int
		name, want   string
	}{
		{"GET", "", 200, "Content-Type", "text/html; charset=utf-8"}, {"GET", "web/app.wasm", 200, "Content-Type", "application/wasm"},
		{"GET", "web/app.wasm", 200, "Content-Encoding", "gzip"}, {"GET", "web/app.wasm", 200, "Cache-Control", "no-cache"},
		{"GET", "web/start.js", 200, "Content-Type", "text/javascript; charset=utf-8"}, {"GET", "manifest.webmanifest", 200, "Content-Type", "application/manifest+json"},
		{"GET", "weights/index.json", 200, "Cross-Origin-Embedder-Policy", "require-corp"}, {"GET", "nothing", 404, "X-Content-Type-Options", "nosniff"},
		{"GET", "weights/mini/manifest.json", 200, "Cache-Control", "no-cache"}, {"POST", "", 405, "Referrer-Policy", "no-referrer"},
	} {
		request, err := http.NewRequest(c.method, url+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Accept-Encoding", "gzip")
		answer, err := http.DefaultTransport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if got := answer.Header.Get(c.name); answer.StatusCode != c.status || got != c.want {
			t.Errorf("%s %s: status %d, %s: %q; want %d, %q", c.method, c.path, answer.StatusCode, c.name, got, c.status, c.want)
		}
	}
	m, err := folder.Manifest(mini.FS)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.Head(url + "weights/mini/" + m.Vocab.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.ContentLength != m.Vocab.Size || !strings.Contains(answer.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("a shard has %d bytes and %v", answer.ContentLength, answer.Header)
	}
}
