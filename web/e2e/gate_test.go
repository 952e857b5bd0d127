//go:build e2e && !js

package e2e

import (
	"net/http"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// gate serves the site and holds some of its files back until they are let through.
type gate struct {
	testing.TB
	site    http.Handler
	missing atomic.Bool // the engine is not there
	held    map[string]*held
}

// held is a file that waits at a gate.
type held struct {
	asked, through chan struct{}
	ask, let       sync.Once
}

func newGate(t *testing.T, files ...string) *gate {
	t.Helper()
	g := &gate{TB: t, site: plain(t), held: map[string]*held{}}
	for _, file := range files {
		g.held[file] = &held{asked: make(chan struct{}), through: make(chan struct{})}
	}
	return g
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := path.Base(r.URL.Path)
	if name == "engine.wasm" && g.missing.Load() {
		http.NotFound(w, r)
		return
	}
	if h := g.held[name]; h != nil {
		h.ask.Do(func() { close(h.asked) })
		select {
		case <-h.through:
		case <-r.Context().Done():
			return
		}
	}
	g.site.ServeHTTP(w, r)
}

// wait waits until a file is asked for.
func (g *gate) wait(file string) {
	g.Helper()
	select {
	case <-g.held[file].asked:
	case <-time.After(time.Minute):
		g.Fatalf("%s is not asked for", file)
	}
}

// asked are those of the files that are asked for already.
func (g *gate) asked(files ...string) string {
	var list []string
	for _, file := range files {
		select {
		case <-g.held[file].asked:
			list = append(list, file)
		default:
		}
	}
	return strings.Join(list, " and ")
}

// open lets a file through.
func (g *gate) open(file string) { g.held[file].let.Do(func() { close(g.held[file].through) }) }
