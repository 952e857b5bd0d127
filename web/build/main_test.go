//go:build !js

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestCompress(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.wasm")
	write := func(name string, data []byte) {
		t.Helper()
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	check := func(want []byte) {
		t.Helper()
		if err := compress(path); err != nil {
			t.Fatal(err)
		}
		for _, f := range formats {
			if !f.holds(path+f.suffix, want) {
				t.Errorf("%s does not hold the file", f.suffix)
			}
		}
	}
	old := bytes.Repeat([]byte("old "), 1000)
	write(path, old)
	check(old)

	// What holds the file already is left alone, however old it is.
	past := time.Now().Add(-time.Hour).Truncate(time.Second)
	for _, f := range formats {
		if err := os.Chtimes(path+f.suffix, past, past); err != nil {
			t.Fatal(err)
		}
	}
	check(old)
	for _, f := range formats {
		if s, err := os.Stat(path + f.suffix); err != nil || !s.ModTime().Equal(past) {
			t.Errorf("%s was written again: %v, %v", f.suffix, s, err)
		}
	}

	fresh := []byte("fresh")
	write(path, fresh)
	check(fresh)
	for _, f := range formats {
		write(path+f.suffix, []byte("damaged"))
	}
	check(fresh)
}
