//go:build e2e && !js

package e2e

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"reverie/app/picture"
	"reverie/app/protocol"
	"reverie/recipe"
	"reverie/tools/chromium"
	"reverie/tools/driver"
	"reverie/web"
	"reverie/web/e2e/padded"
	"reverie/web/site"
	"reverie/weights"
	"reverie/weights/folder"
	"reverie/weights/mini"
)

// request is one for a shard.
type request struct {
	name string
	from int64
}

// host serves a site, notes what is asked of its weights, and misbehaves.
type host struct {
	site http.Handler

	mu   sync.Mutex
	asks []request
	sent int64               // bytes of shards
	flip map[string]bool     // shards whose next answer has a wrong byte
	hold map[string]chan int // shards whose answers wait until the channel is closed
	at   int64               // when so many bytes are sent,
	then func() (abort bool) // this is called, once
}

func (h *host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := path.Base(r.URL.Path)
	if !strings.Contains(r.URL.Path, "/weights/") || len(name) != 64 {
		h.site.ServeHTTP(w, r)
		return
	}
	var from int64
	fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from)
	h.mu.Lock()
	h.asks = append(h.asks, request{name, from})
	flip := h.flip[name]
	delete(h.flip, name)
	hold := h.hold[name]
	h.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-r.Context().Done():
		}
	}
	h.site.ServeHTTP(&watched{ResponseWriter: w, host: h, flip: flip}, r)
}

// watched is an answer on its way through the host.
type watched struct {
	http.ResponseWriter
	host *host
	flip bool
}

func (w *watched) Write(b []byte) (int, error) {
	h := w.host
	h.mu.Lock()
	then := h.then
	if then != nil && h.sent >= h.at {
		h.then = nil
	} else {
		then = nil
	}
	h.mu.Unlock()
	if then != nil && then() {
		panic(http.ErrAbortHandler)
	}
	if w.flip {
		w.flip = false
		b = append([]byte(nil), b...)
		b[len(b)/2] ^= 1
	}
	n, err := w.ResponseWriter.Write(b)
	h.mu.Lock()
	h.sent += int64(n)
	h.mu.Unlock()
	return n, err
}

// requests takes what was asked so far.
func (h *host) requests() []request {
	h.mu.Lock()
	defer h.mu.Unlock()
	asks := h.asks
	h.asks = nil
	return asks
}

// withModel is a host of the embedded model and one of about so many bytes, called "padded".
func withModel(t *testing.T, bytes int64) (*host, *weights.Manifest) {
	t.Helper()
	dir := t.TempDir()
	m, err := padded.Write(filepath.Join(dir, "padded"), "padded", bytes)
	if err != nil {
		t.Fatal(err)
	}
	s, err := site.New(site.Config{Programs: programs, Weights: dir})
	if err != nil {
		t.Fatal(err)
	}
	return &host{site: s}, m
}

func embedded(t *testing.T) (*host, *weights.Manifest) {
	t.Helper()
	m, err := folder.Manifest(mini.FS)
	if err != nil {
		t.Fatal(err)
	}
	return &host{site: plain(t)}, m
}

// sizes are a model's shards.
func sizes(m *weights.Manifest) map[string]int64 {
	found := map[string]int64{m.Vocab.SHA256: m.Vocab.Size}
	for _, p := range m.Parts {
		for _, s := range p.Shards {
			found[s.SHA256] = s.Size
		}
	}
	return found
}

func total(m *weights.Manifest) (bytes int64) {
	for _, size := range sizes(m) {
		bytes += size
	}
	return bytes
}

// fails reads messages up to the next Error.
func (v *visit) fails() protocol.Error {
	v.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	defer cancel()
	for {
		m, err := v.Next(ctx)
		v.must(err)
		if e, ok := m.(protocol.Error); ok {
			return e
		}
	}
}

// keeps waits until the browser keeps the model as far as wanted says.
func (v *visit) keeps(model string, wanted func(protocol.Model) bool) protocol.Model {
	v.Helper()
	for {
		for _, m := range until[protocol.Storage](v).Models {
			if m.Name == model && wanted(m) {
				return m
			}
		}
	}
}

