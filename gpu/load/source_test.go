package load

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"reverie/gpu/blob"
	"reverie/gpu/store"
	"reverie/weights"
)

// memoryStore keeps files in a map. Room bounds their bytes.
type memoryStore struct {
	mu    sync.Mutex
	files map[string][]byte
	room  int // 0 for no bound
}

func (s *memoryStore) Kind() store.Kind                             { return store.Files }
func (s *memoryStore) Lock(context.Context, string) (func(), error) { return func() {}, nil }
func (s *memoryStore) Remove(_ context.Context, name string) error  { delete(s.files, name); return nil }

func (s *memoryStore) Room(context.Context) (store.Room, error) {
	sizes, err := s.Sizes(context.Background())
	used := int64(0)
	for _, size := range sizes {
		used += size
	}
	return store.Room{Usage: used, Quota: int64(s.room)}, err
}

func (s *memoryStore) Sizes(context.Context) (map[string]int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sizes := map[string]int64{}
	for name, data := range s.files {
		sizes[name] = int64(len(data))
	}
	return sizes, nil
}

func (s *memoryStore) Read(_ context.Context, name string, into blob.Blob) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	data := s.files[name]
	data = data[:min(len(data), into.Len())]
	into.Copy(0, blob.Of(data))
	return len(data), nil
}

func (s *memoryStore) Write(_ context.Context, name string, at int64) (store.Writer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files[name] = append([]byte(nil), s.files[name][:at]...)
	return memoryWriter{s, name}, nil
}

type memoryWriter struct {
	store *memoryStore
	name  string
}

func (w memoryWriter) Append(b blob.Blob) error {
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	used := 0
	for _, data := range w.store.files {
		used += len(data)
	}
	if w.store.room > 0 && used+b.Len() > w.store.room {
		return store.ErrFull
	}
	w.store.files[w.name] = append(w.store.files[w.name], b.Bytes()...)
	return nil
}

func (w memoryWriter) Finish(context.Context, blob.Blob) error { return nil }
func (w memoryWriter) Close()                                  {}

// answer is how the fake server answers one request.
type answer struct {
	status  int           // 0 is 206, or 200 from the first byte
	after   time.Duration // that a busy server asks for
	page    bool
	flip    bool // the last byte is wrong
	cut     int  // the connection breaks after so many bytes
	end     int  // the body ends after so many bytes, as if that were all
	refuse  bool // no connection
	ignores bool // ranges
}

// server is a network of some files. Each request takes the next of its script; after that it answers well.
type server struct {
	mu     sync.Mutex
	files  map[string][]byte
	script []answer
	asked  []string // "name@from", by request
}

func (s *server) Get(_ context.Context, url string, from int64, _ bool) (download, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := path.Base(url)
	if inFolder := strings.TrimPrefix(url, "/weights/"); s.files[inFolder] != nil {
		name = inFolder
	}
	s.asked = append(s.asked, fmt.Sprintf("%.4s@%d", name, from))
	var a answer
	if len(s.script) > 0 {
		a, s.script = s.script[0], s.script[1:]
	}
	data, ok := s.files[name]
	switch {
	case a.refuse:
		return nil, errors.New("no connection")
	case !ok:
		a.status = 404
	case from >= int64(len(data)):
		a.status = 416
	case a.status == 0:
		a.status = 206
	}
	if a.ignores || from == 0 && a.status == 206 {
		from, a.status = 0, 200
	}
	body := append([]byte(nil), data[min(int(from), len(data)):]...)
	if a.flip {
		body[len(body)-1] ^= 1
	}
	return &fakeDownload{answer: a, from: from, body: body}, nil
}

type fakeDownload struct {
	answer
	from int64
	body []byte
	sent int
}

func (d *fakeDownload) Status() int               { return d.status }
func (d *fakeDownload) Page() bool                { return d.page }
func (d *fakeDownload) RetryAfter() time.Duration { return d.after }
func (d *fakeDownload) From() int64               { return d.from }
func (d *fakeDownload) Close()                    {}

