package guide

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"testing"

	"reverie/weights"
)

// Pictures keep what they always told of their weights: the beginning of a SHA-256 of the manifest.
func TestIdentityOfWeights(t *testing.T) {
	m := &weights.Manifest{Name: "x", Title: "A title"}
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("%x", sha256.Sum256(text))[:16]
	if got, err := identity(context.Background(), m); err != nil || got != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}
