//go:build !js

package intake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"reverie/app/imports"
	"reverie/app/wire"
	"reverie/gpu/blob"
	"reverie/gpu/kept"
	"reverie/gpu/store"
	"reverie/weights"
	"reverie/weights/convert"
	"reverie/weights/importer"
	"reverie/weights/vocab"
)

const testdata = "../../weights/testdata/"

// memory is a store of files in memory.
type memory struct {
	mu    sync.Mutex
	files map[string][]byte
	quota int64
}

func newMemory() *memory { return &memory{files: map[string][]byte{}} }

func (m *memory) open(context.Context, string) store.Store     { return m }
func (m *memory) Kind() store.Kind                             { return store.Files }
func (m *memory) Lock(context.Context, string) (func(), error) { return func() {}, nil }
func (m *memory) Room(context.Context) (store.Room, error)     { return store.Room{Quota: m.quota}, nil }
func (m *memory) Remove(_ context.Context, name string) error  { m.set(name, nil); return nil }
func (m *memory) set(name string, data []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.files[name] = data; data == nil {
		delete(m.files, name)
	}
}

func (m *memory) get(name string) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.files[name]
}

func (m *memory) Sizes(context.Context) (map[string]int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	sizes := map[string]int64{}
	for name, data := range m.files {
		sizes[name] = int64(len(data))
	}
	return sizes, nil
}

func (m *memory) Read(_ context.Context, name string, into blob.Blob) (int, error) {
	data := m.get(name)
	data = data[:min(len(data), into.Len())]
	into.Copy(0, blob.Of(data))
	return len(data), nil
}

func (m *memory) Write(_ context.Context, name string, at int64) (store.Writer, error) {
	have := m.get(name)
	if int64(len(have)) < at {
		return nil, fmt.Errorf("%s has %d bytes and is to go on at %d", name, len(have), at)
	}
	m.set(name, append([]byte{}, have[:at]...))
	return writer{m, name}, nil
}

type writer struct {
	m    *memory
	name string
}

func (w writer) Append(b blob.Blob) error {
	w.m.set(w.name, append(w.m.get(w.name), b.Bytes()...))
	return nil
}
func (w writer) Finish(context.Context, blob.Blob) error { return nil }
func (w writer) Close()                                  {}

// client is a network of Go's.
type client struct{}

func (client) Get(ctx context.Context, url string, from, to int64) (answer, error) {
	req, err := http.NewRequestWithContext(context.WithoutCancel(ctx), http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", from, to-1))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	return reply{res}, nil
}

type reply struct{ *http.Response }

func (r reply) Status() int                                   { return r.StatusCode }
func (r reply) Header(name string) string                     { return r.Response.Header.Get(name) }
func (r reply) Read(_ context.Context, b []byte) (int, error) { return r.Body.Read(b) }
func (r reply) Close()                                        { r.Body.Close() }

// host serves weights/testdata, and by the first part of a path in a way of its own.
type host struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string // "FILE FROM-TO"
	left  int      // requests until it falls silent; below 0 it never does
	stop  func()   // when it does
}

func newHost(t *testing.T) *host {
	t.Helper()
	h := &host{left: -1}
	h.Server = httptest.NewServer(http.HandlerFunc(h.serve))
	t.Cleanup(h.Close)
	return h
}

func (h *host) count(r *http.Request, file string) (n int, silent bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked = append(h.asked, file+" "+strings.TrimPrefix(r.Header.Get("Range"), "bytes="))
	if h.left == 0 {
		h.stop()
		return 0, true
	}
	h.left--
	return len(h.asked), false
}

