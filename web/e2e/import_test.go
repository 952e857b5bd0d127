//go:build e2e && !js

package e2e

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"reverie/app/protocol"
	"reverie/tools/chromium"
	"reverie/tools/driver"
	"reverie/web/site"
	"reverie/weights"
	"reverie/weights/catalogue"
	"reverie/weights/convert"
	"reverie/weights/folder"
	"reverie/weights/importer"
	"reverie/weights/vocab"
)

// importedCLIP is one of 13 MB, so that some requests are needed.
var importedCLIP = weights.CLIPConfig{ImageSize: 64, PatchSize: 32, VisionWidth: 128, VisionLayers: 1, VisionHeads: 2, TextWidth: 256, TextLayers: 1, TextHeads: 4,
	ContextLength: 8, VocabSize: 9000, EmbedDim: 64}

// importedConfig is what OpenCLIP publishes beside it.
const importedConfig = `{"model_cfg":{"text_cfg":{"heads":4},"vision_cfg":{"head_width":64}}}`

// randomCLIP is a checkpoint of it, with something beside that no picture needs, and where each of its tensors lies.
func randomCLIP(t *testing.T) ([]byte, []importer.Span) {
	t.Helper()
	type entry struct {
		DType   string   `json:"dtype"`
		Shape   []int    `json:"shape"`
		Offsets [2]int64 `json:"data_offsets"`
	}
	header, numbers := map[string]entry{}, []byte{}
	specs := append([]weights.Spec{{Name: "optimizer.moments", Shape: []int{3 << 20}}}, append(importedCLIP.TextTensors(), importedCLIP.ImageTensors()...)...)
	r := rand.New(rand.NewPCG(1, 2))
	var places []importer.Span
	for i, s := range specs {
		from := int64(len(numbers))
		for range (&weights.Tensor{Shape: s.Shape}).Elements() {
			numbers = binary.LittleEndian.AppendUint32(numbers, math.Float32bits(float32(0.05*r.NormFloat64())))
		}
		header[s.Name] = entry{"F32", s.Shape, [2]int64{from, int64(len(numbers))}}
		if i > 0 {
			places = append(places, importer.Span{From: from, To: int64(len(numbers))})
		}
	}
	text, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	head := slices.Concat(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text)
	for i := range places {
		places[i].From += int64(len(head))
		places[i].To += int64(len(head))
	}
	return append(head, numbers...), places
}

// hub is a host of models as Hugging Face is one: it sends the page on to another origin, which lets pages read ranges. It has its bad moments.
type hub struct {
	*httptest.Server
	storage *httptest.Server
	files   map[string]*hubFile

	mu    sync.Mutex
	asked int      // requests to either origin
	wrong []string // those that a browser should not make
	pages int      // web pages that were sent in place of a file
}

// hubFile is one of its files. Its answers are counted from 1.
type hubFile struct {
	content io.ReaderAt
	size    int64
	answers int
	sent    []importer.Span
	busy    int       // the answer that says 429
	cut     int64     // the byte at which an answer breaks off, once
	silent  int64     // when with an answer more bytes than that would be sent, it does not come, once
	quiet   chan bool // hears of it
	flipped bool      // whether some bits are wrong
}

func newHub(t *testing.T, files map[string]*hubFile) *hub {
	h := &hub{files: files}
	for _, f := range files {
		f.quiet = make(chan bool, 1)
	}
	h.storage = httptest.NewServer(http.HandlerFunc(h.send))
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.look(r)
		w.Header().Set("Access-Control-Allow-Origin", "*")
		if strings.HasPrefix(r.URL.Path, "/page/") {
			h.mu.Lock()
			h.pages++
			h.mu.Unlock()
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprint(w, "<!doctype html><title>Sign in</title>")
			return
		}
		http.Redirect(w, r, h.storage.URL+r.URL.Path+"?signed", http.StatusFound)
	}))
	t.Cleanup(func() { h.Close(); h.storage.Close() })
	return h
}

