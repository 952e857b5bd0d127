//go:build !js

package chromium

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	dir := t.TempDir()
	browser := filepath.Join(dir, "google-chrome")
	if err := os.WriteFile(browser, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	t.Setenv("CHROMIUM", "")
	if got, err := Find(); err != nil || got != browser {
		t.Errorf("by name: got %q, %v, want %q", got, err, browser)
	}
	t.Setenv("CHROMIUM", browser)
	if got, err := Find(); err != nil || got != browser {
		t.Errorf("by CHROMIUM: got %q, %v, want %q", got, err, browser)
	}
	t.Setenv("CHROMIUM", filepath.Join(dir, "missing"))
	if _, err := Find(); err == nil || !strings.Contains(err.Error(), "missing") {
		t.Errorf("a wrong CHROMIUM: got %v, want an error that names it", err)
	}
}

func TestParseAdapter(t *testing.T) {
	for name, want := range map[string]Adapter{"": Software, "software": Software, "hardware": Hardware, "none": None} {
		if got, err := ParseAdapter(name); err != nil || got != want {
			t.Errorf("ParseAdapter(%q) = %q, %v, want %q", name, got, err, want)
		}
	}
	if _, err := ParseAdapter("cuda"); err == nil {
		t.Error("ParseAdapter(cuda): no error")
	}
}

func TestFlagsAppendTheEnvironment(t *testing.T) {
	t.Setenv("CHROMIUM_FLAGS", "--use-webgpu-adapter=default  -v=1")
	flags := Flags(Software)
	if n := len(flags); !slices.Equal(flags[n-2:], []string{"use-webgpu-adapter=default", "v=1"}) {
		t.Errorf("got %v", flags)
	}
}