func (h *host) serve(w http.ResponseWriter, r *http.Request) {
	how, file := path.Split(strings.TrimPrefix(r.URL.Path, "/"))
	n, silent := h.count(r, file)
	if silent {
		panic(http.ErrAbortHandler)
	}
	data, err := os.ReadFile(testdata + file)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	switch strings.TrimSuffix(how, "/") {
	case "whole":
		w.Write(data)
		return
	case "page":
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<!doctype html><title>Sign in</title>")
		return
	case "busy":
		if n%2 == 1 {
			w.Header().Set("Retry-After", "7")
			http.Error(w, "slow down", http.StatusTooManyRequests)
			return
		}
	case "cut":
		if n == 4 {
			w.Header().Set("Content-Length", "1000000")
			w.Header().Set("Content-Range", "bytes 0-999999/1000000")
			panic(http.ErrAbortHandler)
		}
	case "longer":
		data = append(data, 0)
	case "flipped":
		data = bytes.Clone(data)
		for i := range 64 {
			data[len(data)/2+i] ^= 0x08
		}
	case "changes":
		w.Header().Set("ETag", fmt.Sprintf(`"%d"`, n))
	}
	http.ServeContent(w, r, file, time.Time{}, bytes.NewReader(data))
}

func source(h *host, how, file string) *imports.Source {
	info, err := os.Stat(testdata + file)
	if err != nil {
		panic(err)
	}
	return &imports.Source{Name: file, URLs: []string{h.URL + "/" + how + "/" + file}, Size: info.Size()}
}

// pair asks for the fixture pair.
func pair(t *testing.T, h *host, how string) imports.Begin {
	t.Helper()
	b := imports.Begin{Base: "http://here/weights/", Name: "pair", Title: "A pair", Licence: "none", Quant: weights.TypeQ4,
		CLIP: source(h, how, "clip_script.pt"), VQGAN: source(h, how, "vqgan.ckpt")}
	for s, config := range map[*imports.Source]string{b.CLIP: "clip_config.json", b.VQGAN: "vqgan.yaml"} {
		text, err := os.ReadFile(testdata + config)
		if err != nil {
			t.Fatal(err)
		}
		s.Config = &imports.Text{Name: config, Text: string(text)}
	}
	return b
}

// native is what cmd/weights makes of the same files, by name.
func native(t *testing.T) map[string][]byte {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "model")
	_, _, err := convert.Run(convert.Options{Model: convert.Model{Vocab: vocab.CLIP, Quant: weights.TypeQ4, Name: "pair", Title: "A pair", Licence: "none"},
		CLIP: testdata + "clip_script.pt", CLIPConfig: testdata + "clip_config.json", VQGAN: testdata + "vqgan.ckpt", Out: dir})
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		name := e.Name()
		if name == weights.ManifestFile {
			name = "pair.json"
		}
		if files[name], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// newJob does an import without pauses.
func newJob(b imports.Begin, keep *memory) *job {
	return &job{Begin: b, ctx: context.Background(), store: keep, network: client{}, ahead: 4 << 10, tell: func(imports.Progress) {},
		gate: func(context.Context) error { return nil }, wait: func(context.Context, time.Duration) error { return nil }}
}

func same(t *testing.T, keep *memory, want map[string][]byte) {
	t.Helper()
	if !reflect.DeepEqual(keep.files, want) {
		t.Errorf("the store has %v, want the files of a native conversion, %v", slices.Sorted(maps.Keys(keep.files)), slices.Sorted(maps.Keys(want)))
	}
}

// What is kept is what cmd/weights makes, byte for byte, and no byte of a tensor is fetched twice.
func TestImportEqualsConvert(t *testing.T) {
	h, keep := newHost(t), newMemory()
	done, err := newJob(pair(t, h, ""), keep).run()
	if err != nil {
		t.Fatal(err)
	}
	same(t, keep, native(t))
	if done.Fetched > 1<<20 || len(h.asked) > 60 || done.Dropped != 5 || len(done.Sources) != 2 || done.Bytes < 1000 {
		t.Errorf("%d requests, %+v", len(h.asked), done)
	}
	models, err := kept.List(context.Background(), keep)
	if err != nil || len(models) != 1 || !models[0].Complete() || models[0].Name != "pair" {
		t.Errorf("models %+v, %v", models, err)
	}
}

