package store

import (
	"context"
	"fmt"
	"syscall/js"

	"reverie/gpu/blob"
	"reverie/gpu/jsx"
)

// files keeps each file in a folder of the origin private file system, through handles that read and write at once. Browsers give
// those to dedicated workers only.
type files struct{ folder string }

func openFiles(ctx context.Context, folder string) (*files, error) {
	manager, handle := storageManager(), js.Global().Get("FileSystemFileHandle")
	if manager.IsUndefined() || manager.Get("getDirectory").IsUndefined() || handle.IsUndefined() ||
		handle.Get("prototype").Get("createSyncAccessHandle").IsUndefined() {
		return nil, errMissing
	}
	s := &files{folder}
	_, err := s.dir(ctx)
	return s, err
}

// dir is the folder's FileSystemDirectoryHandle. It is asked for anew at each use: a person may delete the site's data at any time, and a handle
// from before then is of no use any more.
func (s *files) dir(ctx context.Context) (js.Value, error) {
	root, err := jsx.Await(ctx, storageManager().Call("getDirectory"))
	if err != nil {
		return root, problem(err)
	}
	dir, err := jsx.Await(ctx, root.Call("getDirectoryHandle", s.folder, map[string]any{"create": true}))
	return dir, problem(err)
}

func (s *files) Room(ctx context.Context) (Room, error) { return room(ctx) }

func (s *files) Kind() Kind { return Files }

func (s *files) Lock(ctx context.Context, name string) (func(), error) {
	return lock(ctx, s.folder+"/"+name)
}

func (s *files) Sizes(ctx context.Context) (map[string]int64, error) {
	dir, err := s.dir(ctx)
	if err != nil {
		return nil, err
	}
	sizes := map[string]int64{}
	entries := dir.Call("values")
	for {
		next, err := jsx.Await(ctx, entries.Call("next"))
		if err != nil {
			return nil, problem(err)
		}
		if next.Get("done").Bool() {
			return sizes, nil
		}
		entry := next.Get("value")
		if entry.Get("kind").String() != "file" {
			continue
		}
		file, err := jsx.Await(ctx, entry.Call("getFile"))
		if jsx.IsException(err, "NotFoundError") { // removed since
			continue
		}
		if err != nil {
			return nil, problem(err)
		}
		sizes[entry.Get("name").String()] = int64(file.Get("size").Float())
	}
}

// open opens a file. The handle excludes all others until it is closed, so it is waited for even when ctx ends: nobody else could close
// one that comes later.
func (s *files) open(ctx context.Context, name string, create bool) (js.Value, error) {
	ctx = context.WithoutCancel(ctx)
	dir, err := s.dir(ctx)
	if err != nil {
		return dir, err
	}
	file, err := jsx.Await(ctx, dir.Call("getFileHandle", name, map[string]any{"create": create}))
	if err != nil {
		return file, err
	}
	return jsx.Await(ctx, file.Call("createSyncAccessHandle"))
}

func (s *files) Read(ctx context.Context, name string, into blob.Blob) (int, error) {
	handle, err := s.open(ctx, name, false)
	if jsx.IsException(err, "NotFoundError") {
		return 0, nil
	}
	if err != nil {
		return 0, problem(err)
	}
	defer handle.Call("close")
	n, err := jsx.Try(func() js.Value { return handle.Call("read", into.JS(), map[string]any{"at": 0}) })
	if err != nil {
		return 0, problem(err)
	}
	return n.Int(), nil
}

func (s *files) Write(ctx context.Context, name string, at int64) (Writer, error) {
	handle, err := s.open(ctx, name, true)
	if err != nil {
		return nil, problem(err)
	}
	if _, err := jsx.Try(func() js.Value { return handle.Call("truncate", at) }); err != nil {
		handle.Call("close")
		return nil, problem(err)
	}
	return &fileWriter{handle, at}, nil
}

type fileWriter struct {
	handle js.Value // FileSystemSyncAccessHandle
	at     int64
}

func (w *fileWriter) Append(b blob.Blob) error {
	n, err := jsx.Try(func() js.Value { return w.handle.Call("write", b.JS(), map[string]any{"at": w.at}) })
	if err != nil {
		return problem(err)
	}
	w.at += int64(n.Int())
	if n.Int() < b.Len() {
		return ErrFull
	}
	return nil
}

func (w *fileWriter) Finish(_ context.Context, whole blob.Blob) error {
	if int64(whole.Len()) != w.at {
		return fmt.Errorf("store: a file of %d bytes ends at byte %d", whole.Len(), w.at)
	}
	_, err := jsx.Try(func() js.Value { return w.handle.Call("flush") })
	return problem(err)
}

func (w *fileWriter) Close() { w.handle.Call("close") }

func (s *files) Remove(ctx context.Context, name string) error {
	dir, err := s.dir(ctx)
	if err != nil {
		return err
	}
	_, err = jsx.Await(ctx, dir.Call("removeEntry", name))
	if jsx.IsException(err, "NotFoundError") {
		return nil
	}
	return problem(err)
}
