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
	"sync"
	"time"

	"reverie/web/compress"
	"reverie/web/wasm"
)

// asset is one file of the site in all its forms.
type asset struct {
	kind   string // media type
	etag   string // a hash of plain
	plain  []byte
	packed func() [][]byte // in compress.Formats; an empty one has not been made. Nil for what is sent as it is
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

// pack gives what is text compressed forms, which are made once, when one is asked for.
func (a *asset) pack() *asset {
	if a.kind == kinds[".png"] {
		return a
	}
	a.packed = sync.OnceValue(func() [][]byte {
		var packed [][]byte
		for _, f := range compress.Formats {
			packed = append(packed, f.Pack(a.plain))
		}
		return packed
	})
	return a
}

// loadAssets returns the assets by URL. The base makes the app another one than those of other paths of its origin.
func loadAssets(c Config) (map[string]*asset, error) {
	assets := map[string]*asset{}
	entries, err := fs.ReadDir(c.Assets, ".")
	if err != nil {
		return nil, fmt.Errorf("site: %w", err)
	}
	for _, e := range entries {
		name := e.Name()
		if kinds[path.Ext(name)] == "" || strings.HasPrefix(name, "service-worker") || path.Ext(name) == ".wasm" {
			continue
		}
		data, err := fs.ReadFile(c.Assets, name)
		if err != nil {
			return nil, fmt.Errorf("site: %w", err)
		}
		url := "/web/" + name
		if name == "manifest.webmanifest" {
			url = "/" + name
			data = bytes.Replace(data, []byte(`"id": "reverie"`), fmt.Appendf(nil, `"id": %q`, c.Base+"reverie"), 1)
		}
		assets[url] = newAsset(name, data).pack()
	}
	for _, p := range wasm.Programs {
		program, err := fs.ReadFile(c.Programs, p.File)
		if err != nil {
			return nil, fmt.Errorf("site: %s is not there: run make build first", p.File)
		}
		a := newAsset(p.File, program)
		forms := packedForms(c, p.File)
		a.packed = func() [][]byte { return forms }
		assets["/web/"+p.File] = a
	}
	return assets, nil
}

// packedForms are those of a program that have been made.
func packedForms(c Config, file string) [][]byte {
	forms := make([][]byte, len(compress.Formats))
	if c.Dev { // they may be older than the program
		return forms
	}
	for i, f := range compress.Formats {
		forms[i], _ = fs.ReadFile(c.Programs, file+f.Suffix)
	}
	return forms
}

func (a *asset) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", a.etag)
	body := a.plain
	if a.packed != nil {
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
	for i, f := range compress.Formats {
		if !accepts(accept, f.Encoding) {
			continue
		}
		if packed := a.packed()[i]; len(packed) > 0 {
			return f.Encoding, packed
		}
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
