//go:build !js

package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// ownURLs is the prefix of the URLs that jsexec keeps for itself.
const ownURLs = "/jsexec/"

var (
	//go:embed worker.js
	workerScript string
	//go:embed node.cjs
	nodeScript string
)

// pageHTML starts the worker and tells when the worker could not start. Its open request to alive ends when the page dies.
const pageHTML = `<!doctype html><meta charset="utf-8"><title>jsexec</title><link rel="icon" href="data:,"><script>
fetch("/jsexec/alive");
const worker = new Worker("/jsexec/worker.js");
worker.onerror = (e) => fetch("/jsexec/crash", {method: "POST", body: e.message || "the worker failed to start"});
</script>`

// ending is how the program ended.
type ending struct {
	code int
	err  error
}

// session serves one program to one host and takes its output.
type session struct {
	config
	dir      string // the program's current folder
	wasmExec string
	glue     string
	output   [2]*os.File // where the program's standard output and error go
	ended    chan ending
	log      tail // what the host itself wrote to standard error
}

func (s *session) end(code int, err error) {
	select {
	case s.ended <- ending{code, err}:
	default: // only the first report counts
	}
}

// hostLog returns what the host said last, without Chromium's complaints about a desktop that is not there.
func (s *session) hostLog() string {
	words := ""
	for line := range strings.Lines(s.log.String()) {
		if !strings.Contains(line, "ERROR:dbus/") {
			words += line
		}
	}
	if words == "" {
		return ""
	}
	return "\nThe host's last words:\n" + words
}

// serve answers the host until the returned server is closed.
func (s *session) serve(l net.Listener) *http.Server {
	mux := http.NewServeMux()
	for url, dir := range s.folders {
		mux.Handle(url, http.StripPrefix(strings.TrimSuffix(url, "/"), http.FileServer(http.Dir(dir))))
	}
	mux.HandleFunc("GET /{$}", text("text/html", pageHTML))
	mux.HandleFunc("GET /jsexec/worker.js", text("text/javascript", workerScript))
	mux.HandleFunc("GET /jsexec/start.json", s.start)
	mux.HandleFunc("GET /jsexec/alive", s.alive)
	mux.HandleFunc("POST /jsexec/write", s.write)
	mux.HandleFunc("POST /jsexec/exit", s.exit)
	mux.HandleFunc("POST /jsexec/crash", s.crash)
	mux.HandleFunc("GET /jsexec/stat", s.stat)
	mux.HandleFunc("GET /jsexec/file", s.file)
	mux.HandleFunc("GET /jsexec/program.wasm", file("application/wasm", s.program[0]))
	mux.HandleFunc("GET /jsexec/wasm_exec.js", file("text/javascript", s.wasmExec))
	if s.glue != "" {
		mux.HandleFunc("GET /jsexec/gpu.js", file("text/javascript", s.glue))
	} else {
		mux.HandleFunc("GET /jsexec/gpu.js", text("text/javascript", ""))
	}
	server := &http.Server{Handler: isolated(mux)}
	go server.Serve(l)
	return server
}

// isolated makes the page cross-origin isolated, which gives it the finer clock.
func isolated(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cross-Origin-Opener-Policy", "same-origin")
		w.Header().Set("Cross-Origin-Embedder-Policy", "require-corp")
		w.Header().Set("Cache-Control", "no-store")
		h.ServeHTTP(w, r)
	})
}

func text(kind, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", kind)
		io.WriteString(w, body)
	}
}

func file(kind, path string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", kind)
		http.ServeFile(w, r, path)
	}
}

func (s *session) start(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"argv": s.program, "env": s.environment(os.Environ()), "cwd": s.dir, "folders": s.folders})
}

// maxEnvironment leaves room for the arguments in the 8 KB that Go's wasm start allows for both.
const maxEnvironment = 4096

// environment picks the variables that the program gets.
func (s *session) environment(all []string) map[string]string {
	picked := map[string]string{"PWD": s.dir, "TMPDIR": "/tmp"}
	size := 0
	for _, entry := range all {
		name, value, _ := strings.Cut(entry, "=")
		if size+len(entry) > maxEnvironment || !s.passes(name) {
			continue
		}
		picked[name] = value
		size += len(entry)
	}
	return picked
}

