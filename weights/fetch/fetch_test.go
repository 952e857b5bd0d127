package fetch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"reverie/weights/catalogue"
)

// content is what the published file holds.
var content = func() []byte {
	r := rand.New(rand.NewPCG(1, 1))
	b := make([]byte, 300_000)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}()

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// server misbehaves as its handler says, and remembers the ranges that were asked for.
type server struct {
	*httptest.Server
	ranges []string
}

// serve answers request number i, from 0.
func serve(t *testing.T, handle func(i int, w http.ResponseWriter, r *http.Request)) *server {
	s := new(server)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i := len(s.ranges)
		s.ranges = append(s.ranges, r.Header.Get("Range"))
		handle(i, w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// whole serves the content with an ETag, ranges and all.
func whole(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("ETag", `"v1"`)
	http.ServeContent(w, r, "model.pt", time.Time{}, bytes.NewReader(content))
}

// cut promises the whole content and breaks off after n bytes.
func cut(w http.ResponseWriter, n int) {
	w.Header().Set("ETag", `"v1"`)
	w.Header().Set("Content-Length", fmt.Sprint(len(content)))
	w.Write(content[:n])
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

// fetcher writes to a new folder and collects what it tells.
func fetcher(t *testing.T) (*Fetcher, *strings.Builder) {
	told := new(strings.Builder)
	return &Fetcher{Dir: filepath.Join(t.TempDir(), "downloads"), Tell: func(s string) { fmt.Fprintln(told, s) },
		Silence: 30 * time.Second, Pause: time.Millisecond}, told
}

// expect fails unless the file is there, whole and alone.
func expect(t *testing.T, f *Fetcher, path string, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, content) {
		t.Fatalf("%d bytes, %v; want the %d published ones", len(got), err, len(content))
	}
	entries, err := os.ReadDir(f.Dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func published(sources ...string) catalogue.File {
	return catalogue.File{Name: "model.pt", Sources: sources, SHA256: sum(content)}
}

func TestDownloadOnce(t *testing.T) {
	s := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) { whole(w, r) })
	f, told := fetcher(t)
	for range 2 {
		path, err := f.File(context.Background(), published(s.URL))
		expect(t, f, path, err)
	}
	if len(s.ranges) != 1 || !strings.Contains(told.String(), "downloading 0.3 MB") || !strings.Contains(told.String(), "already there, SHA-256 as published") {
		t.Errorf("asked %d times, told:\n%s", len(s.ranges), told)
	}
}

// A connection that is cut twice goes on at the byte where it was.
func TestCutConnection(t *testing.T) {
	s := serve(t, func(i int, w http.ResponseWriter, r *http.Request) {
		switch i {
		case 0:
			cut(w, 100_000)
		case 1:
			w.Header().Set("Content-Range", fmt.Sprintf("bytes 100000-%d/%d", len(content)-1, len(content)))
			w.Header().Set("Content-Length", fmt.Sprint(len(content)-100_000))
			w.WriteHeader(http.StatusPartialContent)
			w.Write(content[100_000:150_000])
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		default:
			whole(w, r)
		}
	})
	f, _ := fetcher(t)
	path, err := f.File(context.Background(), published(s.URL))
	expect(t, f, path, err)
	if want := "[ bytes=100000- bytes=150000-]"; fmt.Sprint(s.ranges) != want {
		t.Errorf("ranges %v, want %v", s.ranges, want)
	}
}

// A run that was stopped leaves its bytes for the next one; if the source has changed meanwhile, the next one begins again.
func TestNextRunGoesOn(t *testing.T) {
	for etag, ranges := range map[string]int{`"v1"`: 1, `"v2"`: 0} {
		ctx, stop := context.WithCancel(context.Background())
		resumed := 0
		s := serve(t, func(i int, w http.ResponseWriter, r *http.Request) {
			if i == 0 {
				w.Header().Set("ETag", `"v1"`)
				w.Header().Set("Content-Length", fmt.Sprint(len(content)))
				w.Write(content[:200_000])
				w.(http.Flusher).Flush()
				<-r.Context().Done()
				return
			}
			w.Header().Set("ETag", etag)
			recorder := &statusWriter{ResponseWriter: w}
			http.ServeContent(recorder, r, "", time.Time{}, bytes.NewReader(content))
			if recorder.status == http.StatusPartialContent {
				resumed++
			}
		})
		f, _ := fetcher(t)
		file := published(s.URL)
		go func() { // stops when the bytes are on disk
			for {
				partials, _ := filepath.Glob(filepath.Join(f.Dir, "*.partial"))
				if len(partials) == 1 {
					if info, err := os.Stat(partials[0]); err == nil && info.Size() == 200_000 {
						stop()
						return
					}
				}
				time.Sleep(time.Millisecond)
			}
		}()
		if _, err := f.File(ctx, file); err == nil || !strings.Contains(err.Error(), "run the same command again to go on") {
			t.Fatalf("error %v", err)
		}
		path, err := f.File(context.Background(), file)
		expect(t, f, path, err)
		if resumed != ranges {
			t.Errorf("ETag %s: %d answers were ranges, want %d", etag, resumed, ranges)
		}
	}
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Without ranges a cut download begins again.
func TestNoRanges(t *testing.T) {
	s := serve(t, func(i int, w http.ResponseWriter, r *http.Request) {
		if i == 0 {
			cut(w, 100_000)
		}
		w.Write(content)
	})
	f, _ := fetcher(t)
	path, err := f.File(context.Background(), published(s.URL))
	expect(t, f, path, err)
	if len(s.ranges) != 2 {
		t.Errorf("asked %d times", len(s.ranges))
	}
}

// The bytes are all there, but an earlier run ended before it checked them.
func TestCompletePartial(t *testing.T) {
	s := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) { whole(w, r) })
	f, _ := fetcher(t)
	if err := os.Mkdir(f.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	p, err := openPartial(filepath.Join(f.Dir, "model.pt"), s.URL)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.write(content); err != nil {
		t.Fatal(err)
	}
	p.close()
	path, err := f.File(context.Background(), published(s.URL))
	expect(t, f, path, err)
}

// A server that stops in the middle without closing is left for another try.
func TestSilence(t *testing.T) {
	s := serve(t, func(i int, w http.ResponseWriter, r *http.Request) {
		if i > 0 {
			whole(w, r)
			return
		}
		w.Header().Set("ETag", `"v1"`)
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		w.Write(content[:1000])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	f, _ := fetcher(t)
	f.Silence = 500 * time.Millisecond
	path, err := f.File(context.Background(), published(s.URL))
	expect(t, f, path, err)
}

// Each bad source is named with what it did, and the next is tried.
func TestSourcesInOrder(t *testing.T) {
	missing := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) })
	page := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "<!doctype html><title>404</title>This link does not exist.") // with status 200
	})
	plain := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/octet-stream")
		fmt.Fprint(w, "\n <html>the same, under a false name")
	})
	changed := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) { w.Write(bytes.ToUpper(content)) })
	broken := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		http.Error(w, "busy", http.StatusServiceUnavailable)
	})
	gone := serve(t, func(int, http.ResponseWriter, *http.Request) {})
	gone.Close()
	good := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) { whole(w, r) })
	bad := []string{missing.URL, page.URL, plain.URL, changed.URL, broken.URL, gone.URL}
	reasons := []string{"answers 404 Not Found", "sent a web page", "sent a web page", "sent other bytes than were published", "answers 503", "cannot be reached"}

	f, told := fetcher(t)
	path, err := f.File(context.Background(), published(append(bad, good.URL)...))
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(path); !bytes.Equal(got, content) {
		t.Error("the last source's bytes did not arrive")
	}
	for i, reason := range reasons {
		if !strings.Contains(told.String(), bad[i]+": "+reason) {
			t.Errorf("nothing was told of %q; told:\n%s", reason, told)
		}
	}
	if len(broken.ranges) != tries || len(missing.ranges) != 1 {
		t.Errorf("a busy server was asked %d times, one without the file %d times", len(broken.ranges), len(missing.ranges))
	}

	f, _ = fetcher(t)
	_, err = f.File(context.Background(), published(bad...))
	if err == nil || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "put it in place as "+filepath.Join(f.Dir, "model.pt")+" and run this again") {
		t.Fatalf("error %v", err)
	}
	for i, reason := range reasons {
		if !strings.Contains(err.Error(), bad[i]+" "+reason) {
			t.Errorf("error %v\ndoes not say %q", err, reason)
		}
	}
}

