//go:build !js

package main

import (
	"strings"
	"testing"
)

// A script of render's examples is described as it stands at the step.
func TestDescribe(t *testing.T) {
	text, err := describe("../../cmd/render/examples/steering.json", "", 3)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(text, "update 4 of ") || !strings.Contains(text, "\ndispatch update: update.wgsl") {
		t.Errorf("%.300s", text)
	}
	if _, err := describe("main.go", "", 0); err == nil {
		t.Error("a script that is none was described")
	}
}
