//go:build !js

// Package site serves Reverie: the page with its assets and programs, and models' weights. cmd/serve listens with it or writes it out
// as a static folder; cmd/render and the browser tests run it in-process.
package site

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"reverie/app/ui"
	"reverie/web"
	"reverie/web/wasm"
	"reverie/weights/catalogue"
)

// Config says what to serve.
type Config struct {
	Base     string   // the path under which a browser sees the site: "/" or "/path/"
	Weights  string   // a folder of models, or one model's folder; "" for the embedded model alone
	Models   []string // folders of further models, one each
	Programs fs.FS    // what wasm.Programs lists, and FILE.br and FILE.gz where they have been made
	Assets   fs.FS    // web.Assets when nil
	Bare     bool     // answers lack the security fields: whoever serves writes Site.Security into each
	Dev      bool     // no caching, no compressed programs, which may be old, and pages reload when vgrun says so

	Catalogue *catalogue.Catalogue // of the published models that the page offers; the program's own when nil
	NoImport  bool                 // the page offers none, and reaches no other origin
}

// Site answers requests under its base path, and HealthPath.
type Site struct {
	Build    string   // identifies program and assets
	Warnings []string // on folders that are no models
	Security string   // the fields that every answer has, as lines of HTTP
	base     string
	policy   string // Content-Security-Policy
	dev      bool
	models   []model
	assets   map[string]*asset // by URL below the base, which begins with a slash
	shards   map[string]shard  // likewise
	refusal  []field           // of errors
	missing  []byte            // the page that says that there is nothing
}

// HealthPath answers 200 as long as the site is served, whatever the base path is.
const HealthPath = "/healthz"

// New prepares a site. Its error is a sentence.
func New(c Config) (*Site, error) {
	if c.Assets == nil {
		c.Assets = web.Assets
	}
	if c.Base == "" {
		c.Base = "/"
	}
	if !strings.HasPrefix(c.Base, "/") || !strings.HasSuffix(c.Base, "/") {
		return nil, fmt.Errorf("site: the base path is %q: begin and end it with a slash, as in /reverie/", c.Base)
	}
	published, err := c.published()
	if err != nil {
		return nil, err
	}
	s := &Site{base: c.Base, policy: policy(origins(published)), dev: c.Dev}
	common := s.security()
	s.Security = lines(common)
	if c.Bare {
		common = nil
	}
	s.refusal = with(common, newField("Cache-Control", "no-store"))
	if s.models, s.Warnings, err = findModels(c.Weights, c.Models); err != nil {
		return nil, err
	}
	if s.assets, err = loadAssets(c); err != nil {
		return nil, err
	}
	s.Build = buildID(s.assets)
	if err := s.addShell(c); err != nil {
		return nil, err
	}
	if err := s.addModels(common); err != nil {
		return nil, err
	}
	if published != nil {
		if err := s.addCatalogue(published); err != nil {
			return nil, err
		}
	}
	health := newAsset("health.txt", []byte("ok\n"))
	health.cache = "no-store"
	s.assets[HealthPath] = health
	for _, a := range s.assets {
		a.ready(common)
	}
	s.missing = missingPage(c.Base)
	return s, nil
}

func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength != 0 {
		w.Header()["Connection"] = []string{"close"} // no request needs a body, and nobody waits for one
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header()["Allow"] = []string{"GET, HEAD"}
		s.refuse(w, http.StatusMethodNotAllowed, "This server answers GET and HEAD only.")
		return
	}
	if r.RequestURI == "*" {
		s.refuse(w, http.StatusBadRequest, "Only OPTIONS may ask for *.")
		return
	}
	url, inside := s.locate(r.URL)
	if a := s.assets[url]; a != nil && (inside || url == HealthPath) {
		if !a.answer(w, r) {
			s.refuse(w, http.StatusNotAcceptable, "This file is not there in any encoding that the request accepts.")
		}
		return
	}
	switch shard, ok := s.shards[url]; {
	case !inside && url != "" && url+"/" == s.base:
		w.Header()["Location"] = []string{s.base}
		s.refuse(w, http.StatusPermanentRedirect, "The page is at "+s.base)
	case !inside || !ok || !shard.answer(w, r):
		s.absent(w)
	}
}

// locate returns the URL below the base path that is asked for, or, of one that lies outside, all of it.
func (s *Site) locate(u *url.URL) (path string, inside bool) {
	path = u.Path
	if path == "" {
		path = "/"
	}
	if u.RawPath != "" && strings.Contains(strings.ToLower(u.RawPath), "%2f") {
		return "", false // a slash that is encoded is part of a name, and no name here has one
	}
	below, inside := strings.CutPrefix(path, s.base)
	if !inside {
		return path, false
	}
	return path[len(path)-len(below)-1:], true
}

