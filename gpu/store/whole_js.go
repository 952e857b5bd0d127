package store

import (
	"context"
	"strings"
	"syscall/js"

	"reverie/gpu"
	"reverie/gpu/jsx"
)

// whole keeps whole files in the Cache API, for browsers without the origin private file system. Its name does not begin like the
// service worker's caches, which come and go with the app's versions.
type whole struct {
	folder string
	cache  js.Value
}

func openWhole(ctx context.Context, folder string) (*whole, error) {
	caches := js.Global().Get("caches")
	if caches.IsUndefined() {
		return nil, errMissing
	}
	cache, err := jsx.Await(ctx, caches.Call("open", folder))
	if err != nil {
		return nil, problem(err)
	}
	return &whole{folder, cache}, nil
}

// keyPrefix begins the URLs under which the cache keeps files: it knows nothing but URLs.
const keyPrefix = "/reverie-file/"

func (s *whole) Room(ctx context.Context) (Room, error) { return room(ctx) }

func (s *whole) Kind() Kind { return Whole }

func (s *whole) Lock(ctx context.Context, name string) (func(), error) {
	return lock(ctx, s.folder+"/"+name)
}

func (s *whole) Sizes(ctx context.Context) (map[string]int64, error) {
	keys, err := jsx.Await(ctx, s.cache.Call("keys"))
	if err != nil {
		return nil, problem(err)
	}
	sizes := map[string]int64{}
	for i := range keys.Length() {
		_, name, _ := strings.Cut(keys.Index(i).Get("url").String(), keyPrefix)
		body, err := s.body(ctx, name)
		if err != nil {
			return nil, err
		}
		if body.Truthy() {
			sizes[name] = int64(body.Get("size").Float())
		}
	}
	return sizes, nil
}

// body is the file as a JavaScript Blob, which is not read yet, or undefined.
func (s *whole) body(ctx context.Context, name string) (js.Value, error) {
	response, err := jsx.Await(ctx, s.cache.Call("match", keyPrefix+name))
	if err != nil || response.IsUndefined() {
		return js.Undefined(), problem(err)
	}
	body, err := jsx.Await(ctx, response.Call("blob"))
	return body, problem(err)
}

func (s *whole) Read(ctx context.Context, name string, into gpu.Blob) (int, error) {
	body, err := s.body(ctx, name)
	if err != nil || !body.Truthy() {
		return 0, err
	}
	buffer, err := jsx.Await(ctx, body.Call("slice", 0, into.Len()).Call("arrayBuffer"))
	if err != nil {
		return 0, problem(err)
	}
	bytes := jsx.View(buffer)
	into.JS().Call("set", bytes)
	return bytes.Length(), nil
}

func (s *whole) Write(_ context.Context, name string, _ int64) (Writer, error) {
	return wholeWriter{s, name}, nil
}

type wholeWriter struct {
	store *whole
	name  string
}

func (wholeWriter) Append(gpu.Blob) error { return nil }

func (w wholeWriter) Finish(ctx context.Context, whole gpu.Blob) error {
	response := js.Global().Get("Response").New(whole.JS())
	_, err := jsx.Await(ctx, w.store.cache.Call("put", keyPrefix+w.name, response))
	return problem(err)
}

func (wholeWriter) Close() {}

func (s *whole) Remove(ctx context.Context, name string) error {
	_, err := jsx.Await(ctx, s.cache.Call("delete", keyPrefix+name))
	return problem(err)
}