// look holds that a request is one before which a browser does not ask, and that tells nothing of the visitor.
func (h *hub) look(r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked++
	if r.Method != http.MethodGet || r.Referer() != "" || r.Header.Get("Cookie") != "" || strings.Contains(r.Header.Get("Range"), ",") {
		h.wrong = append(h.wrong, fmt.Sprint(r.Method, r.Header))
	}
}

func (h *hub) send(w http.ResponseWriter, r *http.Request) {
	h.look(r)
	for name, value := range map[string]string{"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Accept-Ranges, Content-Range, ETag", "ETag": `"one"`} {
		w.Header().Set(name, value)
	}
	f := h.files[path.Base(r.URL.Path)]
	var span importer.Span
	if n, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-%d", &span.From, &span.To); f == nil || n != 2 || err != nil {
		http.Error(w, "a range of a file, please", http.StatusNotFound)
		return
	}
	span.To++
	h.mu.Lock()
	f.answers++
	busy, cut := f.answers == f.busy, f.cut
	silent := !busy && f.silent > 0 && f.bytes()+span.To-span.From > f.silent
	switch {
	case silent:
		f.silent = 0
	case busy:
	case span.From < cut && cut < span.To:
		f.cut = 0
		f.sent = append(f.sent, importer.Span{From: span.From, To: cut})
	default:
		cut = 0
		f.sent = append(f.sent, importer.Span{From: span.From, To: min(span.To, f.size)})
	}
	h.mu.Unlock()
	switch {
	case busy:
		w.Header().Set("Retry-After", "1")
		http.Error(w, "slow down", http.StatusTooManyRequests)
		return
	case silent:
		f.quiet <- true
		<-r.Context().Done()
		return
	}
	content := f.content
	if f.flipped {
		data := make([]byte, f.size)
		f.content.ReadAt(data, 0)
		for i := range 64 {
			data[len(data)/2+i] ^= 8
		}
		content = bytes.NewReader(data)
	}
	if cut > 0 {
		w = &cutOff{w, cut - span.From}
	}
	http.ServeContent(w, r, "", time.Time{}, io.NewSectionReader(content, 0, f.size))
}

// bytes is how many were sent.
func (f *hubFile) bytes() int64 {
	n := int64(0)
	for _, s := range f.sent {
		n += s.To - s.From
	}
	return n
}

// cutOff breaks an answer off after so many bytes.
type cutOff struct {
	http.ResponseWriter
	left int64
}

func (c *cutOff) Write(b []byte) (int, error) {
	if c.left -= int64(len(b)); c.left < 0 {
		c.ResponseWriter.Write(b[:int64(len(b))+c.left])
		panic(http.ErrAbortHandler)
	}
	return c.ResponseWriter.Write(b)
}

// fetched is how many bytes of a file were sent, and how many answers it had.
func (h *hub) fetched(file string) (bytes int64, answers int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.files[file].bytes(), h.files[file].answers
}

// overlapping counts the places of more than 512 kB, which a browser fetches at once with nothing beside, that spans cover in part.
func overlapping(places, spans []importer.Span) int {
	n := 0
	for _, p := range places {
		if p.To-p.From > 512<<10 && slices.ContainsFunc(spans, func(s importer.Span) bool { return s.From < p.To && p.From < s.To }) {
			n++
		}
	}
	return n
}

