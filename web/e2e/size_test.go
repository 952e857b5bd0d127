//go:build e2e && !js

package e2e

import (
	"testing"

	"reverie/web/wasm"
)

// The program that these tests build is one that a visitor can download.
func TestProgramIsWithinItsGoal(t *testing.T) {
	packed, err := wasm.Packed(program.Wasm)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("app.wasm: %d bytes, %d in Brotli at its best, %d at most", len(program.Wasm), len(packed), wasm.Goal)
	if len(packed) > wasm.Goal {
		t.Errorf("app.wasm takes %d bytes in Brotli at its best, %d more than its goal: see which packages are new with "+
			"`GOOS=js GOARCH=wasm go list -modfile bin/go-app-….mod -deps ./app`, what the compiler inlines in web/wasm/wasm.go, and what is left out in web/wasm/slim.go",
			len(packed), len(packed)-wasm.Goal)
	}
}
