//go:build !js

// Package site serves Reverie: the page with its assets, app.wasm, and models' weights. cmd/serve listens with it or writes it out
// as a static folder; cmd/render and the browser tests run it in-process.
package site

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"reverie/app/ui"
	"reverie/web"
)

// Config says what to serve.
type Config struct {
	Base    string // the path under which a browser sees the site: "/" or "/path/"
	Weights string // a folder of models, or one model's folder; "" for the embedded model alone
	Program Program
	Assets  fs.FS // web.Assets when nil
	Dev     bool  // no caching, and pages reload when vgrun says so
}

// Site answers requests. Its URLs start at "/", whatever Base is.
type Site struct {
	http.Handler
	Build    string   // identifies program and assets
	Warnings []string // on folders that are no models
	models   []model
	assets   map[string]*asset // by URL
}

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
	if len(c.Program.Wasm) == 0 {
		return nil, errors.New("site: app.wasm is not there: run make build first")
	}
	s := &Site{}
	var err error
	if s.models, s.Warnings, err = findModels(c.Weights); err != nil {
		return nil, err
	}
	if s.assets, err = loadAssets(c.Assets, c.Program, c.Base); err != nil {
		return nil, err
	}
	s.Build = buildID(s.assets)
	page, err := pageHandler(c, s.Build)
	if err != nil {
		return nil, err
	}
	index, err := indexOf(page, s.Build)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/", page)
	mux.Handle("GET /{$}", index)
	for url, a := range s.assets {
		mux.Handle("GET "+url, a)
	}
	mux.HandleFunc("/web/", http.NotFound)
	mux.HandleFunc("/weights/", http.NotFound)
	mux.HandleFunc("GET /weights/index.json", s.serveIndex)
	mux.HandleFunc("GET /weights/{model}/{file}", s.serveWeights)
	// go-app would fetch these from itself and log that they are missing.
	for _, name := range []string{"/robots.txt", "/sitemap.xml", "/ads.txt"} {
		mux.HandleFunc(name, http.NotFound)
	}
	s.Handler = secured(mux, c.Dev)
	return s, nil
}

// address is what go-app writes into the page of the site's own address. Nobody has told it which host that is, so it would say "https:///".
var address = regexp.MustCompile(`\s*<meta [^>]*"og:(url|image)"[^>]*>`)

// indexOf is the page without address.
func indexOf(page http.Handler, build string) (*asset, error) {
	answer := httptest.NewRecorder()
	page.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/", nil))
	if answer.Code != http.StatusOK {
		return nil, fmt.Errorf("site: making the page: HTTP status %d", answer.Code)
	}
	return &asset{kind: "text/html; charset=utf-8", etag: strconv.Quote(build), plain: address.ReplaceAll(answer.Body.Bytes(), nil)}, nil
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

func pageHandler(c Config, build string) (http.Handler, error) {
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
		CacheableResources:    []string{"/web/icon.svg", "/web/worker.js", "/web/gpu.js"},
		RawHeaders:            []string{`<meta name="color-scheme" content="light dark">`},
		Resources:             location(c.Base),
		Version:               build,
		WasmContentLength:     strconv.Itoa(len(c.Program.Wasm)),
		ServiceWorkerTemplate: string(serviceWorker),
	}
	if c.Dev {
		h.Scripts = []string{vgrunReload + " defer"}
	}
	return h, nil
}