// refuse answers with an error of one sentence.
func (s *Site) refuse(w http.ResponseWriter, status int, sentence string) {
	h := w.Header()
	put(h, s.refusal)
	h["Content-Type"] = []string{kinds[".txt"]}
	w.WriteHeader(status)
	io.WriteString(w, sentence+"\n") // to HEAD net/http sends none of it
}

// absent says that there is nothing at an address.
func (s *Site) absent(w http.ResponseWriter) {
	h := w.Header()
	put(h, s.refusal)
	h["Content-Type"] = []string{kinds[".html"]}
	w.WriteHeader(http.StatusNotFound)
	w.Write(s.missing)
}

// addShell adds what go-app makes: the page and what starts its program.
func (s *Site) addShell(c Config) error {
	h, err := s.pageHandler(c)
	if err != nil {
		return err
	}
	for _, url := range []string{"/", "/app.js", "/app.css", "/app-worker.js", "/wasm_exec.js"} {
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, url, nil))
		if answer.Code != http.StatusOK {
			return fmt.Errorf("site: making %s: HTTP status %d", url, answer.Code)
		}
		a := newAsset(url, answer.Body.Bytes())
		if url == "/app.js" {
			if a, err = gated(a.plain); err != nil {
				return err
			}
		}
		if url == "/" { // whose attributes are in another order each time
			a = &asset{kind: kinds[".html"], cache: revalidate, etag: strconv.Quote(s.Build), plain: mended(a.plain)}
			if !c.Dev {
				a.plain = guarded(a.plain, s.policy)
			}
		}
		s.assets[url] = a.pack()
	}
	return nil
}

// buildID is a short hash of everything that a browser gets apart from models.
func buildID(assets map[string]*asset) string {
	var urls []string
	for url := range assets {
		urls = append(urls, url)
	}
	slices.Sort(urls)
	h := sha256.New()
	for _, url := range urls {
		fmt.Fprintf(h, "%s %s\n", url, assets[url].etag)
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
}

// location tells go-app where a browser finds things. Unlike go-app's own resolvers it serves nothing.
type location string

func (base location) Resolve(path string) string {
	prefix := strings.TrimSuffix(string(base), "/")
	switch {
	case path == "" || path == "/":
		if prefix == "" {
			return "/"
		}
		return prefix
	case strings.HasPrefix(path, "/"):
		return prefix + path
	}
	return path
}

// vgrunReload is what vgrun serves in development to reload the page.
const vgrunReload = "http://localhost:8324/auto-reload.js"

const description = "Type a prompt and watch a picture form on your own GPU: VQGAN+CLIP in a web page, with nothing to install and nothing uploaded."

func (s *Site) pageHandler(c Config) (http.Handler, error) {
	template := "service-worker.js"
	if c.Dev {
		template = "service-worker-dev.js"
	}
	serviceWorker, err := fs.ReadFile(c.Assets, template)
	if err != nil {
		return nil, fmt.Errorf("site: %w", err)
	}
	app.Route("/", func() app.Composer { return ui.NewPage() })
	h := &app.Handler{
		Name: "Reverie", ShortName: "Reverie", Title: "Reverie", Lang: "en", Description: description,
		Icon:            app.Icon{Default: "/web/icon-192.png", Large: "/web/icon-512.png", SVG: "/web/icon.svg", Maskable: "/web/icon-maskable.png"},
		BackgroundColor: "#15131c", ThemeColor: "#15131c",
		LoadingLabel:          "Loading… {progress} %",
		Styles:                []string{"/web/app.css"},
		Scripts:               []string{"/web/start.js"},
		CacheableResources:    []string{"/web/icon.svg", "/web/examples.webp", "/web/recorded.webp", "/web/recorded-still.webp", "/web/glossary.json", "/web/worker.js", "/web/gpu.js"},
		RawHeaders:            []string{`<meta name="color-scheme" content="light dark">`},
		Resources:             location(c.Base),
		Version:               s.Build,
		Env:                   map[string]string{},
		WasmContentLength:     strconv.Itoa(len(s.assets["/web/app.wasm"].plain)),
		ServiceWorkerTemplate: string(serviceWorker),
	}
	if !c.NoImport {
		h.Env[ui.ImportsEnv] = "on"
	}
	for _, p := range wasm.Programs {
		if !p.Wanted {
			h.CacheableResources = append(h.CacheableResources, "/web/"+p.File)
		}
	}
	if c.Dev {
		h.Scripts = append(h.Scripts, vgrunReload+" defer")
	}
	return h, nil
}
