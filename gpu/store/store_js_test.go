package store

import (
	"context"
	"syscall/js"
	"testing"

	"reverie/gpu/blob"
	"reverie/gpu/jsx"
)

// What a person deletes of the site's data is gone, and what comes after that is kept.
func TestTheSitesDataIsDeleted(t *testing.T) {
	ctx := context.Background()
	const folder = "deleted"
	files, err := openFiles(ctx, folder)
	if err != nil {
		t.Fatal(err)
	}
	pieces, err := openPieces(ctx, folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		Store
		delete func() (js.Value, error)
	}{
		{files, func() (js.Value, error) {
			root, err := jsx.Await(ctx, storageManager().Call("getDirectory"))
			if err != nil {
				return root, err
			}
			return jsx.Await(ctx, root.Call("removeEntry", folder, map[string]any{"recursive": true}))
		}},
		{pieces, func() (js.Value, error) { return jsx.Await(ctx, js.Global().Get("caches").Call("delete", folder)) }},
	} {
		keep(t, c.Store, "one", "before")
		if _, err := c.delete(); err != nil {
			t.Fatalf("%s: %v", c.Kind(), err)
		}
		if n, err := c.Read(ctx, "one", blob.New(6)); n != 0 || err != nil {
			t.Errorf("%s: %d bytes are read, %v", c.Kind(), n, err)
		}
		keep(t, c.Store, "two", "after it")
		sizes, err := c.Sizes(ctx)
		if err != nil || len(sizes) != 1 || sizes["two"] != 8 {
			t.Errorf("%s: %v is kept, %v", c.Kind(), sizes, err)
		}
		if err := c.Remove(ctx, "two"); err != nil {
			t.Errorf("%s: %v", c.Kind(), err)
		}
	}
}

// keep stores a file and reads it again.
func keep(t *testing.T, s Store, name, text string) {
	t.Helper()
	ctx := context.Background()
	whole := blob.Of([]byte(text))
	w, err := s.Write(ctx, name, 0)
	if err != nil {
		t.Fatalf("%s: %s: %v", s.Kind(), name, err)
	}
	if err := w.Append(whole); err != nil {
		t.Errorf("%s: %s: %v", s.Kind(), name, err)
	}
	if err := w.Finish(ctx, whole); err != nil {
		t.Errorf("%s: %s: %v", s.Kind(), name, err)
	}
	w.Close()
	got := blob.New(len(text))
	if n, err := s.Read(ctx, name, got); n != len(text) || err != nil || string(got.Bytes()) != text {
		t.Errorf("%s: %s: %q is read, %v", s.Kind(), name, got.Bytes(), err)
	}
}