// A file that was chosen is read in place.
func TestImportOfFiles(t *testing.T) {
	keep := newMemory()
	b := pair(t, newHost(t), "")
	for _, s := range []*imports.Source{b.CLIP, b.VQGAN} {
		data, err := os.ReadFile(testdata + s.Name)
		if err != nil {
			t.Fatal(err)
		}
		s.URLs, s.File = nil, &wire.File{ReaderAt: bytes.NewReader(data)}
	}
	if _, err := newJob(b, keep).run(); err != nil {
		t.Fatal(err)
	}
	same(t, keep, native(t))
}

// What a server does wrong is said in one sentence, nothing of it becomes a model, and the next address is asked.
func TestMisbehavingHosts(t *testing.T) {
	want := native(t)
	for how, says := range map[string]string{
		"whole":   "sends the whole file where a part is asked for",
		"page":    "sends a web page in place of the file",
		"absent":  "does not have it (status 404)",
		"longer":  "so it is another",
		"changes": "has changed the file meanwhile",
		"busy":    "",
		"cut":     "",
	} {
		h, keep := newHost(t), newMemory()
		b := pair(t, h, how)
		if how == "absent" {
			b.CLIP.URLs[0] += ".gone"
		}
		_, err := newJob(b, keep).run()
		if says == "" {
			if err != nil {
				t.Errorf("%s: %v", how, err)
			}
			same(t, keep, want)
			continue
		}
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want %q", how, err, says)
		}
		if models, _ := kept.List(context.Background(), keep); len(models) != 0 {
			t.Errorf("%s: %+v is offered", how, models)
		}
		for _, s := range []*imports.Source{b.CLIP, b.VQGAN} {
			s.URLs = append(s.URLs, h.URL+"/"+s.Name)
		}
		keep = newMemory()
		if _, err := newJob(b, keep).run(); err != nil {
			t.Errorf("%s, then a sound address: %v", how, err)
			continue
		}
		same(t, keep, want)
	}
}

// What is wrong is found where the right bytes are known, and nothing is left of the import.
func TestFlippedByte(t *testing.T) {
	sound, keep := newHost(t), newMemory()
	if _, err := newJob(pair(t, sound, ""), keep).run(); err != nil {
		t.Fatal(err)
	}
	m, err := weights.Parse(keep.files["pair.json"])
	if err != nil {
		t.Fatal(err)
	}
	b := pair(t, sound, "flipped")
	b.CLIP.Digest = convert.Digest(m, weights.PartText, weights.PartImage)
	b.VQGAN = nil
	keep = newMemory()
	if _, err := newJob(b, keep).run(); !errors.Is(err, convert.ErrDigest) || len(keep.files) != 0 {
		t.Errorf("error %v, and %d files are kept", err, len(keep.files))
	}
	b.CLIP.URLs = []string{sound.URL + "/clip_script.pt"}
	if _, err := newJob(b, keep).run(); err != nil {
		t.Errorf("the sound file: %v", err)
	}
}

// An import that was interrupted at a request goes on without fetching a tensor's bytes twice.
func TestImportGoesOn(t *testing.T) {
	want := native(t)
	whole := newHost(t)
	if _, err := newJob(pair(t, whole, ""), newMemory()).run(); err != nil {
		t.Fatal(err)
	}
	for n := len(whole.asked) - 1; n >= 0; n -= 5 {
		h, keep := newHost(t), newMemory()
		ctx, stop := context.WithCancel(context.Background())
		h.left, h.stop = n, stop
		j := newJob(pair(t, h, ""), keep)
		j.ctx = ctx
		if _, err := j.run(); err == nil {
			t.Fatalf("stopped at request %d it is done", n)
		}
		if err := kept.Forget(context.Background(), keep, "another"); err != nil { // what is needed of an import stays when the store is swept
			t.Fatal(err)
		}
		marks := bytes.Count(keep.files["pair.import"], []byte(`"tensor"`))
		if pending, err := kept.Imports(context.Background(), keep); err != nil || (len(pending) == 1) != (marks > 0) {
			t.Errorf("stopped at request %d with %d tensors: %+v can go on, %v", n, marks, pending, err)
		}
		h.left = -1
		again := newJob(pair(t, h, ""), keep)
		if _, err := again.run(); err != nil {
			t.Errorf("stopped at request %d: %v", n, err)
			continue
		}
		same(t, keep, want)
		if n == len(whole.asked)-1 && marks == 0 {
			t.Error("nothing was kept of an import that was stopped at its last request")
		}
	}
}

