//go:build !js

package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
)

func TestCompress(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.wasm")
	write := func(data []byte) {
		t.Helper()
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := compress(path); err != nil {
			t.Fatal(err)
		}
	}
	unpacked := map[string]func(io.Reader) (io.Reader, error){
		".br": func(r io.Reader) (io.Reader, error) { return brotli.NewReader(r), nil },
		".gz": func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
	}
	check := func(want []byte) {
		t.Helper()
		for suffix, unpack := range unpacked {
			packed, err := os.ReadFile(path + suffix)
			if err != nil {
				t.Fatal(err)
			}
			r, err := unpack(bytes.NewReader(packed))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s: unpacked to %d bytes, %v; want %d", suffix, len(got), err, len(want))
			}
		}
	}
	old := bytes.Repeat([]byte("old "), 1000)
	write(old)
	check(old)

	// A file that is older than its compressed forms is left alone.
	if err := os.WriteFile(path, []byte("unseen"), 0o644); err != nil {
		t.Fatal(err)
	}
	past := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path, past, past); err != nil {
		t.Fatal(err)
	}
	if err := compress(path); err != nil {
		t.Fatal(err)
	}
	check(old)

	for suffix := range unpacked {
		if err := os.Chtimes(path+suffix, past.Add(-time.Hour), past.Add(-time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	fresh := []byte("fresh")
	write(fresh)
	check(fresh)
}
