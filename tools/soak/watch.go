//go:build linux && !js

package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"reverie/web"
)

var (
	//go:embed page.js
	pageScript []byte
	//go:embed engine.js
	engineScript []byte
)

// told is what page.js tells after every so many steps. Sizes are in bytes.
type told struct {
	Step         int       `json:"step"`
	Milliseconds []float64 `json:"milliseconds"` // of each step since the last
	Heap         *float64  `json:"heap"`         // nil where the browser does not tell
	Page         float64   `json:"page"`
	Engine       float64   `json:"engine"`
	Stored       float64   `json:"stored"`
}

// usual is after how many steps the page of a long run tells how it goes.
const usual = 100

// watch is a server of the site whose page tells how its run goes.
type watch struct {
	server  *httptest.Server
	samples chan told
	ends    chan string // why the run ended: "" when it is done
}

func newWatch(site http.Handler, every int) *watch {
	w := &watch{samples: make(chan told, 1), ends: make(chan string, 1)}
	mux := http.NewServeMux()
	mux.Handle("/", site)
	mux.Handle("GET /{$}", replacing(site, "<head>", fmt.Sprintf(`<head><script src="soak/page.js" data-every="%d"></script>`, every)))
	mux.HandleFunc("GET /soak/page.js", script(pageScript))
	mux.HandleFunc("GET /web/gpu.js", func(answer http.ResponseWriter, r *http.Request) {
		glue, err := fs.ReadFile(web.Assets, "gpu.js")
		if err != nil {
			http.Error(answer, err.Error(), http.StatusInternalServerError)
			return
		}
		script(append(glue, engineScript...))(answer, r)
	})
	mux.HandleFunc("POST /soak/sample", hear(w.samples))
	mux.HandleFunc("POST /soak/end", hear(w.ends))
	w.server = httptest.NewServer(mux)
	return w
}

// replacing answers with what h does, other words in the place of some.
func replacing(h http.Handler, old, new string) http.Handler {
	return http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
		r.Header.Del("Accept-Encoding")
		was := httptest.NewRecorder()
		h.ServeHTTP(was, r)
		body := bytes.Replace(was.Body.Bytes(), []byte(old), []byte(new), 1)
		for name, values := range was.Header() {
			if name != "Content-Length" {
				answer.Header()[name] = values
			}
		}
		answer.WriteHeader(was.Code)
		answer.Write(body)
	})
}

func script(text []byte) http.HandlerFunc {
	return func(answer http.ResponseWriter, _ *http.Request) {
		answer.Header().Set("Content-Type", "text/javascript")
		answer.Header().Set("Cross-Origin-Embedder-Policy", "require-corp")
		answer.Write(text)
	}
}

// hear takes what the page posts.
func hear[T any](into chan<- T) http.HandlerFunc {
	return func(answer http.ResponseWriter, r *http.Request) {
		var one T
		if err := json.NewDecoder(r.Body).Decode(&one); err != nil {
			http.Error(answer, err.Error(), http.StatusBadRequest)
			return
		}
		into <- one
	}
}

// patience is how long the steps between two samples may take.
const patience = 10 * time.Minute

// follow takes samples until the run is done, or interrupted, and prints them.
func (w *watch) follow(ctx context.Context, b *browser) (*report, error) {
	r := &report{}
	for {
		select {
		case t := <-w.samples:
			s, err := b.sample(t)
			if err != nil {
				return nil, err
			}
			r.samples, r.paces = append(r.samples, s), append(r.paces, t.Milliseconds...)
			fmt.Println(s)
		case why := <-w.ends:
			if why != "" {
				return nil, fmt.Errorf("soak: the run ended: %s", why)
			}
			return r, nil
		case <-b.ended:
			return nil, fmt.Errorf("soak: %s ended: %s", b.name, strings.TrimSpace(b.said.String()))
		case <-time.After(patience):
			return nil, fmt.Errorf("soak: nothing was heard of the run for %v", patience)
		case <-ctx.Done():
			if len(r.paces) < 2*settled {
				return nil, errors.New("soak: interrupted before a slope could be told")
			}
			return r, nil
		}
	}
}

// sample adds to what the page knows the memory of the browser's processes.
func (b *browser) sample(t told) (sample, error) {
	s := sample{step: t.Step, pace: median(t.Milliseconds)}
	s.bytes[pageHeap] = math.NaN()
	if t.Heap != nil {
		s.bytes[pageHeap] = *t.Heap
	}
	s.bytes[pageMemory], s.bytes[engineMemory], s.bytes[stored] = t.Page, t.Engine, t.Stored
	var err error
	if s.bytes[pages], s.bytes[gpuProcess], s.bytes[stacks], err = b.resident(); err == nil {
		s.spent, err = b.spent()
	}
	return s, err
}
