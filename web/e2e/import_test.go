//go:build e2e && !js

package e2e

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"reverie/app/imports"
	"reverie/tools/chromium"
	"reverie/tools/driver"
	"reverie/web/site"
	"reverie/weights"
	"reverie/weights/convert"
	"reverie/weights/vocab"
)

// importedCLIP is one of 13 MB, so that some requests are needed.
var importedCLIP = weights.CLIPConfig{ImageSize: 64, PatchSize: 32, VisionWidth: 128, VisionLayers: 1, VisionHeads: 2, TextWidth: 256, TextLayers: 1, TextHeads: 4,
	ContextLength: 8, VocabSize: 9000, EmbedDim: 64}

// randomCLIP is a checkpoint of it, with something beside that no picture needs.
func randomCLIP(t *testing.T) []byte {
	t.Helper()
	type entry struct {
		DType   string   `json:"dtype"`
		Shape   []int    `json:"shape"`
		Offsets [2]int64 `json:"data_offsets"`
	}
	header, numbers := map[string]entry{}, []byte{}
	specs := append([]weights.Spec{{Name: "optimizer.moments", Shape: []int{3 << 20}}}, append(importedCLIP.TextTensors(), importedCLIP.ImageTensors()...)...)
	r := rand.New(rand.NewPCG(1, 2))
	for _, s := range specs {
		from := int64(len(numbers))
		for range (&weights.Tensor{Shape: s.Shape}).Elements() {
			numbers = binary.LittleEndian.AppendUint32(numbers, math.Float32bits(float32(r.NormFloat64())))
		}
		header[s.Name] = entry{"F32", s.Shape, [2]int64{from, int64(len(numbers))}}
	}
	text, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Concat(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text, numbers)
}

// hub is a host of models as Hugging Face is one: it sends the page on to another origin, which lets pages read ranges.
type hub struct {
	*httptest.Server
	storage *httptest.Server
	data    []byte

	mu    sync.Mutex
	spans []string  // that were asked for
	wrong []string  // requests as a browser should not make them
	left  int       // answers until it falls silent
	quiet chan bool // hears when it does
	going chan bool // is closed when it goes on
}

func newHub(t *testing.T, data []byte) *hub {
	h := &hub{data: data, left: 8, // behind the largest tensor
		quiet: make(chan bool, 1), going: make(chan bool)}
	h.storage = httptest.NewServer(http.HandlerFunc(h.send))
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.look(r)
		w.Header().Set("Access-Control-Allow-Origin", "*")
		http.Redirect(w, r, h.storage.URL+r.URL.Path+"?signed", http.StatusFound)
	}))
	t.Cleanup(func() { h.Close(); h.storage.Close() })
	return h
}

func (h *hub) look(r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.Method != http.MethodGet || r.Referer() != "" || r.Header.Get("Cookie") != "" || strings.Contains(r.Header.Get("Range"), ",") {
		h.wrong = append(h.wrong, fmt.Sprint(r.Method, r.Header))
	}
}

func (h *hub) send(w http.ResponseWriter, r *http.Request) {
	h.look(r)
	h.mu.Lock()
	h.spans = append(h.spans, strings.TrimPrefix(r.Header.Get("Range"), "bytes="))
	h.left--
	silent := h.left == 0
	h.mu.Unlock()
	if silent {
		h.quiet <- true
		<-h.going
	}
	for name, value := range map[string]string{"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Accept-Ranges, Content-Range, ETag", "ETag": `"one"`} {
		w.Header().Set(name, value)
	}
	http.ServeContent(w, r, "clip.safetensors", time.Time{}, bytes.NewReader(h.data))
}

