//go:build !js

package site

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"html"
	"image/png"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"reverie/app/ui"
	"reverie/recipe"
	"reverie/web"
	"reverie/web/compress"
	"reverie/web/wasm"
	"reverie/weights"
	"reverie/weights/catalogue"
	"reverie/weights/folder"
	"reverie/weights/mini"
)

// fakePrograms stand for all programs, compressed, too.
func fakePrograms() fstest.MapFS {
	files := fstest.MapFS{}
	for _, p := range wasm.Programs {
		for suffix, text := range map[string]string{"": "\x00asm", ".br": "br", ".gz": "gz"} {
			files[p.File+suffix] = &fstest.MapFile{Data: []byte(text)}
		}
	}
	return files
}

func newTestSite(t *testing.T, c Config) *Site {
	t.Helper()
	if c.Programs == nil {
		c.Programs = fakePrograms()
	}
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// get asks for a path with headers given as "Name: value".
func get(s *Site, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for _, h := range headers {
		if name, value, ok := strings.Cut(h, ": "); ok {
			r.Header.Set(name, value)
		}
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func anyShard(t *testing.T) (name string, data []byte) {
	t.Helper()
	names, err := fs.Glob(mini.FS, "[0-9a-f]*")
	if err != nil || len(names) == 0 {
		t.Fatal("the mini model has no shards", err)
	}
	data, err = fs.ReadFile(mini.FS, names[0])
	if err != nil {
		t.Fatal(err)
	}
	return names[0], data
}

func TestAnswers(t *testing.T) {
	s := newTestSite(t, Config{})
	name, data := anyShard(t)
	for _, c := range []struct {
		path    string
		headers []string
		status  int
		kind    string // how Content-Type begins
		cache   string // what Cache-Control holds
	}{
		{"/", nil, 200, "text/html", "no-cache"},
		{"/web/app.css", nil, 200, "text/css", "no-cache"},
		{"/web/gpu.js", nil, 200, "text/javascript", "no-cache"},
		{"/web/worker.js", nil, 200, "text/javascript", "no-cache"},
		{"/web/app.wasm", nil, 200, "application/wasm", "no-cache"},
		{"/web/engine.wasm", nil, 200, "application/wasm", "no-cache"},
		{"/web/start.js", nil, 200, "text/javascript", "no-cache"},
		{"/web/icon.svg", nil, 200, "image/svg+xml", "no-cache"},
		{"/manifest.webmanifest", nil, 200, "application/manifest+json", "no-cache"},
		{"/app-worker.js", nil, 200, "text/javascript", "no-cache"},
		{"/weights/index.json", nil, 200, "application/json", "no-cache"},
		{"/weights/mini/manifest.json", nil, 200, "application/json", "no-cache"},
		{"/weights/mini/" + name, nil, 200, "application/octet-stream", "immutable"},
		{"/weights/mini/" + name, []string{"Range: bytes=10-19"}, 206, "application/octet-stream", "immutable"},
		{"/weights/mini/" + name, []string{"Range: bytes=999999999-"}, 416, "text/plain", ""},
		{"/weights/mini/" + name, []string{`If-None-Match: "` + name + `"`}, 304, "", "immutable"},
		{"/weights/mini/" + strings.Repeat("0", 64), nil, 404, "", ""},
		{"/weights/mini/mini.go", nil, 404, "", ""},
		{"/weights/big/manifest.json", nil, 404, "", ""},
		{"/weights/", nil, 404, "", ""},
		{"/web/", nil, 404, "", ""},
		{"/web/service-worker.js", nil, 404, "", ""},
		{"/web/../go.mod", nil, 404, "", ""},
		{"/robots.txt", nil, 404, "", ""},
		{"/nothing", nil, 404, "", ""},
	} {
		w := get(s, c.path, c.headers...)
		if w.Code != c.status || !strings.HasPrefix(w.Header().Get("Content-Type"), c.kind) || !strings.Contains(w.Header().Get("Cache-Control"), c.cache) {
			t.Errorf("%s %v: status %d, headers %v; want %d, %q, %q", c.path, c.headers, w.Code, w.Header(), c.status, c.kind, c.cache)
		}
	}
	if part := get(s, "/weights/mini/"+name, "Range: bytes=10-19").Body.Bytes(); !bytes.Equal(part, data[10:20]) {
		t.Errorf("bytes 10 to 19 are %v, want %v", part, data[10:20])
	}
}

func TestEveryAnswerHasTheSecurityHeaders(t *testing.T) {
	s := newTestSite(t, Config{})
	for _, c := range []struct {
		path   string
		header string
		status int
	}{
		{"/", "", 200}, {"/web/app.wasm", "", 200}, {"/weights/index.json", "", 200}, {"/nothing", "", 404}, {HealthPath, "", 200},
		{"/", "Accept-Encoding: *;q=0", 406}, {"/", "Range: bytes=99999999-", 416}, {"/", `If-Match: "x"`, 412}, {"/", "If-None-Match: *", 304},
	} {
		w := get(s, c.path, c.header)
		path, h := c.path+" "+c.header, w.Header()
		if w.Code != c.status {
			t.Errorf("%s: status %d, want %d", path, w.Code, c.status)
		}
		for name, want := range map[string]string{
			"Content-Security-Policy":      s.policy,
			"Cross-Origin-Opener-Policy":   "same-origin",
			"Cross-Origin-Embedder-Policy": "require-corp",
			"Cross-Origin-Resource-Policy": "same-origin",
			"X-Content-Type-Options":       "nosniff",
			"Referrer-Policy":              "no-referrer",
			"Permissions-Policy":           permissions,
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
	}
	for _, loose := range []string{"unsafe-inline", "unsafe-eval'; ", "http:", "*"} {
		if strict := policy(nil); strings.Contains(strings.ReplaceAll(strict, "wasm-unsafe-eval", ""), loose) {
			t.Errorf("the policy allows %s: %s", loose, strict)
		}
	}
}

// Pages may reach the catalogue's hosts, to fetch from, and no others; without imports none, and then nothing is there to import with.
func TestPagesReachTheCataloguesHosts(t *testing.T) {
	other, err := catalogue.Parse([]byte(`
hosts: [{origin: "http://127.0.0.1:81", sendon: ["http://127.0.0.1:82"]}]
files:
  - {name: a.pt, id: a, title: A, kind: clip, sources: ["http://127.0.0.1:83/a", "http://127.0.0.1:81/a"], size: 3, licence: MIT}
  - {name: b.pt, id: b, title: B, kind: vqgan, sources: ["http://127.0.0.1:83/b"], size: 9, needed: 2}
  - {name: c.pt, id: c, title: C, kind: vqgan, sources: ["http://127.0.0.1:81/c"], size: 9, needed: 2}
models: [{name: ab, clip: a.pt, vqgan: b.pt}, {name: ac, clip: a.pt, vqgan: c.pt}]`))
	if err != nil {
		t.Fatal(err)
	}
	const at, file = "connect-src 'self'", "/weights/catalogue.json"
	for _, c := range []struct {
		config         Config
		connect, files string
		there          bool
	}{
		{Config{}, at + " https://huggingface.co https://*.huggingface.co https://*.hf.co;", `"id":"vit-b-32"`, true},
		{Config{Catalogue: other}, at + " http://127.0.0.1:81 http://127.0.0.1:82;",
			`{"files":[{"id":"a","name":"a.pt","vqgan":false,"title":"A","about":"","licence":"MIT","urls":["http://127.0.0.1:81/a"],"mb":3,"kept":null},` +
				`{"id":"c","name":"c.pt","vqgan":true,"title":"C","about":"","licence":"","urls":["http://127.0.0.1:81/c"],"mb":2,"kept":null}],` +
				`"pairs":[{"title":"","about":"","clip":"a","vqgan":"c"}]}`, true},
		{Config{NoImport: true}, at + ";", "", false},
	} {
		s := newTestSite(t, c.config)
		if got := get(s, "/").Header().Get("Content-Security-Policy"); !strings.Contains(got, c.connect) {
			t.Errorf("the policy is %s, want %s in it", got, c.connect)
		}
		if page := html.UnescapeString(get(s, "/").Body.String()); !strings.Contains(page, c.connect) {
			t.Errorf("the page's own policy lacks %s", c.connect)
		}
		list := get(s, file)
		if (list.Code == 200) != c.there || !strings.Contains(list.Body.String(), c.files) {
			t.Errorf("the catalogue is %d %.900s, want %s", list.Code, list.Body, c.files)
		}
		if program := get(s, "/web/import.wasm"); (program.Code == 200) != c.there || strings.Contains(get(s, "/app.js").Body.String(), ui.ImportsEnv) != c.there {
			t.Errorf("with %+v the program to import with is %d", c.config, program.Code)
		}
	}
}

func TestProgramIsSentAsTheBrowserTakesIt(t *testing.T) {
	s := newTestSite(t, Config{})
	for accept, want := range map[string]string{
		"gzip, deflate, br": "br", "gzip": "gzip", "": "", "br;q=0, gzip;q=0.5": "gzip", "identity": "", "br; q=0.000": "", "BR": "br",
	} {
		w := get(s, "/web/app.wasm", "Accept-Encoding: "+accept)
		body := map[string]string{"br": "br", "gzip": "gz", "": "\x00asm"}[want]
		if got := w.Header().Get("Content-Encoding"); got != want || w.Body.String() != body || w.Header().Get("Vary") != "Accept-Encoding" {
			t.Errorf("Accept-Encoding %q: got %q, %q, want %q", accept, got, w.Body, want)
		}
	}
	if !strings.Contains(get(s, "/app.js").Body.String(), `goappWasmContentLength = "4"`) {
		t.Error("app.js does not know the program's real length, so its percentage is wrong")
	}
	etag := get(s, "/web/app.wasm", "Accept-Encoding: br").Header().Get("ETag")
	if w := get(s, "/web/app.wasm", "Accept-Encoding: br", "If-None-Match: "+etag); w.Code != http.StatusNotModified {
		t.Errorf("the same ETag got status %d", w.Code)
	}
}

// What is text is sent compressed, too: each form is the same text.
func TestTextIsSentAsTheBrowserTakesIt(t *testing.T) {
	s := newTestSite(t, Config{})
	for _, url := range []string{"/", "/app.js", "/app.css", "/app-worker.js", "/wasm_exec.js", "/manifest.webmanifest", "/web/app.css", "/web/worker.js", "/web/icon.svg"} {
		plain := get(s, url)
		if plain.Header().Get("Content-Encoding") != "" || plain.Header().Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s, asked for plainly, has headers %v", url, plain.Header())
		}
		for _, f := range compress.Formats {
			w := get(s, url, "Accept-Encoding: "+f.Encoding)
			text, err := f.Unpack(w.Body.Bytes())
			if w.Header().Get("Content-Encoding") != f.Encoding || err != nil || !bytes.Equal(text, plain.Body.Bytes()) {
				t.Errorf("%s in %s: headers %v, %v, and %d bytes that unpack to %d of %d", url, f.Encoding, w.Header(), err, w.Body.Len(), len(text), plain.Body.Len())
			}
			if w.Header().Get("ETag") == plain.Header().Get("ETag") {
				t.Errorf("%s in %s has the ETag of the plain text", url, f.Encoding)
			}
		}
	}
	if w := get(s, "/web/icon-192.png", "Accept-Encoding: br"); w.Header().Get("Content-Encoding") != "" {
		t.Error("a PNG is compressed again")
	}
}

// A first visit's picture is the only one that the page asks for by itself, before anything else that can wait.
func TestPictureOfThePage(t *testing.T) {
	page := get(newTestSite(t, Config{Base: "/path/"}), "/path/").Body.String()
	pictures := regexp.MustCompile(`<img [^>]*>`).FindAllString(page, -1)
	if len(pictures) != 1 || !strings.Contains(pictures[0], ` src="/path/web/recorded-still.webp"`) || !strings.Contains(pictures[0], ` role="presentation"`) || !strings.Contains(pictures[0], ` fetchpriority="high"`) {
		t.Errorf("the page asks for %q", pictures)
	}
	if !strings.Contains(page, `<i id="app-wasm-loader-icon"></i>`) {
		t.Error("go-app's script does not find the element that turns while its program is on its way")
	}
}

// Boolean attributes of HTML hold by being there: until the program runs, the page shows what its settings are.
func TestBooleanAttributesOfThePage(t *testing.T) {
	page := get(newTestSite(t, Config{}), "/").Body.String()
	if found := regexp.MustCompile(`\s[a-z]+="false"`).FindAllString(page, -1); len(found) > 0 {
		for _, attribute := range found {
			if name, _, _ := strings.Cut(strings.TrimSpace(attribute), "="); slices.Contains(booleans, name) {
				t.Errorf("the page says%s, which browsers take for true", attribute)
			}
		}
	}
	chosen := regexp.MustCompile(`<option[^>]*\sselected[^>]*>`).FindAllString(page, -1)
	var choices []string
	for _, o := range recipe.Options() {
		if _, ok := o.Kind.(recipe.Choice); ok {
			choices = append(choices, fmt.Sprintf("value=%q", o.Default))
		}
	}
	if len(chosen) != len(choices) {
		t.Errorf("chosen are %q, want one for each of %q", chosen, choices)
	}
	for _, want := range choices {
		if !slices.ContainsFunc(chosen, func(option string) bool { return strings.Contains(option, want) }) {
			t.Errorf("no option with %s is chosen in %q", want, chosen)
		}
	}
	folds := regexp.MustCompile(`<button[^>]*aria-expanded="[^"]*"`).FindAllString(page, -1)
	if len(folds) < 3 {
		t.Errorf("the page has %d buttons that unfold something", len(folds))
	}
	for _, f := range folds {
		if !strings.Contains(f, `"false"`) {
			t.Errorf("it is unfolded: %s", f)
		}
	}
	if !strings.Contains(page, " disabled") || !strings.Contains(page, " hidden") {
		t.Error("attributes that are true are gone")
	}
}

func TestBooleanAttributes(t *testing.T) {
	for page, want := range map[string]string{
		`<option selected="false" value="a">`:                      `<option value="a">`,
		`<option value="a" selected>`:                              `<option value="a" selected>`,
		"<details\nopen=\"false\">":                                `<details>`,
		`<p aria-hidden="false" draggable="false" hidden="false">`: `<p aria-hidden="false" draggable="false">`,
		`<p title=" open=\"false\"">`:                              `<p title=" open=\"false\"">`,
		`<p> open=&#34;false&#34;</p>`:                             `<p> open=&#34;false&#34;</p>`,
	} {
		if got := string(mended([]byte(page))); got != want {
			t.Errorf("%s becomes %s, want %s", page, got, want)
		}
	}
}

// go-app carries a copy of wasm_exec.js; another Go needs another one.
func TestWasmExecIsTheToolchains(t *testing.T) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js"))
	if err != nil {
		t.Fatal(err)
	}
	if got := get(newTestSite(t, Config{}), "/wasm_exec.js").Body.Bytes(); !bytes.Equal(got, want) {
		t.Error("the wasm_exec.js that is served is not the one of this Go")
	}
}

func TestBuildIDFollowsTheContent(t *testing.T) {
	a, b := newTestSite(t, Config{}), newTestSite(t, Config{})
	if a.Build != b.Build {
		t.Errorf("builds %s and %s", a.Build, b.Build)
	}
	for _, p := range wasm.Programs {
		programs := fakePrograms()
		programs[p.File] = &fstest.MapFile{Data: []byte("\x00asm other")}
		if other := newTestSite(t, Config{Programs: programs}); other.Build == a.Build {
			t.Errorf("with another %s it is the same build", p.File)
		}
	}
	if worker := get(a, "/app-worker.js").Body.String(); !strings.Contains(worker, a.Build) || strings.Contains(worker, "{{") {
		t.Errorf("the service worker does not carry the build: %.200s", worker)
	}
}

func TestServiceWorkerListsOnlyWhatIsThere(t *testing.T) {
	s := newTestSite(t, Config{})
	worker := get(s, "/app-worker.js").Body.String()
	_, list, _ := strings.Cut(worker, "FILES = ")
	list, _, _ = strings.Cut(list, ".map")
	var files []string
	if err := json.Unmarshal([]byte(list), &files); err != nil {
		t.Fatal(err)
	}
	needed := []string{"/", "/web/start.js", "/web/worker.js", "/web/gpu.js", "/web/app.css", "/web/icon.svg", "/web/examples.webp", "/web/recorded.webp", "/web/recorded-still.webp", "/wasm_exec.js"}
	for _, p := range wasm.Programs {
		switch file := "/web/" + p.File; {
		case !p.Wanted:
			needed = append(needed, file)
		case strings.Contains(list, file):
			t.Errorf("%s is cached, though few want it", file)
		}
	}
	for _, need := range needed {
		if !strings.Contains(list, `"`+need+`"`) {
			t.Errorf("%s is not cached", need)
		}
	}
	for _, file := range files {
		if w := get(s, file); w.Code != http.StatusOK {
			t.Errorf("%s is to be cached and answers %d", file, w.Code)
		}
	}
}

func TestDevelopment(t *testing.T) {
	s := newTestSite(t, Config{Dev: true})
	h := get(s, "/").Header()
	if h.Get("Cross-Origin-Embedder-Policy") != "" || !strings.Contains(h.Get("Content-Security-Policy"), "ws://localhost:8324") {
		t.Errorf("vgrun's script is shut out: %v", h)
	}
	if !strings.Contains(get(s, "/").Body.String(), vgrunReload) || !strings.Contains(get(s, "/app-worker.js").Body.String(), "unregister") {
		t.Error("the page does not reload, or the service worker stays")
	}
	if w := get(s, "/web/app.wasm", "Accept-Encoding: br"); w.Body.String() != "\x00asm" {
		t.Errorf("a compressed program is served that may be older than the program: %q", w.Body)
	}
}

// modelFolder copies the mini model's manifest under another name.
func modelFolder(t *testing.T, dir, name string) {
	t.Helper()
	text, err := fs.ReadFile(mini.FS, "manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	m["name"] = name
	if text, err = json.Marshal(m); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "manifest.json"), text, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestModels(t *testing.T) {
	single, several, empty := t.TempDir(), t.TempDir(), t.TempDir()
	modelFolder(t, single, "alone")
	modelFolder(t, filepath.Join(several, "first"), "x")
	modelFolder(t, filepath.Join(several, "second"), "x")
	if err := os.MkdirAll(filepath.Join(several, "broken"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(several, "broken", "manifest.json"), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		dir, want string
		warnings  int
	}{
		{"", "mini", 0}, {single, "mini alone", 0}, {several, "mini first second", 1}, {empty, "mini", 1},
	} {
		s := newTestSite(t, Config{Weights: c.dir})
		var listed []ui.Model
		if err := json.Unmarshal(get(s, "/weights/index.json").Body.Bytes(), &listed); err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, m := range listed {
			names = append(names, m.Name)
			if m.Factor != 8 || m.Bytes < 1<<20 || m.About == "" || len(m.Suggested.Said()) != 3 {
				t.Errorf("%s: listed as %+v", c.dir, m)
			}
		}
		if got := strings.Join(names, " "); got != c.want || len(s.Warnings) != c.warnings {
			t.Errorf("%q: models %q, warnings %q; want %q and %d", c.dir, got, s.Warnings, c.want, c.warnings)
		}
	}
	if _, err := New(Config{Programs: fakePrograms(), Weights: filepath.Join(empty, "none")}); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("a folder that is not there: %v", err)
	}
}

// A folder of one model alone is listed with what it holds, for pairs, and verified with its other half.
func TestPacks(t *testing.T) {
	dir := t.TempDir()
	whole, err := folder.Manifest(mini.FS)
	if err != nil {
		t.Fatal(err)
	}
	pack := *whole
	pack.CLIP, pack.Vocab, pack.About, pack.Parts = weights.CLIPConfig{}, weights.Shard{}, "", []weights.Part{*whole.Part(weights.PartDecoder), *whole.Part(weights.PartEncoder)}
	text, err := pack.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "hand"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "hand", weights.ManifestFile), text, 0o644); err != nil {
		t.Fatal(err)
	}
	s := newTestSite(t, Config{Weights: dir})
	models := s.Models()
	if len(models) != 2 || len(s.Warnings) != 0 {
		t.Fatalf("listed are %+v with %q", models, s.Warnings)
	}
	m, embedded := models[1], models[0]
	if m.Name != "hand" || m.CLIP != 0 || m.VQGAN != m.Bytes || m.VQGAN != embedded.VQGAN || embedded.CLIP+embedded.VQGAN != embedded.Bytes || m.Factor != 8 || strings.Contains(m.About, "CLIP") {
		t.Errorf("the pack is listed as %+v beside %+v", m, embedded)
	}
	if err := s.Verify("mini+hand"); err == nil || !strings.Contains(err.Error(), "missing") {
		t.Errorf("a pair whose shards are not there: %v", err)
	}
	for name := range pack.VQGANFiles() {
		data, err := fs.ReadFile(mini.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "hand", name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Verify("mini+hand"); err != nil {
		t.Error(err)
	}
}

// What is offered can be started: a folder whose name settings do not take is left out, and the warning says what to do.
func TestFoldersWithOtherNamesAreLeftOut(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"my model", "modèle", ".hidden", "My_Model-2.0"} {
		modelFolder(t, filepath.Join(dir, name), "x")
	}
	s := newTestSite(t, Config{Weights: dir})
	for _, m := range s.Models() {
		if _, _, err := recipe.New(recipe.Prompt.Is("a red apple"), recipe.Model.Is(m.Name)).Check(m.Factor); err != nil {
			t.Errorf("%s is offered and cannot be started: %v", m.Name, err)
		}
	}
	if got := len(s.Models()); got != 2 {
		t.Errorf("%d models are offered, want mini and My_Model-2.0", got)
	}
	if len(s.Warnings) != 3 {
		t.Fatalf("warnings %q, want three", s.Warnings)
	}
	for i, name := range []string{".hidden", "modèle", "my model"} {
		if w := s.Warnings[i]; !strings.Contains(w, filepath.Join(dir, name)) || !strings.Contains(w, "rename the folder") {
			t.Errorf("the warning about %q is %q", name, w)
		}
	}
}

// Nothing but regular files inside the weights folder is served, whatever has its name, and no request waits for a pipe.
func TestWeightsAreContained(t *testing.T) {
	name, data := anyShard(t)
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what   string
		make   func(path string) error
		status int
	}{
		{"a file", func(path string) error { return os.WriteFile(path, data, 0o644) }, 200},
		{"a link inside", func(path string) error {
			if err := os.WriteFile(filepath.Join(filepath.Dir(path), "there"), data, 0o644); err != nil {
				return err
			}
			return os.Symlink("there", path)
		}, 200},
		{"a link out", func(path string) error { return os.Symlink(secret, path) }, 404},
		{"a link up", func(path string) error {
			return os.Symlink("../../"+filepath.Base(filepath.Dir(secret))+"/secret", path)
		}, 404},
		{"a link to itself", func(path string) error { return os.Symlink(name, path) }, 404},
		{"a folder", func(path string) error { return os.Mkdir(path, 0o755) }, 404},
		{"a pipe", func(path string) error { return syscall.Mkfifo(path, 0o644) }, 404},
		{"nothing", func(string) error { return nil }, 404},
	} {
		dir := t.TempDir()
		modelFolder(t, filepath.Join(dir, "m"), "x")
		s := newTestSite(t, Config{Weights: dir})
		if err := c.make(filepath.Join(dir, "m", name)); err != nil {
			t.Fatal(err)
		}
		w := get(s, "/weights/m/"+name)
		if w.Code != c.status || bytes.Contains(w.Body.Bytes(), []byte("secret")) || c.status == 200 && !bytes.Equal(w.Body.Bytes(), data) {
			t.Errorf("%s: status %d and %d bytes, want %d", c.what, w.Code, w.Body.Len(), c.status)
		}
	}
}

// A file with a shard's name that no manifest lists is nobody's business.
func TestOnlyListedShardsAreServed(t *testing.T) {
	dir := t.TempDir()
	modelFolder(t, filepath.Join(dir, "m"), "x")
	other := strings.Repeat("a", 64)
	for _, name := range []string{other, "notes.txt"} {
		if err := os.WriteFile(filepath.Join(dir, "m", name), []byte("private"), 0o644); err != nil {
			t.Fatal(err)
		}
		if w := get(newTestSite(t, Config{Weights: dir}), "/weights/m/"+name); w.Code != 404 {
			t.Errorf("%s: status %d, want 404", name, w.Code)
		}
	}
}

// A folder or manifest that lies elsewhere, or is no file, is left out with a warning.
func TestModelsThatLeadOutAreLeftOut(t *testing.T) {
	outside, dir := t.TempDir(), t.TempDir()
	modelFolder(t, filepath.Join(outside, "far"), "x")
	modelFolder(t, filepath.Join(dir, "near"), "x")
	for _, name := range []string{"linked", "piped"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range []error{
		os.Symlink(filepath.Join(outside, "far"), filepath.Join(dir, "far")),
		os.Symlink("near", filepath.Join(dir, "nearby")),
		os.Symlink(filepath.Join(outside, "far", "manifest.json"), filepath.Join(dir, "linked", "manifest.json")),
		syscall.Mkfifo(filepath.Join(dir, "piped", "manifest.json"), 0o644),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	s := newTestSite(t, Config{Weights: dir})
	var names []string
	for _, m := range s.Models() {
		names = append(names, m.Name)
	}
	if got := strings.Join(names, " "); got != "mini near nearby" {
		t.Errorf("models %q, want mini, near and nearby", got)
	}
	if len(s.Warnings) != 3 {
		t.Fatalf("warnings %q, want three", s.Warnings)
	}
	for i, name := range []string{"far", "linked", "piped"} {
		if !strings.HasPrefix(s.Warnings[i], filepath.Join(dir, name)+" is left out: ") {
			t.Errorf("the warning about %s is %q", name, s.Warnings[i])
		}
	}
}

func TestVerifyFindsADamagedShard(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, mini.FS); err != nil {
		t.Fatal(err)
	}
	s := newTestSite(t, Config{Weights: dir})
	if err := s.Verify("mini"); err != nil {
		t.Fatalf("a sound copy: %v", err)
	}
	name, data := anyShard(t)
	data = bytes.Clone(data)
	data[len(data)/2] ^= 1
	if err := os.Chmod(filepath.Join(dir, name), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := s.Verify("mini"); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("one flipped bit: %v", err)
	}
}

// Where the site is, only its host knows: the page says nothing of it. go-app writes attributes in any order.
func TestPageDoesNotGuessItsAddress(t *testing.T) {
	for _, base := range []string{"/", "/sub/", "/", "/sub/", "/", "/sub/"} {
		page := get(newTestSite(t, Config{Base: base}), base).Body.String()
		for _, wrong := range []string{"=\"https://", "og:url", "og:image"} {
			if strings.Contains(page, wrong) {
				t.Errorf("under %s the page has %s in it:\n%.2000s", base, wrong, page)
			}
		}
		for _, stays := range []string{"og:title", "og:description", "og:type", "viewport"} {
			if !strings.Contains(page, stays) {
				t.Errorf("under %s the page has lost %s", base, stays)
			}
		}
	}
}

func TestExport(t *testing.T) {
	dir, models := t.TempDir(), t.TempDir()
	modelFolder(t, filepath.Join(models, "big"), "x")
	s := newTestSite(t, Config{Base: "/sub/", Weights: models})
	if err := s.Export(dir); err != nil {
		t.Fatal(err)
	}
	name, _ := anyShard(t)
	for _, file := range []string{"index.html", "app.js", "app.css", "app-worker.js", "wasm_exec.js", "manifest.webmanifest", "web/app.wasm", "web/engine.wasm", "web/worker.js",
		"web/gpu.js", "web/app.css", "index.html.br", "app.js.gz", "web/app.css.br", "web/app.wasm.br", "web/engine.wasm.gz", "web/icon-512.png", "weights/index.json", "weights/catalogue.json", "weights/mini/manifest.json", "weights/mini/" + name,
		"weights/big/manifest.json"} {
		if info, err := os.Stat(filepath.Join(dir, file)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", file, err)
		}
	}
	if manifest, err := os.ReadFile(filepath.Join(dir, "manifest.webmanifest")); err != nil || !bytes.Contains(manifest, []byte(`"id": "/sub/reverie"`)) {
		t.Errorf("the app has the identity of one under another path: %v\n%s", err, manifest)
	}
	page, err := os.ReadFile(filepath.Join(dir, "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(page, []byte("https:///")) {
		t.Errorf("the page names an address without a host:\n%.2000s", page)
	}
	if bytes.Contains(page, []byte("app.wasm")) {
		t.Error("the page asks for its program whether the browser can run it or not")
	}
	if meta := bytes.Index(page, []byte(`http-equiv="Content-Security-Policy"`)); meta < 0 || meta > bytes.Index(page, []byte("<script")) || bytes.Contains(page, []byte("frame-ancestors")) {
		t.Errorf("its policy is not in front of all scripts, or says what only headers can: at %d of\n%.2000s", meta, page)
	}
	for _, file := range []string{"404.html", "_headers", "nginx.conf", "Caddyfile"} {
		text, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil || !bytes.Contains(text, []byte("/sub/")) {
			t.Errorf("%s: %v, and it knows no path:\n%s", file, err, text)
		}
		if file != "404.html" && (!bytes.Contains(text, []byte(permissions)) || !bytes.Contains(text, []byte(s.policy))) {
			t.Errorf("%s lacks headers:\n%s", file, text)
		}
	}
	for _, link := range regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllSubmatch(page, -1) {
		if !bytes.HasPrefix(link[1], []byte("/sub/")) {
			t.Errorf("the page points to %s, outside its base path", link[1])
		}
	}
}

// Under a base path the site begins there, and health is where every prober finds it.
func TestBasePath(t *testing.T) {
	s := newTestSite(t, Config{Base: "/sub/path/"})
	name, _ := anyShard(t)
	for url, want := range map[string]int{
		"/sub/path/": 200, "/sub/path/web/app.wasm": 200, "/sub/path/weights/mini/" + name: 200, "/sub/path/healthz": 200, "/healthz": 200, "/sub/path": 308,
		"/": 404, "/sub/": 404, "/web/app.wasm": 404, "/weights/mini/" + name: 404, "/sub/pathweb/app.wasm": 404, "/sub/path//": 404, "/sub/path/sub/path/": 404,
	} {
		w := get(s, url)
		if w.Code != want || want == 308 && w.Header().Get("Location") != "/sub/path/" || want == 404 && !strings.Contains(w.Body.String(), `href="/sub/path/"`) {
			t.Errorf("%s: status %d, %v, want %d", url, w.Code, w.Header(), want)
		}
	}
}

// Static hosts take no larger files.
func TestExportRefusesLargeFiles(t *testing.T) {
	files := fakePrograms()
	files["app.wasm"] = &fstest.MapFile{Data: make([]byte, MaxFile+1)}
	err := newTestSite(t, Config{Programs: files}).Export(t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "app.wasm") || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v, want one line that names the file", err)
	}
}

func TestConfigErrors(t *testing.T) {
	half := fakePrograms()
	delete(half, "engine.wasm")
	for _, c := range []struct {
		config Config
		want   string
	}{
		{Config{Programs: fstest.MapFS{}}, "app.wasm is not there: run make build"}, {Config{Programs: half}, "engine.wasm is not there: run make build"},
		{Config{Programs: fakePrograms(), Base: "sub"}, "slash"},
	} {
		if _, err := New(c.config); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q in it", err, c.want)
		}
	}
}

// The pictures that the web app's manifest names are there and as large as it says: browsers ignore others.
func TestManifestPictures(t *testing.T) {
	text, err := fs.ReadFile(web.Assets, "manifest.webmanifest")
	if err != nil {
		t.Fatal(err)
	}
	type picture struct{ Src, Type, Sizes string }
	var manifest struct{ Icons, Screenshots []picture }
	if err := json.Unmarshal(text, &manifest); err != nil {
		t.Fatal(err)
	}
	if len(manifest.Icons) != 4 || len(manifest.Screenshots) != 2 {
		t.Errorf("%d icons and %d screenshots, want 4 and 2", len(manifest.Icons), len(manifest.Screenshots))
	}
	for _, p := range append(manifest.Icons, manifest.Screenshots...) {
		file, err := web.Assets.Open(strings.TrimPrefix(p.Src, "web/"))
		if err != nil {
			t.Error(err)
			continue
		}
		defer file.Close()
		if p.Type != "image/png" {
			continue
		}
		if c, err := png.DecodeConfig(file); err != nil || fmt.Sprintf("%dx%d", c.Width, c.Height) != p.Sizes {
			t.Errorf("%s is %d×%d (%v), and the manifest says %s", p.Src, c.Width, c.Height, err, p.Sizes)
		}
	}
}

// tally takes an answer and keeps of its body how long it is.
type tally struct {
	header http.Header
	status int
	length int64
}

func (t *tally) Header() http.Header { return t.header }

func (t *tally) WriteHeader(status int) {
	if t.status == 0 {
		t.status = status
	}
}

func (t *tally) Write(b []byte) (int, error) {
	t.WriteHeader(http.StatusOK)
	t.length += int64(len(b))
	return len(b), nil
}

// FuzzRequest holds that whatever is asked for, only what the site has is sent, in an encoding that the request names, and that what an answer
// says of its length is true.
func FuzzRequest(f *testing.F) {
	s, err := New(Config{Programs: fakePrograms()})
	if err != nil {
		f.Fatal(err)
	}
	const program = "/web/app.wasm"
	for _, c := range [][3]string{
		{"/", "br", ""}, {program, "gzip;q=0.5, br;q=0", "bytes=1-2"}, {program, "*;q=0.001,identity;q=0", "bytes=-1"}, {program, "BR ; q=1.000", "bytes=0-0,2-"},
		{program, "", "bytes=9-"}, {"/weights/mini/manifest.json", "identity", "bytes=5-1"}, {"/web/../web/%61pp.wasm", "x-gzip", "x=1"}, {"/web%2fapp.wasm", "q", "bytes="}, {"http:", "", ""}, {"*", "", ""},
	} {
		f.Add(c[0], c[1], c[2])
	}
	f.Fuzz(func(t *testing.T, path, accept, ranges string) {
		u, err := url.ParseRequestURI(path)
		if err != nil || len(path)+len(accept)+len(ranges) > 512 {
			return
		}
		r := &http.Request{Method: http.MethodGet, URL: u, RequestURI: path, Header: http.Header{"Accept-Encoding": {accept}}}
		if ranges != "" {
			r.Header.Set("Range", ranges)
		}
		w := &tally{header: http.Header{}}
		s.ServeHTTP(w, r)
		at := cmp.Or(u.Path, "/") // as in http://host
		_, shard := s.shards[at]
		there := shard || s.assets[at] != nil
		switch w.status {
		case http.StatusOK, http.StatusPartialContent:
			if !there {
				t.Errorf("%q is sent, and there is no such file", path)
			}
		case http.StatusNotAcceptable, http.StatusRequestedRangeNotSatisfiable:
		case http.StatusNotFound:
			if there && u.RawPath == "" {
				t.Errorf("%q is not found", path)
			}
		case http.StatusBadRequest:
			if path != "*" {
				t.Errorf("%q is refused", path)
			}
		default:
			t.Errorf("%q: status %d", path, w.status)
		}
		if e := w.header.Get("Content-Encoding"); e != "" && !strings.Contains(accept, "*") && !strings.Contains(strings.ToLower(accept), e) {
			t.Errorf("Accept-Encoding %q gets %s", accept, e)
		}
		if said := w.header.Get("Content-Length"); said != "" && said != strconv.FormatInt(w.length, 10) {
			t.Errorf("%d bytes are sent, and Content-Length is %s", w.length, said)
		}
		var from, to, size int64
		if part := w.header.Get("Content-Range"); w.status == http.StatusPartialContent && part != "" {
			if n, err := fmt.Sscanf(part, "bytes %d-%d/%d", &from, &to, &size); n != 3 || err != nil || from < 0 || to >= size || to-from+1 != w.length {
				t.Errorf("Range %q: %d bytes are sent, and Content-Range is %q", ranges, w.length, part)
			}
		}
	})
}