func TestWrongFileInPlace(t *testing.T) {
	f, _ := fetcher(t)
	if err := os.MkdirAll(f.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(f.Dir, "model.pt")
	if err := os.WriteFile(path, []byte("another"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := f.File(context.Background(), published()); err == nil || !strings.Contains(err.Error(), path+" is not the published model.pt") {
		t.Errorf("error %v", err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := f.File(context.Background(), published())
	expect(t, f, got, err)
}

func TestUnwritable(t *testing.T) {
	f, _ := fetcher(t)
	f.Dir = "/proc/reverie"
	if _, err := f.File(context.Background(), published("http://127.0.0.1:1")); err == nil || !strings.Contains(err.Error(), "cannot write to /proc/reverie") {
		t.Errorf("error %v", err)
	}
}

func TestContentRange(t *testing.T) {
	for s, want := range map[string][3]int64{
		"bytes 100-199/200": {100, 200, 1}, "bytes 0-9/*": {0, 0, 1}, "bytes 0-0/1": {0, 1, 1}, "": {}, "bytes */200": {}, "bytes x-1/2": {}, "bytes 0-9": {},
		"bytes 5-3/9": {}, "bytes 0-9/9": {}, "bytes 0-9/-1": {}, "bytes +1-9/10": {}, "0-9/10": {}, "bytes 0-9/99999999999999999999": {}, "bytes 0-9/": {},
	} {
		from, total, ok := contentRange(s)
		if from != want[0] || total != want[1] || ok != (want[2] == 1) {
			t.Errorf("%q gave %d, %d, %v", s, from, total, ok)
		}
	}
}

func FuzzContentRange(f *testing.F) {
	f.Add("bytes 100-199/200")
	f.Add("bytes 0-9/*")
	f.Fuzz(func(t *testing.T, s string) {
		from, total, ok := contentRange(s)
		if from < 0 || total < 0 || total > 0 && from >= total || !ok && (from != 0 || total != 0) {
			t.Fatalf("%q gave %d, %d, %v", s, from, total, ok)
		}
	})
}
