package ui

import (
	"testing"
	"time"
)

func TestIsZip(t *testing.T) {
	for data, want := range map[string]bool{"PK\x03\x04…": true, "PK\x05\x06": true, "PK": false, "\x89PNG\r\n\x1a\n": false, "": false} {
		if got := isZip([]byte(data)); got != want {
			t.Errorf("%q: %t", data, got)
		}
	}
	if got := zipName(time.Date(2026, 2, 3, 4, 5, 6, 7, time.UTC)); got != "reverie-pictures-2026-02-03.zip" {
		t.Errorf("it is called %q", got)
	}
}