func (d *fakeDownload) Next(context.Context) (blob.Blob, error) {
	size := max(10, len(d.body)/100)
	switch {
	case d.cut > 0 && d.sent >= d.cut:
		return blob.Blob{}, errors.New("connection reset")
	case d.end > 0 && d.sent >= d.end, d.sent >= len(d.body):
		return blob.Blob{}, io.EOF
	}
	n := min(size, len(d.body)-d.sent)
	b := blob.Of(d.body[d.sent : d.sent+n])
	d.sent += n
	return b, nil
}

func sum(data []byte) string {
	digest := sha256.Sum256(data)
	return hex.EncodeToString(digest[:])
}

// content is n bytes that differ from those of other seeds.
func content(seed byte, n int) []byte {
	data := make([]byte, n)
	for i := range data {
		data[i] = seed + byte(i*i)
	}
	return data
}

func source(s *server, keep store.Store) *Source { return sourceOf("test", s, keep) }

func sourceOf(model string, s *server, keep store.Store) *Source {
	source := From("/weights/"+model+"/", keep)
	for _, f := range []*folder{source.clip, source.vqgan} {
		f.network = s
		f.wait = func(context.Context, int, time.Duration) error { return nil }
	}
	return source
}

func TestFetch(t *testing.T) {
	data := content(1, 100)
	name := sum(data)
	shard := weights.Shard{SHA256: name, Size: 100}
	asks := func(from ...int) (list []string) {
		for _, f := range from {
			list = append(list, fmt.Sprintf("%.4s@%d", name, f))
		}
		return list
	}
	for _, c := range []struct {
		name   string
		kept   []byte
		script []answer
		asked  []string
		err    error
	}{
		{"all from the server", nil, nil, asks(0), nil},
		{"all from the store", data, nil, nil, nil},
		{"the rest of what is kept", data[:37], nil, asks(37), nil},
		{"a cut connection", nil, []answer{{cut: 40}}, asks(0, 40), nil},
		{"a body that ends early", nil, []answer{{end: 70}}, asks(0, 70), nil},
		{"no connection, then one", nil, []answer{{refuse: true}, {refuse: true}}, asks(0, 0, 0), nil},
		{"no connection at all", data[:10], []answer{{refuse: true}, {refuse: true}, {refuse: true}, {refuse: true}, {refuse: true}}, asks(10, 10, 10, 10, 10), ErrNetwork},
		{"progress starts the count of tries anew", nil, []answer{{cut: 10}, {cut: 10}, {cut: 10}, {cut: 10}, {cut: 10}, {cut: 10}, {cut: 10}}, asks(0, 10, 20, 30, 40, 50, 60, 70), nil},
		{"an overloaded server", nil, []answer{{status: 503}, {status: 429}}, asks(0, 0, 0), nil},
		{"a host that ignores ranges", data[:37], []answer{{ignores: true}}, asks(37), nil},
		{"one wrong byte", nil, []answer{{flip: true}}, asks(0, 0), nil},
		{"one wrong byte in the store", append(content(1, 99), 0), nil, asks(0), nil},
		{"wrong bytes for ever", nil, []answer{{flip: true}, {flip: true}, {flip: true}, {flip: true}, {flip: true}}, asks(0, 0, 0, 0, 0), ErrDamaged},
		{"a page in place of the file", nil, []answer{{page: true}}, asks(0), ErrDamaged},
		{"a file that is missing", nil, []answer{{status: 404}}, asks(0), ErrDamaged},
		{"a server that asks for a minute", nil, []answer{{status: 503, after: time.Minute}}, asks(0, 0), nil},
		{"a server that asks for longer", nil, []answer{{status: 503, after: time.Hour}}, asks(0), &Busy{time.Hour}},
	} {
		t.Run(c.name, func(t *testing.T) {
			keep := &memoryStore{files: map[string][]byte{}}
			if c.kept != nil {
				keep.files[name] = c.kept
			}
			s := &server{files: map[string][]byte{name: data}, script: c.script}
			m := &meter{done: int64(len(c.kept)), total: 100, download: len(c.kept) < 100}
			if !m.download {
				m.done = 0
			}
			into := blob.New(100)
			err := source(s, keep).clip.fetch(context.Background(), shard, into, m)
			if !reflect.DeepEqual(s.asked, c.asked) {
				t.Errorf("asked for %v, want %v", s.asked, c.asked)
			}
			if c.err != nil {
				if !errors.Is(err, c.err) && (err == nil || err.Error() != c.err.Error()) {
					t.Errorf("got %v, want %v", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if sum(into.Bytes()) != name || sum(keep.files[name]) != name {
				t.Error("the bytes in memory or in the store are wrong")
			}
			if m.done != 100 {
				t.Errorf("%d of 100 bytes are counted", m.done)
			}
		})
	}
}

func TestFullStore(t *testing.T) {
	data := content(1, 100)
	keep := &memoryStore{files: map[string][]byte{}, room: 50}
	s := &server{files: map[string][]byte{sum(data): data}}
	_, err := source(s, keep).clip.file(context.Background(), weights.Shard{SHA256: sum(data), Size: 100})
	if !errors.Is(err, store.ErrFull) || len(s.asked) != 1 {
		t.Errorf("got %v after %v, want the full store at once", err, s.asked)
	}
	if len(keep.files[sum(data)]) != 50 {
		t.Errorf("%d bytes are kept, want those that fit", len(keep.files[sum(data)]))
	}
}

// brokenStore fails as a store does whose files are deleted by somebody else: at uses of a kind that is named, and at the second of what is appended.
type brokenStore struct {
	memoryStore
	at       string
	appended int
}

var errGone = errors.New("store: the file is gone")

func (s *brokenStore) Read(ctx context.Context, name string, into blob.Blob) (int, error) {
	if s.at == "read" {
		return 7, errGone
	}
	return s.memoryStore.Read(ctx, name, into)
}

func (s *brokenStore) Write(ctx context.Context, name string, at int64) (store.Writer, error) {
	if s.at == "write" {
		return nil, store.ErrBusy
	}
	w, err := s.memoryStore.Write(ctx, name, at)
	return brokenWriter{w, s}, err
}

type brokenWriter struct {
	store.Writer
	store *brokenStore
}

func (w brokenWriter) Append(b blob.Blob) error {
	if w.store.appended++; w.store.at == "append" && w.store.appended == 2 {
		return errGone
	}
	return w.Writer.Append(b)
}

func (w brokenWriter) Finish(ctx context.Context, whole blob.Blob) error {
	if w.store.at == "finish" {
		return errGone
	}
	return w.Writer.Finish(ctx, whole)
}

// A store that fails keeps nobody from a model, and holds no bytes afterwards that would be taken for the file's.
func TestBrokenStore(t *testing.T) {
	data := content(1, 100)
	for _, at := range []string{"read", "write", "append", "finish"} {
		keep := &brokenStore{memoryStore: memoryStore{files: map[string][]byte{}}, at: at}
		s := &server{files: map[string][]byte{sum(data): data}, script: []answer{{cut: 40}}}
		got, err := source(s, keep).clip.file(context.Background(), weights.Shard{SHA256: sum(data), Size: 100})
		if err != nil || sum(got.Bytes()) != sum(data) {
			t.Errorf("%s fails: %v, or other bytes", at, err)
		}
		if kept := keep.files[sum(data)]; len(kept) > 0 && !bytes.HasPrefix(data, kept) {
			t.Errorf("%s fails: %x is kept of %x", at, kept, data)
		}
	}
}

// model is a list of shards of 20 bytes and more in two parts, and a server that has them.
func model() (*server, []piece) {
	s := &server{files: map[string][]byte{}}
	var parts []*weights.Part
	for i := range 2 {
		p := &weights.Part{Name: fmt.Sprint(i)}
		for j := range 4 {
			data := content(byte(10*i+j), 20+j)
			s.files[sum(data)] = data
			p.Shards = append(p.Shards, weights.Shard{SHA256: sum(data), Size: int64(len(data))})
		}
		parts = append(parts, p)
	}
	return s, pieces(parts)
}

func TestPiecesComeInOrder(t *testing.T) {
	s, list := model()
	keep := &memoryStore{files: map[string][]byte{list[1].SHA256: s.files[list[1].SHA256]}}
	var got []string
	var first, last [3]int64
	tell := func(done, total int64, download bool) {
		last = [3]int64{done, total}
		if download {
			last[2] = 1
		}
		if first[1] == 0 {
			first = last
		}
	}
	use := func(p piece, b blob.Blob) error {
		got = append(got, sum(b.Bytes()))
		return nil
	}
	if err := source(s, keep).pieces(context.Background(), list[:4], list[4:], tell, use); err != nil {
		t.Fatal(err)
	}
	for i, p := range list[:4] {
		if got[i] != p.SHA256 {
			t.Errorf("shard %d is %.4s, want %.4s", i, got[i], p.SHA256)
		}
	}
	if len(got) != 4 || len(keep.files) != 8 || len(s.asked) != 7 {
		t.Errorf("used %d shards, kept %d, asked for %v; want 4, 8 and all but one", len(got), len(keep.files), s.asked)
	}
	if first != [3]int64{21, 172, 1} || last != [3]int64{172, 172, 1} {
		t.Errorf("progress from %v to %v, want 21 to 172 of 172 bytes of a download", first, last)
	}

	got, s.asked, first = nil, nil, [3]int64{}
	if err := source(s, keep).pieces(context.Background(), list[:4], list[4:], tell, use); err != nil {
		t.Fatal(err)
	}
	if len(got) != 4 || s.asked != nil || first != [3]int64{0, 86, 0} || last != [3]int64{86, 86, 0} {
		t.Errorf("all kept: used %d, asked for %v, progress from %v to %v; want nothing asked and 0 to 86", len(got), s.asked, first, last)
	}
}

func TestPiecesThatDoNotFit(t *testing.T) {
	s, list := model()
	keep := &memoryStore{files: map[string][]byte{list[0].SHA256: s.files[list[0].SHA256]}, room: 100}
	err := source(s, keep).pieces(context.Background(), list, nil, nil, nil)
	var room *RoomError
	if !errors.As(err, &room) || room.Missing != 152 || room.Free != 80 || !errors.Is(err, store.ErrFull) || s.asked != nil {
		t.Errorf("got %v after asking for %v; want 152 bytes missing, 80 free, and nothing asked", err, s.asked)
	}
}

func TestPiecesEndWithTheFirstError(t *testing.T) {
	s, list := model()
	delete(s.files, list[5].SHA256)
	used := 0
	err := source(s, &memoryStore{files: map[string][]byte{}}).pieces(context.Background(), list, nil, nil, func(piece, blob.Blob) error {
		used++
		return nil
	})
	if err == nil || !strings.Contains(err.Error(), list[5].SHA256) || used != 5 {
		t.Errorf("got %v after %d shards, want the missing one after 5", err, used)
	}
}

// A server that names a time is not asked before it.
func TestRetryAfterIsWaitedFor(t *testing.T) {
	data := content(1, 100)
	s := &server{files: map[string][]byte{sum(data): data}, script: []answer{{status: 503, after: 20 * time.Second}, {status: 503}}}
	source := source(s, store.Nothing{})
	var waited []time.Duration
	source.clip.wait = func(_ context.Context, _ int, least time.Duration) error {
		waited = append(waited, least)
		return nil
	}
	if _, err := source.clip.file(context.Background(), weights.Shard{SHA256: sum(data), Size: 100}); err != nil {
		t.Fatal(err)
	}
	if want := []time.Duration{20 * time.Second, 0}; !reflect.DeepEqual(waited, want) {
		t.Errorf("waited at least %v, want %v", waited, want)
	}
}
