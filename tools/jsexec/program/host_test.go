//go:build !js

package program

import (
	"slices"
	"strings"
	"testing"
)

func TestNewHost(t *testing.T) {
	for name, want := range map[string][]string{
		"": nil, "swiftshader": {"-host", "chromium", "-adapter", "software"}, "chromium-gpu": {"-host", "chromium", "-adapter", "hardware"}, "dawn-gpu": {"-host", "node"},
		"firefox": {"-host", "firefox", "-adapter", "software"}, "firefox-gpu": {"-host", "firefox", "-adapter", "hardware"},
	} {
		h, err := NewHost(name)
		if err != nil || !slices.Equal(h.Flags, want) {
			t.Errorf("host %q: flags %v and %v, want %v", name, h.Flags, err, want)
		}
	}
	if _, err := NewHost("webgl"); err == nil || !strings.Contains(err.Error(), `unknown host "webgl": use swiftshader`) {
		t.Errorf("error %v", err)
	}
}
