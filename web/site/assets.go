//go:build !js

package site

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

// Program is app.wasm, with its compressed forms where they have been made.
type Program struct{ Wasm, Brotli, Gzip []byte }

// ReadProgram reads app.wasm, app.wasm.br and app.wasm.gz from a folder; what is missing stays empty.
func ReadProgram(fsys fs.FS) Program {
	var p Program
	p.Wasm, _ = fs.ReadFile(fsys, "app.wasm")
	p.Brotli, _ = fs.ReadFile(fsys, "app.wasm.br")
	p.Gzip, _ = fs.ReadFile(fsys, "app.wasm.gz")
	return p
}

// asset is one file of the site in all its forms.
type asset struct {
	kind string // media type
	etag string // a hash of plain
	// plain is the file; the others are empty or the same file compressed.
	plain, brotli, gzip []byte
}

// kinds are the media types of what the site serves, so that it does not depend on the machine's tables.
var kinds = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".wasm": "application/wasm", ".svg": "image/svg+xml",
	".png": "image/png", ".webmanifest": "application/manifest+json",
}

func newAsset(name string, plain []byte) *asset {
	sum := sha256.Sum256(plain)
	return &asset{kind: kinds[path.Ext(name)], etag: `"` + hex.EncodeToString(sum[:16]) + `"`, plain: plain}
}

// loadAssets returns the assets by URL. The base makes the app another one than those of other paths of its origin.
func loadAssets(files fs.FS, p Program, base string) (map[string]*asset, error) {
	assets := map[string]*asset{}
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return nil, fmt.Errorf("site: %w", err)
	}
	for _, e := range entries {
		name := e.Name()
		if kinds[path.Ext(name)] == "" || strings.HasPrefix(name, "service-worker") || path.Ext(name) == ".wasm" {
			continue
		}
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("site: %w", err)
		}
		url := "/web/" + name
		if name == "manifest.webmanifest" {
			url = "/" + name
			data = bytes.Replace(data, []byte(`"id": "reverie"`), fmt.Appendf(nil, `"id": %q`, base+"reverie"), 1)
		}
		assets[url] = newAsset(name, data)
	}
	wasm := newAsset("app.wasm", p.Wasm)
	wasm.brotli, wasm.gzip = p.Brotli, p.Gzip
	assets["/web/app.wasm"] = wasm
	return assets, nil
}

func (a *asset) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", a.etag)
	body := a.plain
	if len(a.brotli) > 0 || len(a.gzip) > 0 {
		h.Set("Vary", "Accept-Encoding")
		encoding := ""
		if encoding, body = a.choose(r.Header.Get("Accept-Encoding")); encoding != "" {
			h.Set("Content-Encoding", encoding)
			h.Set("ETag", strings.TrimSuffix(a.etag, `"`)+"-"+encoding+`"`)
		}
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// choose picks the smallest form that the browser accepts.
func (a *asset) choose(accept string) (encoding string, body []byte) {
	if len(a.brotli) > 0 && accepts(accept, "br") {
		return "br", a.brotli
	}
	if len(a.gzip) > 0 && accepts(accept, "gzip") {
		return "gzip", a.gzip
	}
	return "", a.plain
}

// accepts reads an Accept-Encoding header: "gzip, br;q=0.5, zstd;q=0".
func accepts(header, encoding string) bool {
	for entry := range strings.SplitSeq(header, ",") {
		name, quality, _ := strings.Cut(entry, ";")
		if strings.EqualFold(strings.TrimSpace(name), encoding) {
			_, q, _ := strings.Cut(quality, "q=")
			return strings.Trim(q, "0. ") != "" || q == ""
		}
	}
	return false
}