// Before anything large is fetched the browser is asked for room.
func TestNoRoom(t *testing.T) {
	h, keep := newHost(t), newMemory()
	keep.quota = 1000
	var room *RoomError
	if _, err := newJob(pair(t, h, ""), keep).run(); !errors.As(err, &room) || room.Missing < 10_000 || room.Free != 1000 {
		t.Errorf("error %v", err)
	}
}

// talk serves and returns how to say something and how to hear the next message that is no progress.
func talk(t *testing.T, keep *memory) (say func(imports.Message), next func() imports.Message) {
	in, out := make(chan imports.Message), make(chan imports.Message, 1000)
	ctx, end := context.WithCancel(context.Background())
	over := make(chan struct{})
	go func() {
		Serve(ctx, in, func(m imports.Message) { out <- m }, keep.open, client{})
		close(over)
	}()
	t.Cleanup(func() { end(); <-over })
	return func(m imports.Message) { in <- m }, func() imports.Message {
		for {
			m := <-out
			if _, progress := m.(imports.Progress); !progress {
				return m
			}
		}
	}
}

func TestServe(t *testing.T) {
	h, keep := newHost(t), newMemory()
	say, next := talk(t, keep)
	say(imports.Cancel{Base: "http://here/weights/", Name: "pair"})
	if _, ok := next().(imports.Cancelled); !ok {
		t.Error("cancelling nothing is not told as done")
	}
	say(imports.Begin{Name: "No Name", Quant: "q4", CLIP: source(h, "", "clip_script.pt")})
	if p, ok := next().(imports.Problem); !ok || strings.Contains(p.Message, "convert:") || !strings.HasSuffix(p.Message, ".") {
		t.Errorf("a wrong name: %+v", p)
	}
	b := pair(t, h, "")
	h.mu.Lock()
	asked := len(h.asked)
	reached := make(chan bool)
	h.left, h.stop = 1, sync.OnceFunc(func() { reached <- true })
	h.mu.Unlock()
	say(b)
	<-reached // from here on it is asked in vain
	say(imports.Look{})
	found, ok := next().(imports.Interrupted)
	if !ok || len(found.Imports) != 1 || !reflect.DeepEqual(found.Imports[0].CLIP, b.CLIP) {
		t.Errorf("under way is %+v", found)
	}
	say(imports.Begin{})
	if p, ok := next().(imports.Problem); !ok || !strings.Contains(p.Message, "wait") {
		t.Errorf("a second import is told %+v", p)
	}
	say(imports.Cancel{Base: "http://here/weights/", Name: "pair"})
	if m, ok := next().(imports.Cancelled); !ok {
		t.Fatalf("cancelled it tells %T %+v", m, m)
	}
	if len(keep.files) != 0 || len(h.asked) < asked+2 {
		t.Errorf("%d files are left of a cancelled import", len(keep.files))
	}
	h.mu.Lock()
	h.left = -1
	h.mu.Unlock()
	say(b)
	if done, ok := next().(imports.Done); !ok || done.Name != "pair" {
		t.Errorf("it tells %+v", done)
	}
	same(t, keep, native(t))
}