// The program fetches a published model from another origin, is killed in the middle, and goes on; what the browser keeps are the files of weights convert.
func TestImport(t *testing.T) {
	hub := newHub(t, randomCLIP(t))
	pages, err := site.New(site.Config{Programs: programs})
	if err != nil {
		t.Fatal(err)
	}
	v := openHandler(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/blank": // the page's own engine would only take time
			w.Header().Set("Content-Type", "text/html")
			return
		case "/favicon.ico":
			w.WriteHeader(http.StatusNoContent)
			return
		}
		pages.ServeHTTP(anywhere{w}, r)
	}), chromium.Software, "blank")
	config := `{"model_cfg":{"text_cfg":{"heads":4},"vision_cfg":{"head_width":64}}}`
	wire, err := imports.Encode(imports.Begin{Base: v.url + "weights/", Name: "clip", Quant: weights.TypeQ4, CLIP: &imports.Source{
		Name: "clip.safetensors", URLs: []string{hub.URL + "/resolve/1/clip.safetensors"}, Config: &imports.Text{Name: "open_clip_config.json", Text: config}}})
	v.must(err)
	begin := fmt.Sprintf(`(self.worker = new Worker("/web/worker.js", {name: "import"})).postMessage({text: %q, buffers: []})`, wire.Text)
	_, err = driver.Evaluate[bool](v.Page, begin+`, true`)
	v.must(err)
	<-hub.quiet
	_, err = driver.Evaluate[bool](v.Page, `worker.terminate(), true`)
	v.must(err)
	close(hub.going)
	before := len(hub.spans)
	said, err := driver.Evaluate[string](v.Page, `new Promise((done) => { `+begin+`; worker.onmessage = ({data}) => {
		const m = JSON.parse(data.text);
		if (m.kind != "beat" && m.kind != "progress") done(data.text);
	}})`)
	v.must(err)
	m, err := imports.DecodeText(said)
	v.must(err)
	done, ok := m.(imports.Done)
	if !ok || done.Dropped != 1 {
		t.Fatalf("it says %s", said)
	}
	kept, err := driver.Evaluate[string](v.Page, `(async () => {
		const root = await navigator.storage.getDirectory(), files = {};
		for await (const file of (await root.getDirectoryHandle("reverie" + encodeURIComponent("/weights/"))).values()) {
			const sum = await crypto.subtle.digest("SHA-256", await (await file.getFile()).arrayBuffer());
			files[file.name] = Array.from(new Uint8Array(sum), (b) => b.toString(16).padStart(2, "0")).join("");
		}
		return JSON.stringify(files);
	})()`)
	v.must(err)
	var files map[string]string
	v.must(json.Unmarshal([]byte(kept), &files))
	dir := t.TempDir()
	v.must(os.WriteFile(filepath.Join(dir, "clip.safetensors"), hub.data, 0o644))
	v.must(os.WriteFile(filepath.Join(dir, "open_clip_config.json"), []byte(config), 0o644))
	native, _, err := convert.Run(convert.Options{Model: convert.Model{Vocab: vocab.CLIP, Quant: weights.TypeQ4, Name: "clip"},
		CLIP: filepath.Join(dir, "clip.safetensors"), Out: filepath.Join(dir, "out")})
	v.must(err)
	want := map[string]bool{native.Vocab.SHA256: true, "clip.json": true}
	for _, p := range native.Parts {
		for _, s := range p.Shards {
			want[s.SHA256] = true
		}
	}
	for name, sum := range files {
		if !want[name] || name != "clip.json" && name != sum {
			t.Errorf("the browser keeps %s with the SHA-256 %s", name, sum)
		}
	}
	if len(files) != len(want) {
		t.Errorf("the browser keeps %v, want %v", slices.Sorted(maps.Keys(files)), slices.Sorted(maps.Keys(want)))
	}
	// Of the moments, 12.6 MB, nothing is fetched but what lay beside the header, and what the first import had is not fetched again.
	if len(hub.wrong) > 0 {
		t.Errorf("requests that a host may refuse: %v", hub.wrong)
	}
	need := int64(len(hub.data)) - 12<<20
	if done.Fetched > need/2 || before < 8 {
		t.Errorf("after %d requests that were answered or cut, %d of %d bytes were fetched: %v", before, done.Fetched, need, hub.spans)
	}
	v.clean()
}

// anywhere lets workers fetch from any origin, as the site will when it lists the hosts of models.
type anywhere struct{ http.ResponseWriter }

func (a anywhere) WriteHeader(status int) {
	a.Header().Del("Content-Security-Policy")
	a.ResponseWriter.WriteHeader(status)
}

func (a anywhere) Write(b []byte) (int, error) {
	a.Header().Del("Content-Security-Policy")
	return a.ResponseWriter.Write(b)
}