func (s *session) passes(name string) bool {
	for _, p := range s.pass {
		if p == name {
			return true
		}
	}
	return strings.HasPrefix(name, "GPU_") || strings.HasPrefix(name, "REVERIE_") || name == "GOTRACEBACK" || name == "GODEBUG" || name == "GOGC"
}

// alive stays open as long as the page lives.
func (s *session) alive(w http.ResponseWriter, r *http.Request) {
	w.WriteHeader(http.StatusOK)
	w.(http.Flusher).Flush()
	<-r.Context().Done()
	time.Sleep(time.Second) // let an exit that was just sent come first
	s.end(exitCrash, errors.New("the browser's page died, most likely out of memory"+s.hostLog()))
}

func (s *session) write(w http.ResponseWriter, r *http.Request) {
	out := s.output[0]
	if r.FormValue("fd") == "2" {
		out = s.output[1]
	}
	io.Copy(out, r.Body)
}

func (s *session) exit(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	code, err := strconv.Atoi(string(body))
	if err != nil {
		s.end(exitCrash, fmt.Errorf("the program sent the exit status %q", body))
		return
	}
	s.end(code, nil)
}

func (s *session) crash(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.end(exitCrash, errors.New(string(body)))
}

// resolve maps a path of the program to one inside its folder, or says that it lies outside.
func (s *session) resolve(name string) (string, error) {
	if rest, ok := strings.CutPrefix(name, s.dir); ok && (rest == "" || rest[0] == '/') {
		name = "." + rest
	}
	name = path.Clean(name)
	if !fs.ValidPath(name) {
		return "", fs.ErrPermission
	}
	return filepath.Join(s.dir, filepath.FromSlash(name)), nil
}

// fail answers with the POSIX name of err, which is what Go's js file system expects.
func fail(w http.ResponseWriter, err error) {
	name := "EIO"
	switch {
	case errors.Is(err, fs.ErrNotExist):
		name = "ENOENT"
	case errors.Is(err, fs.ErrPermission):
		name = "EACCES"
	}
	http.Error(w, name, http.StatusNotFound)
}

func (s *session) stat(w http.ResponseWriter, r *http.Request) {
	name, err := s.resolve(r.FormValue("path"))
	if err != nil {
		fail(w, err)
		return
	}
	info, err := os.Stat(name)
	if err != nil {
		fail(w, err)
		return
	}
	answer := struct {
		Dir      bool     `json:"dir"`
		Size     int64    `json:"size"`
		Modified int64    `json:"modified"` // milliseconds since 1970
		Names    []string `json:"names"`    // of a folder's entries
	}{Dir: info.IsDir(), Size: info.Size(), Modified: info.ModTime().UnixMilli(), Names: []string{}}
	if info.IsDir() {
		entries, err := os.ReadDir(name)
		if err != nil {
			fail(w, err)
			return
		}
		for _, e := range entries {
			answer.Names = append(answer.Names, e.Name())
		}
	}
	json.NewEncoder(w).Encode(answer)
}

func (s *session) file(w http.ResponseWriter, r *http.Request) {
	name, err := s.resolve(r.FormValue("path"))
	if err != nil {
		fail(w, err)
		return
	}
	f, err := os.Open(name)
	if err != nil {
		fail(w, err)
		return
	}
	defer f.Close()
	w.Header().Set("Content-Type", "application/octet-stream")
	io.Copy(w, f)
}

// tail keeps the last lines written to it.
type tail struct {
	mu    sync.Mutex
	bytes []byte
}

const maxTail = 4096

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.bytes = append(t.bytes, p...)
	if surplus := len(t.bytes) - maxTail; surplus > 0 {
		if n := bytes.IndexByte(t.bytes[surplus:], '\n'); n >= 0 {
			surplus += n + 1 // keep whole lines
		}
		t.bytes = append(t.bytes[:0], t.bytes[surplus:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.bytes)
}
