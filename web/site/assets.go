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
	"strconv"
	"strings"
	"sync"

	"reverie/web/compress"
	"reverie/web/wasm"
)

// asset is one file of the site in all its forms.
type asset struct {
	kind   string // media type
	cache  string // what Cache-Control says
	etag   string // a hash of plain
	plain  []byte
	packed func() [][]byte // in compress.Formats; an empty one has not been made. Nil for what is sent as it is
	forms  []func() *form  // by index, as choose gives it; made by ready
}

// form is an asset in one encoding, with its header but for the date.
type form struct {
	fields []field
	etag   string
	length []string
	body   []byte
}

// The caches' orders. What may change is asked for anew each time; what is named by its content never changes.
const (
	revalidate = "no-cache"
	forGood    = "public, max-age=31536000, immutable"
)

// kinds are the media types of what the site serves, so that it does not depend on the machine's tables.
var kinds = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".wasm": "application/wasm", ".svg": "image/svg+xml",
	".png": "image/png", ".webp": "image/webp", ".webmanifest": "application/manifest+json", ".json": "application/json", ".txt": "text/plain; charset=utf-8",
	".html": "text/html; charset=utf-8",
}

func newAsset(name string, plain []byte) *asset {
	sum := sha256.Sum256(plain)
	return &asset{kind: kinds[path.Ext(name)], cache: revalidate, etag: `"` + hex.EncodeToString(sum[:16]) + `"`, plain: plain}
}

// pack gives what is text compressed forms, which are made once, when one is asked for.
func (a *asset) pack() *asset {
	if a.kind == kinds[".png"] || a.kind == kinds[".webp"] {
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
		if c.NoImport && p.Wanted {
			continue
		}
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

// ready makes the headers of all forms, with the site's own fields in front.
func (a *asset) ready(common []field) {
	fields := with(common, newField("Content-Type", a.kind), newField("Cache-Control", a.cache), newField("Accept-Ranges", "bytes"))
	if a.packed != nil {
		fields = with(fields, newField("Vary", "Accept-Encoding"))
	}
	for i, f := range compress.Formats {
		a.forms = append(a.forms, sync.OnceValue(func() *form {
			if a.packed == nil || len(a.packed()[i]) == 0 {
				return nil
			}
			etag := strings.TrimSuffix(a.etag, `"`) + "-" + f.Encoding + `"`
			return newForm(with(fields, newField("Content-Encoding", f.Encoding)), etag, a.packed()[i])
		}))
	}
	plain := newForm(fields, a.etag, a.plain)
	a.forms = append(a.forms, func() *form { return plain })
}

func newForm(fields []field, etag string, body []byte) *form {
	return &form{with(fields, newField("ETag", etag)), etag, []string{strconv.Itoa(len(body))}, body}
}

// answer sends the form that the request asks for. It says no when the request refuses all.
func (a *asset) answer(w http.ResponseWriter, r *http.Request) bool {
	i := choose(r.Header["Accept-Encoding"], func(i int) bool { return a.forms[i]() != nil })
	if i < 0 {
		return false
	}
	f := a.forms[i]()
	send(w, r, f.fields, f.etag, f.length, bytes.NewReader(f.body))
	return true
}