// waits until a condition of the page's own holds.
func (v *visit) waits(condition string) {
	v.Helper()
	for range 200 {
		holds, err := driver.Evaluate[bool](v.Page, condition)
		v.must(err)
		if holds {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	v.Errorf("it does not come about that %s", condition)
}

func whole(m protocol.Model) bool { return m.Stored == m.Bytes }

// again opens the page anew, as after closing the tab.
func (v *visit) again(path string) {
	v.Helper()
	v.must(v.Navigate("about:blank"))
	v.forget()
	v.must(v.Navigate(v.url + path))
}

// forget drops the messages that have come so far.
func (v *visit) forget() {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for {
		if _, err := v.Next(ctx); err != nil {
			return
		}
	}
}

// restart serves at the address of a server that has been closed.
func (v *visit) restart(h http.Handler) {
	v.Helper()
	address := strings.Trim(strings.TrimPrefix(v.url, "http://"), "/")
	var listener net.Listener
	for range 100 { // the port may take a moment to be free
		var err error
		if listener, err = net.Listen("tcp", address); err == nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if listener == nil {
		v.Fatalf("%s does not become free", address)
	}
	v.serve = &http.Server{Handler: h}
	go v.serve.Serve(listener)
	v.Cleanup(func() { v.serve.Close() })
}

// goesOn downloads the rest of a model of which this much is kept, and wants that only what was missing is asked for.
func (v *visit) goesOn(h *host, m *weights.Manifest, kept protocol.Model) {
	v.Helper()
	h.requests()
	v.must(v.Click("button", "Download models"))
	v.keeps("padded", whole)
	until[protocol.Loaded](v)
	asked := int64(0)
	for _, ask := range h.requests() {
		asked += sizes(m)[ask.name] - ask.from
	}
	if asked != kept.Bytes-kept.Stored {
		v.Errorf("%d bytes were asked for, and %d of %d were missing", asked, kept.Bytes-kept.Stored, kept.Bytes)
	}
}

// A server that dies at 37 % of a download of 100 MB: after it is back, in a new visit, only what is missing is asked for.
func TestDownloadGoesOnAtTheByte(t *testing.T) {
	h, m := withModel(t, 100_000_000)
	v := openHandler(t, h, chromium.Software, "#model=padded&p=a%20red%20apple",
		`window.asked = 0; navigator.storage.persist = async () => ++asked > 0`)
	h.at = total(m) * 37 / 100
	h.then = func() bool {
		go v.serve.Close()
		return true
	}
	until[protocol.Storage](v)
	if _, err := v.Find("heading", "Download Padded to 100 MB"); err != nil {
		t.Error(err)
	}
	v.must(v.Click("button", "Start"))
	v.status("press Download models (100 MB)")
	if asks := h.requests(); len(asks) > 0 {
		t.Errorf("before anybody pressed Download models, %v was asked for", asks)
	}
	v.must(v.Click("button", "Download models"))
	if e := v.fails(); e.Reason != protocol.Offline {
		t.Fatalf("the download ended with %+v", e)
	}
	v.status("press Download models to go on from there")
	v.value("textbox", "Prompt", "a red apple")

	v.restart(h)
	v.again("#model=padded")
	kept := v.keeps("padded", func(protocol.Model) bool { return true })
	if share := float64(kept.Stored) / float64(kept.Bytes); share < 0.2 || share > 0.4 {
		t.Errorf("after a cut at 37 %%, %.0f %% are kept", 100*share)
	}
	v.goesOn(h, m, kept)
	v.status("The model is ready")
	target(t, 7, "a download that broke off at 37 %% goes on with the %d bytes that were missing (no byte twice)", kept.Bytes-kept.Stored)
	if asked, err := driver.Evaluate[int](v.Page, `asked`); err != nil || asked != 1 {
		t.Errorf("after the first download the browser was asked %d times to keep it (%v), want once", asked, err)
	}
}

func TestOneWrongByteIsFetchedAgain(t *testing.T) {
	h, m := embedded(t)
	wrong := m.Part(weights.PartDecoder).Shards[0].SHA256
	h.flip = map[string]bool{wrong: true}
	v := openHandler(t, h, chromium.Software, "")
	v.must(v.Click("button", "Download models"))
	until[protocol.Loaded](v)
	asked := map[string]int{}
	for _, ask := range h.requests() {
		if ask.from != 0 {
			t.Errorf("%.4s was asked for from byte %d", ask.name, ask.from)
		}
		asked[ask.name]++
	}
	for name := range sizes(m) {
		want := 1
		if name == wrong {
			want = 2
		}
		if asked[name] != want {
			t.Errorf("shard %.4s was asked for %d times, want %d", name, asked[name], want)
		}
	}
	target(t, 7, "of %d shards the one with a flipped byte is fetched again (1)", len(sizes(m)))
	v.clean()
}

// The text tower comes first, then the decoder, whose picture shows while the image tower is still on its way.
func TestRunBeginsWhileTheModelArrives(t *testing.T) {
	h, m := embedded(t)
	image := make(chan int)
	h.hold = map[string]chan int{}
	for _, s := range m.Part(weights.PartImage).Shards {
		h.hold[s.SHA256] = image
	}
	v := openHandler(t, h, chromium.Software, "#p=a%20red%20apple&width=64&height=64&cutouts=2&steps=2")
	until[protocol.Storage](v)
	v.must(v.Click("button", "Download models"))
	v.must(v.Click("button", "Start"))
	until[protocol.First](v)
	if _, err := v.Find("image", "Step 0 of 2: a red apple"); err != nil {
		t.Error(err)
	}
	drawn, err := driver.Evaluate[bool](v.Page, `(() => {
		const c = document.querySelector("canvas"), p = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
		return c.width === 64 && p.some((v, i) => v !== p[i % 4]);
	})()`)
	if err != nil || !drawn {
		t.Errorf("the first picture is not there: %v", err)
	}
	if _, err := v.Find("progressbar", "Downloading the model"); err != nil {
		t.Error(err)
	}
	close(image)
	until[protocol.Loaded](v)
	until[protocol.Done](v)
	v.status("Done: 2 steps")
	v.clean()
}

// Browsers that have no files for workers keep pieces in their cache, and go on at the byte, too.
func TestCacheInPlaceOfFiles(t *testing.T) {
	h, m := withModel(t, 48_000_000)
	mux := http.NewServeMux()
	mux.Handle("/", h)
	mux.HandleFunc("/web/worker.js", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		w.Header().Set("Cross-Origin-Embedder-Policy", "require-corp")
		script, err := fs.ReadFile(web.Assets, "worker.js")
		if err != nil {
			t.Error(err)
		}
		fmt.Fprintf(w, "delete FileSystemFileHandle.prototype.createSyncAccessHandle;\n%s", script)
	})
	v := openHandler(t, mux, chromium.Software, "#model=padded")
	h.at = total(m) * 60 / 100
	h.then = func() bool {
		go v.serve.Close()
		return true
	}
	if s := until[protocol.Storage](v); s.How != "pieces" {
		t.Errorf("models are kept as %q", s.How)
	}
	v.must(v.Click("button", "Download models"))
	if e := v.fails(); e.Reason != protocol.Offline {
		t.Fatalf("the download ended with %+v", e)
	}
	v.restart(mux)
	v.again("#model=padded")
	kept := v.keeps("padded", func(protocol.Model) bool { return true })
	// Much of what the server has sent may lie in buffers of its four connections when they break.
	if share := float64(kept.Stored) / float64(kept.Bytes); share < 0.05 || share > 0.65 {
		t.Errorf("after a cut at 60 %%, %.0f %% are kept", 100*share)
	}
	v.goesOn(h, m, kept)
	v.again("#model=padded")
	v.keeps("padded", whole)
	v.waits(`!document.querySelector(".offer")`) // the card and its button go when the page knows that the model is kept
	h.requests()
	v.must(v.Click("button", "Download models"))
	until[protocol.Loaded](v)
	if asks := h.requests(); len(asks) > 0 {
		t.Errorf("on the third visit %v was fetched", asks)
	}
	v.clean()
}

func TestFullStorage(t *testing.T) {
	h, _ := withModel(t, 24_000_000)
	v := openHandler(t, h, chromium.Software, "#model=padded")
	until[protocol.Storage](v)
	usage, err := driver.Evaluate[float64](v.Page, `navigator.serviceWorker.ready.then(() => navigator.storage.estimate()).then((e) => e.usage)`)
	v.must(err)
	origin := strings.TrimSuffix(v.url, "/")

	// Chromium enforces the quota but tells pages of another one, so the disk fills up on the way.
	v.must(v.SetQuota(origin, usage+13e6))
	v.must(v.Click("button", "Download models"))
	if e := v.fails(); e.Reason != protocol.NoRoom {
		t.Fatalf("got %+v", e)
	}
	if _, err := v.Find("heading", "There is no room for this model"); err != nil {
		t.Error(err)
	}
	v.status("delete a model under Storage")

	// It can be used all the same, without a copy of it.
	v.must(v.Click("button", "Use it without keeping it"))
	until[protocol.Loaded](v)
	v.status("The model is ready")

	// Room is made by deleting what came.
	v.must(v.Click("button", "Delete Padded to 24 MB"))
	if s := until[protocol.Storage](v); len(s.Models) > 0 {
		t.Errorf("after deleting it %v is kept", s.Models)
	}
	v.status("is deleted from this device")
	files, err := driver.Evaluate[int](v.Page, `(async () => {
		let files = 0;
		for await (const folder of (await navigator.storage.getDirectory()).values()) for await (const _ of folder.values()) files++;
		return files;
	})()`)
	v.must(err)
	if files > 0 {
		t.Errorf("%d files are left", files)
	}
	target(t, 14, "for a full disk")
	v.clean()
}

// After one visit in which nobody did anything everything works without a server: the page, a whole run, and saving its picture.
func TestPictureOffline(t *testing.T) {
	v := arriveIn(t, driver.Open, plain(t), chromium.Software, "")
	until[protocol.Ready](v) // the page has rested
	v.keeps("mini", whole)
	_, err := driver.Evaluate[bool](v.Page, `navigator.serviceWorker.ready.then(() => true)`)
	v.must(err)
	v.clean()
	v.must(v.serve.Close())
	v.again("?offline#p=a%20red%20apple&width=64&height=64&cutouts=2&steps=2&seed=7")
	v.keeps("mini", whole)
	v.value("textbox", "Prompt", "a red apple")
	v.must(v.Click("button", "Start"))
	until[protocol.Done](v)
	data, err := os.ReadFile(v.download())
	v.must(err)
	if found, err := picture.Read(data); err != nil || recipe.Prompt.In(found.Script.Recipe) != "a red apple" || found.Step != 2 {
		t.Errorf("the file tells %+v, %v", found, err)
	}
	target(t, 5, "without a server the page opens, and a run makes a file of %d bytes (a whole picture)", len(data))
}

// Two tabs that load one model at the same time share the work and both get it.
func TestTwoTabsShareADownload(t *testing.T) {
	h, m := embedded(t)
	mux := http.NewServeMux()
	mux.Handle("/", h)
	mux.HandleFunc("/empty", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<!doctype html>")
	})
	v := openHandler(t, mux, chromium.Software, "empty")
	said, err := driver.Evaluate[string](v.Page, `Promise.all([1, 2].map(() => new Promise((tell) => {
		const worker = new Worker("/web/worker.js"), base = location.origin + "/weights/";
		const post = (message) => worker.postMessage({text: JSON.stringify(message), buffers: []});
		worker.onmessage = (event) => {
			const message = JSON.parse(event.data.text);
			if (message.kind === "ready") post({kind: "load", base, model: "mini"});
			if (["loaded", "error", "exit"].includes(message.kind)) tell(event.data.text);
		};
		post({kind: "open", base});
	}))).then((said) => said.join("\n"))`)
	v.must(err)
	if strings.Count(said, `"kind":"loaded"`) != 2 {
		t.Errorf("the two tabs say:\n%s", said)
	}
	asked := map[string]int{}
	for _, ask := range h.requests() {
		asked[ask.name]++
	}
	for name := range sizes(m) {
		if asked[name] != 1 {
			t.Errorf("shard %.4s was asked for %d times by two tabs, want once", name, asked[name])
		}
	}
}

// What a kept model makes of texts is held against what its makers publish, and the engine is free again.
func TestSelfTest(t *testing.T) {
	v := revisit(t, "p=a%20red%20apple&width=64&height=64&cutouts=1&steps=1&v=2")
	const mini = "Mini (clip art, 64 px)"
	v.must(v.Click("button", "Self-test of "+mini))
	if got, want := until[protocol.SelfTested](v), (protocol.SelfTested{Model: "mini", Of: "the embedded pair", Within: "1e-3"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	v.status(mini + " reads texts as published of the embedded pair, to 1e-3.")
	v.must(v.Click("button", "Start"))
	until[protocol.Done](v)
	v.clean()
}

func TestInstallable(t *testing.T) {
	v := revisit(t, "v=2")
	var problems []string
	for range 100 { // the browser looks at the manifest in its own time
		var err error
		if problems, err = v.InstallErrors(); err == nil && len(problems) == 0 {
			target(t, 3, "%d installability errors (0)", len(problems))
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Error(errors.New(strings.Join(problems, ", ")))
}
