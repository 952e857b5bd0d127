//go:build !js

package firefox

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reverie/tools/chromium"
)

func TestFind(t *testing.T) {
	dir := t.TempDir()
	browser := filepath.Join(dir, "firefox")
	if err := os.WriteFile(browser, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	t.Setenv("FIREFOX", "")
	if got, err := Find(); err != nil || got != browser {
		t.Errorf("by name: got %q, %v, want %q", got, err, browser)
	}
	t.Setenv("FIREFOX", filepath.Join(dir, "missing"))
	if _, err := Find(); err == nil || !strings.Contains(err.Error(), "missing") {
		t.Errorf("a wrong FIREFOX: got %v, want an error that names it", err)
	}
}

func TestWriteProfile(t *testing.T) {
	dir := t.TempDir()
	if err := WriteProfile(dir, Preferences); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "user.js"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`user_pref("dom.webgpu.enabled", true);`, `user_pref("dom.max_script_run_time", 0);`, `user_pref("browser.region.network.url", "");`,
	} {
		if !strings.Contains(string(data), want+"\n") {
			t.Errorf("%s is not in\n%s", want, data)
		}
	}
}

func TestNoAdapterIsRefused(t *testing.T) {
	if _, err := Environment(chromium.None); err == nil {
		t.Error("the adapter none: no error")
	}
}
