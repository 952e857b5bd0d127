package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"syscall/js"

	"reverie/gpu/blob"
	"reverie/gpu/jsx"
)

// pieces keeps each file as entries of the Cache API, for browsers without the origin private file system. An entry cannot grow, so a
// file that arrives becomes one entry per pieceSize bytes, and a last one for what came before the connection broke. The cache's name
// does not begin like the service worker's caches, which come and go with the app's versions.
type pieces struct{ folder string }

// pieceSize is what a closed tab can lose of each file, and what an entry's own cost is small beside.
const pieceSize = 1 << 20

func openPieces(ctx context.Context, folder string) (*pieces, error) {
	if js.Global().Get("caches").IsUndefined() {
		return nil, errMissing
	}
	s := &pieces{folder}
	_, err := s.cache(ctx, "keys")
	return s, err
}

// cache calls a method of the folder's Cache and waits for its answer. The cache is opened anew each time, as files does it and for the same reason.
func (s *pieces) cache(ctx context.Context, method string, args ...any) (js.Value, error) {
	cache, err := jsx.Await(ctx, js.Global().Get("caches").Call("open", s.folder))
	if err != nil {
		return cache, problem(err)
	}
	answer, err := jsx.Await(ctx, cache.Call(method, args...))
	return answer, problem(err)
}

func (s *pieces) Room(ctx context.Context) (Room, error) { return room(ctx) }

func (s *pieces) Kind() Kind { return Pieces }

func (s *pieces) Lock(ctx context.Context, name string) (func(), error) {
	return lock(ctx, s.folder+"/"+name)
}

// piece is the bytes from from to to of a file.
type piece struct {
	name     string
	from, to int64
}

// keyPrefix begins the URLs under which the cache keeps pieces: it knows nothing but URLs.
const keyPrefix = "/reverie-file/"

// key tells all of a piece, so that sizes are known without reading it.
func (p piece) key() string { return fmt.Sprintf("%s%s/%d-%d", keyPrefix, p.name, p.from, p.to) }

func parseKey(url string) (p piece, ok bool) {
	_, key, _ := strings.Cut(url, keyPrefix)
	name, span, _ := strings.Cut(key, "/")
	first, last, _ := strings.Cut(span, "-")
	from, errFrom := strconv.ParseInt(first, 10, 64)
	to, errTo := strconv.ParseInt(last, 10, 64)
	return piece{name, from, to}, errFrom == nil && errTo == nil && from < to
}

// list is the pieces of each file that join from its first byte on.
func (s *pieces) list(ctx context.Context) (map[string][]piece, error) {
	keys, err := s.cache(ctx, "keys")
	if err != nil {
		return nil, err
	}
	var all []piece
	for i := range keys.Length() {
		if p, ok := parseKey(keys.Index(i).Get("url").String()); ok {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b piece) int { return cmp.Compare(a.from, b.from) })
	files := map[string][]piece{}
	for _, p := range all {
		if have := files[p.name]; p.from == end(have) {
			files[p.name] = append(have, p)
		}
	}
	return files, nil
}

// end is where the last of a file's pieces ends.
func end(list []piece) int64 {
	if len(list) == 0 {
		return 0
	}
	return list[len(list)-1].to
}

func (s *pieces) Sizes(ctx context.Context) (map[string]int64, error) {
	files, err := s.list(ctx)
	if err != nil {
		return nil, err
	}
	sizes := map[string]int64{}
	for name, list := range files {
		sizes[name] = end(list)
	}
	return sizes, nil
}

// bytes are a piece's, or undefined when it is gone.
func (s *pieces) bytes(ctx context.Context, p piece) (js.Value, error) {
	response, err := s.cache(ctx, "match", p.key())
	if err != nil || response.IsUndefined() {
		return js.Undefined(), err
	}
	buffer, err := jsx.Await(ctx, response.Call("arrayBuffer"))
	if err != nil {
		return js.Undefined(), problem(err)
	}
	return jsx.View(buffer), nil
}

func (s *pieces) put(ctx context.Context, p piece, bytes js.Value) error {
	_, err := s.cache(ctx, "put", p.key(), js.Global().Get("Response").New(bytes))
	return err
}

func (s *pieces) delete(ctx context.Context, p piece) error {
	_, err := s.cache(ctx, "delete", p.key())
	return err
}

func (s *pieces) Read(ctx context.Context, name string, into blob.Blob) (int, error) {
	files, err := s.list(ctx)
	if err != nil {
		return 0, err
	}
	at, size := 0, into.Len()
	for _, p := range files[name] {
		if at == size {
			break
		}
		bytes, err := s.bytes(ctx, p)
		if err != nil || bytes.IsUndefined() {
			return at, err
		}
		n := min(bytes.Length(), size-at)
		into.JS().Call("set", bytes.Call("subarray", 0, n), at)
		at += n
	}
	return at, nil
}

func (s *pieces) Write(ctx context.Context, name string, at int64) (Writer, error) {
	files, err := s.list(ctx)
	if err != nil {
		return nil, err
	}
	w := &pieceWriter{store: s, name: name, from: at, buffer: blob.New(pieceSize)}
	for _, p := range files[name] {
		if p.to <= at {
			continue
		}
		if p.from < at { // its beginning stays
			bytes, err := s.bytes(ctx, p)
			if err != nil {
				return nil, err
			}
			if !bytes.IsUndefined() {
				w.from = p.from
				w.used = int(at - p.from)
				w.buffer.JS().Call("set", bytes.Call("subarray", 0, w.used), 0)
			}
		}
		if err := s.delete(ctx, p); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// pieceWriter gathers bytes until they fill a piece.
type pieceWriter struct {
	store  *pieces
	name   string
	from   int64 // where the gathered bytes belong
	buffer blob.Blob
	used   int // bytes of the buffer
}

func (w *pieceWriter) Append(b blob.Blob) error {
	for at, n := 0, b.Len(); at < n; {
		step := min(n-at, pieceSize-w.used)
		w.buffer.Copy(w.used, b.Slice(at, at+step))
		w.used += step
		at += step
		if w.used == pieceSize {
			if err := w.flush(context.Background()); err != nil {
				return err
			}
		}
	}
	return nil
}

// flush puts what is gathered. It is not interrupted: what has come is worth keeping.
func (w *pieceWriter) flush(ctx context.Context) error {
	if w.used == 0 {
		return nil
	}
	p := piece{w.name, w.from, w.from + int64(w.used)}
	if err := w.store.put(ctx, p, w.buffer.Slice(0, w.used).JS()); err != nil {
		return err
	}
	w.from, w.used = p.to, 0
	return nil
}

func (w *pieceWriter) Finish(ctx context.Context, whole blob.Blob) error {
	if err := w.flush(ctx); err != nil {
		return err
	}
	if int64(whole.Len()) != w.from {
		return fmt.Errorf("store: a file of %d bytes ends at byte %d", whole.Len(), w.from)
	}
	return nil
}

func (w *pieceWriter) Close() { w.flush(context.Background()) } // without room the last piece is fetched again

func (s *pieces) Remove(ctx context.Context, name string) error {
	files, err := s.list(ctx)
	if err != nil {
		return err
	}
	for _, p := range files[name] {
		if err := s.delete(ctx, p); err != nil {
			return err
		}
	}
	return nil
}
