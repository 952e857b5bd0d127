//go:build !js

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"reverie/web/compress"
)

func TestPack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.wasm")
	write := func(name string, data []byte) {
		t.Helper()
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	check := func(want []byte) {
		t.Helper()
		if err := pack(path); err != nil {
			t.Fatal(err)
		}
		for _, f := range compress.Formats {
			if !holds(f, path+f.Suffix, want) {
				t.Errorf("%s does not hold the file", f.Suffix)
			}
		}
	}
	old := bytes.Repeat([]byte("old "), 1000)
	write(path, old)
	check(old)

	// What holds the file already is left alone, however old it is.
	past := time.Now().Add(-time.Hour).Truncate(time.Second)
	for _, f := range compress.Formats {
		if err := os.Chtimes(path+f.Suffix, past, past); err != nil {
			t.Fatal(err)
		}
	}
	check(old)
	for _, f := range compress.Formats {
		if s, err := os.Stat(path + f.Suffix); err != nil || !s.ModTime().Equal(past) {
			t.Errorf("%s was written again: %v, %v", f.Suffix, s, err)
		}
	}

	fresh := []byte("fresh")
	write(path, fresh)
	check(fresh)
	for _, f := range compress.Formats {
		write(path+f.Suffix, []byte("damaged"))
	}
	check(fresh)
}
