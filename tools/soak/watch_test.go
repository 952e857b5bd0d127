//go:build linux && !js

package main

import "testing"

// The page's program and the engine's begin in other ways from time to time, and then nobody would tell of their memory.
func TestARunIsFollowed(t *testing.T) {
	r, err := soak(t.Context(), "chromium", "p=a%20red%20apple&width=32&height=32&cutouts=1&steps=4&seed=7&v=2", 2)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.samples) != 2 || len(r.paces) != 4 {
		t.Fatalf("%d samples of %d steps, and there were 2 of 4", len(r.samples), len(r.paces))
	}
	for kind, name := range names {
		if n := r.samples[1].bytes[kind]; kind != stacks && !(n > 1e6) {
			t.Errorf("%s: %g bytes", name, n)
		}
	}
}