// site is one whose catalogue has a CLIP and a VQGAN at the hub.
func (h *hub) site(t *testing.T, files string) *site.Site {
	t.Helper()
	c, err := catalogue.Parse(fmt.Appendf(nil, `
hosts: [{origin: %q, sendon: [%q]}]
files: %s
models: [{name: both, title: Both, about: A random pair., clip: clip, vqgan: vqgan}]`, h.URL, h.storage.URL, strings.ReplaceAll(files, "HUB", h.URL)))
	if err != nil {
		t.Fatal(err)
	}
	s, err := site.New(site.Config{Programs: programs, Catalogue: c})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// dialog waits for a text in what the dialog of models says.
func (v *visit) dialog(want string) {
	v.Helper()
	v.dialogWithin(2*time.Minute, want)
}

func (v *visit) dialogWithin(limit time.Duration, want string) {
	v.Helper()
	got := ""
	for end := time.Now().Add(limit); time.Now().Before(end); {
		var err error
		got, err = driver.Evaluate[string](v.Page, `(() => {
			const dialog = document.getElementById("get-model");
			return dialog ? [...dialog.querySelectorAll("[role=status], [role=alert]")].map((e) => e.textContent).join(" | ") : "";
		})()`)
		v.must(err)
		if strings.Contains(got, want) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	v.Fatalf("the dialog says %q, want %q in it", got, want)
}

// keptFiles are the sums of what the browser keeps of models, by name.
func (v *visit) keptFiles() map[string]string {
	v.Helper()
	text, err := driver.Evaluate[string](v.Page, `(async () => {
		const root = await navigator.storage.getDirectory(), files = {};
		for await (const file of (await root.getDirectoryHandle("reverie" + encodeURIComponent("/weights/"))).values()) {
			const sum = await crypto.subtle.digest("SHA-256", await (await file.getFile()).arrayBuffer());
			files[file.name] = Array.from(new Uint8Array(sum), (b) => b.toString(16).padStart(2, "0")).join("");
		}
		return JSON.stringify(files);
	})()`)
	v.must(err)
	var files map[string]string
	v.must(json.Unmarshal([]byte(text), &files))
	return files
}

// likeConvert holds that the browser keeps what weights convert writes to a folder, to the byte.
func (v *visit) likeConvert(name, dir string) {
	v.Helper()
	kept := v.keptFiles()
	entries, err := os.ReadDir(dir)
	v.must(err)
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		v.must(err)
		file := e.Name()
		if file == weights.ManifestFile {
			file = name + ".json"
		}
		if got, want := kept[file], folder.Sum(data); got != want {
			v.Errorf("of %s the browser keeps %s with the SHA-256 %q, want %s", name, file, got, want)
		}
	}
	for file := range kept {
		if strings.Contains(file, "tail") || strings.HasSuffix(file, ".import") {
			v.Errorf("the browser still keeps %s", file)
		}
	}
}

// A visitor gets a published pair from another origin that has its bad moments, whose page is killed at half; what the browser keeps are the files of
// weights convert, and a run makes two steps with them. Nothing is asked of the other origin before Download is pressed.
func TestImport(t *testing.T) {
	dir := t.TempDir()
	clip, places := randomCLIP(t)
	vqgan, err := os.ReadFile("../../tools/golden/testdata/vqgan.ckpt")
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"clip.safetensors": clip, "open_clip_config.json": []byte(importedConfig), "vqgan.ckpt": vqgan} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	model := func(name string) convert.Model {
		return convert.Model{Vocab: vocab.CLIP, Quant: weights.TypeQ4, Name: name, Title: strings.ToUpper(name), About: "Random.", Licence: "none"}
	}
	_, _, err = convert.Run(convert.Options{Model: model("clip"), CLIP: filepath.Join(dir, "clip.safetensors"), Out: filepath.Join(dir, "clip")})
	if err != nil {
		t.Fatal(err)
	}
	made, _, err := convert.Run(convert.Options{Model: model("vqgan"), VQGAN: filepath.Join(dir, "vqgan.ckpt"), Out: filepath.Join(dir, "vqgan")})
	if err != nil {
		t.Fatal(err)
	}

	hub := newHub(t, map[string]*hubFile{
		"clip.safetensors": {content: bytes.NewReader(clip), size: int64(len(clip)), busy: 2, cut: places[0].From + 5e6, silent: 11e6}, // behind the largest tensor
		"vqgan.ckpt":       {content: bytes.NewReader(vqgan), size: int64(len(vqgan)), flipped: true},
	})
	s := hub.site(t, fmt.Sprintf(`
  - {name: clip, id: clip, kind: clip, title: CLIP, about: Random., licence: none, notice: "Made of noise.", mb: {q4: 5}, size: 13, config: '%s',
     sources: [HUB/page/clip.safetensors, HUB/resolve/1/clip.safetensors]}
  - {name: vqgan, id: vqgan, kind: vqgan, title: VQGAN, about: Random., licence: none, mb: {q4: 1}, size: 1, digests: {q4: %s}, sources: [HUB/resolve/1/vqgan.ckpt]}`,
		importedConfig, convert.Digest(made, weights.PartDecoder, weights.PartEncoder)))
	v := openHandler(t, s, chromium.Software, "")
	until[protocol.Ready](v)
	v.must(v.Click("button", "Get a model"))
	if _, err := v.FindEnabled("button", "Download"); err != nil || hub.asked > 0 {
		t.Errorf("before Download is pressed (%v), the host is asked %d times", err, hub.asked)
	}
	v.must(v.Click("button", "Download"))
	file := hub.files["clip.safetensors"]
	select {
	case <-file.quiet:
	case <-time.After(time.Minute):
		t.Fatalf("sent %v", file.sent)
	}
	v.must(v.Crash())
	hub.mu.Lock()
	before, answers := slices.Clone(file.sent), file.answers
	hub.mu.Unlock()
	v.must(v.Navigate(v.url))
	until[protocol.Ready](v)
	v.must(v.Click("button", "Get a model"))
	v.dialog("CLIP (1 of 2): it broke off")
	if _, now := hub.fetched("clip.safetensors"); now != answers {
		t.Errorf("the page goes on before anybody says so")
	}
	v.must(v.Click("button", "Go on"))
	v.dialog("another model than it did for others")
	hub.mu.Lock()
	hub.files["vqgan.ckpt"].flipped = false
	hub.mu.Unlock()
	v.must(v.Click("button", "Download"))
	v.must(v.Click("button", "Close"))
	v.waits(`document.querySelector(".toasts").textContent.includes("Done: VQGAN. It is on this device and works without a network.")`)
	v.must(v.Click("button", "Get a model"))
	v.dialog("Done: VQGAN. It is on this device and works without a network. It is chosen for the next run.")
	v.must(v.Click("button", "Close"))

	if again := overlapping(places, before) + overlapping(places, file.sent[len(before):]); again > overlapping(places, file.sent)+1 {
		t.Errorf("more tensors were fetched twice than the one on its way: %v, then %v", before, file.sent[len(before):])
	}
	if len(hub.wrong) > 0 || hub.pages != 2 { // each visit asks the first address
		t.Errorf("requests that a host may refuse: %v; %d pages", hub.wrong, hub.pages)
	}
	fetched, answers := hub.fetched("clip.safetensors")
	t.Logf("%d bytes were sent in %d answers, of %d, of which %d are no model's", fetched, answers, len(clip), 12<<20)
	v.likeConvert("clip", filepath.Join(dir, "clip"))
	v.likeConvert("vqgan", filepath.Join(dir, "vqgan"))
	v.twoSteps("CLIP + VQGAN", 4*time.Minute)
}

// twoSteps makes as many with the model of that title, which has to be chosen already.
func (v *visit) twoSteps(title string, patience time.Duration) {
	v.Helper()
	chosen, err := v.Find("combobox", "Model")
	v.must(err)
	if !strings.HasPrefix(chosen.Value, title) {
		v.Errorf("the model %q is chosen, want %q", chosen.Value, title)
	}
	v.must(v.Fill("textbox", "Prompt", "a red apple"))
	v.small("2")
	v.must(v.Click("button", "Start"))
	if done := untilWithin[protocol.Done](v, patience); done.Step != 2 {
		v.Errorf("%d steps were made", done.Step)
	}
}