// An import that was interrupted in another visit can be cancelled, too.
func TestCancelOfAnInterruptedImport(t *testing.T) {
	keep := newMemory()
	journal, err := kept.Import(context.Background(), keep, "pair", "begun")
	if err != nil {
		t.Fatal(err)
	}
	if err := journal.Put(strings.Repeat("a", 64), []byte("shard")); err != nil {
		t.Fatal(err)
	}
	journal.Close()
	say, next := talk(t, keep)
	say(imports.Cancel{Base: "http://here/weights/", Name: "pair"})
	if m, ok := next().(imports.Cancelled); !ok || len(keep.files) != 0 {
		t.Errorf("it tells %T, and %d files are left", m, len(keep.files))
	}
}

// While it pauses nothing is asked for.
func TestPause(t *testing.T) {
	var g gate
	g.set(true)
	passed := make(chan error)
	go func() { passed <- g.pass(context.Background()) }()
	select {
	case <-passed:
		t.Fatal("a closed gate lets through")
	case <-time.After(20 * time.Millisecond):
	}
	g.set(true)
	g.set(false)
	if err := <-passed; err != nil {
		t.Error(err)
	}
	g.set(true)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := g.pass(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled behind a closed gate: %v", err)
	}
}

func TestRate(t *testing.T) {
	var r rate
	at := time.Unix(0, 0)
	for range 40 {
		r.add(at, 100)
		at = at.Add(500 * time.Millisecond)
	}
	if speed, due := r.speed(at); speed != 200 || !due {
		t.Errorf("%v bytes per second, due %v; want 200, true", speed, due)
	}
	if _, due := r.speed(at.Add(tellEach / 2)); due {
		t.Error("progress is told again at once")
	}
}

// zeros is a network with a file of zeros of any length.
type zeros struct{ asked []int64 } // lengths

func (z *zeros) Get(_ context.Context, _ string, from, to int64) (answer, error) {
	z.asked = append(z.asked, to-from)
	return zeroes{from, to - from}, nil
}

type zeroes struct{ from, n int64 }

func (zeroes) Status() int { return http.StatusPartialContent }
func (z zeroes) Header(name string) string {
	return map[string]string{"Content-Range": fmt.Sprintf("bytes %d-%d/1000000000000", z.from, z.from+z.n-1)}[name]
}
func (zeroes) Read(_ context.Context, b []byte) (int, error) { return len(b), nil }
func (zeroes) Close()                                        {}

// However much of a file is read here and there, 8 MB of it are held; and before anybody knows what is needed, little is fetched beside what is asked for.
func TestRemoteHoldsLittle(t *testing.T) {
	z := &zeros{}
	r := &remote{ctx: context.Background(), network: z, urls: []string{"https://there/a"}, ahead: usualAhead, fetched: func(int) {}, gate: func(context.Context) error { return nil }}
	read := func() (held int64) {
		for i := range int64(40) {
			if _, err := r.ReadAt(make([]byte, 100), i<<30); err != nil {
				t.Fatal(err)
			}
		}
		for _, p := range r.kept {
			held += int64(cap(p.data))
		}
		return held
	}
	if held := read(); held > slots*usualAhead || slices.Max(z.asked) != headAhead {
		t.Errorf("%d bytes are held, and %d asked for at once", held, slices.Max(z.asked))
	}
	r.kept, z.asked = nil, nil
	r.plan([]importer.Span{{From: 0, To: 1 << 40}})
	if held := read(); held != slots*usualAhead || slices.Max(z.asked) != usualAhead {
		t.Errorf("with a plan %d bytes are held, and %d asked for at once", held, slices.Max(z.asked))
	}
}

// Two addresses of one host that fail alike are one reason.
func TestReasonsAreSaidOnce(t *testing.T) {
	r := &remote{urls: []string{"https://one/a", "https://one/b", "https://two/a"}}
	for range 3 {
		r.next(errors.New("is away"))
	}
	if want := []string{"one is away", "two is away"}; !slices.Equal(r.reasons, want) {
		t.Errorf("the reasons are %q, want %q", r.reasons, want)
	}
}
