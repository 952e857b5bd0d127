//go:build e2e

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reverie/app/picture"
	"reverie/app/protocol"
)

func TestRenderTwiceGivesTheSameBytes(t *testing.T) {
	dir := t.TempDir()
	var pngs [2][]byte
	for i := range pngs {
		out, trace := filepath.Join(dir, "out.png"), filepath.Join(dir, "trace.jsonl")
		var stderr bytes.Buffer
		args := []string{"-prompt", "a red apple", "-size", "60x64", "-steps", "2", "-cuts", "2", "-seed", "7", "-o", out, "-trace", trace}
		if err := run(context.Background(), args, &stderr); err != nil {
			t.Fatalf("%v\n%s", err, stderr.String())
		}
		if !strings.Contains(stderr.String(), "60x64 became 64x64") {
			t.Errorf("no notice of the rounded size in:\n%s", stderr.String())
		}
		var err error
		if pngs[i], err = os.ReadFile(out); err != nil {
			t.Fatal(err)
		}
		checkTrace(t, trace)
	}
	if !bytes.Equal(pngs[0], pngs[1]) {
		t.Error("the same settings gave different files")
	}
	found, err := picture.Read(pngs[0])
	if err != nil || !found.Complete || found.Step != 2 || found.Settings.Width != 64 {
		t.Errorf("the file tells %+v, %v", found, err)
	}
}

func checkTrace(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(lines) != 3 {
		t.Fatalf("the trace has %d lines, want 3:\n%s", len(lines), text)
	}
	var head struct{ Adapter, Model, Build string }
	if err := json.Unmarshal([]byte(lines[0]), &head); err != nil || head.Adapter == "" || head.Model != "mini" || head.Build == "" {
		t.Errorf("the first line is %s (%v)", lines[0], err)
	}
	for i, line := range lines[1:] { // with two losses: mini suggests a smoothness, and there is one prompt
		var step protocol.Step
		if err := json.Unmarshal([]byte(line), &step); err != nil || step.Step != i+1 || step.Loss == 0 || len(step.Losses) != 2 || step.Milliseconds <= 0 {
			t.Errorf("line %d is %s (%v)", i+2, line, err)
		}
	}
}
