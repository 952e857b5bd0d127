//go:build e2e

package main

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Conversions go through the real engine, and every measure is there for each.
func TestReport(t *testing.T) {
	dir := t.TempDir()
	for _, quant := range []string{"f32", "q8", "q4"} {
		mustRun(t, convertArguments(filepath.Join(dir, quant), "-quant", quant)...)
	}
	out := mustRun(t, "report", "-a", filepath.Join(dir, "f32"), "-b", filepath.Join(dir, "q8"), "-b", filepath.Join(dir, "q4"), "-prompts", "2", "-pictures", "1")
	for _, want := range []string{"f32", "q8 against f32", "q4 against f32"} {
		if !strings.Contains(out, want) {
			t.Errorf("the report has no %q but:\n%s", want, out)
		}
	}
	for _, what := range []string{"text embeddings   cosine", "image embeddings  cosine", "decoder           PSNR dB", "encoder           equal codes", "gradient of z     cosine"} {
		found := regexp.MustCompile(regexp.QuoteMeta(what)+` +least +-?[0-9.]+`).FindAllStringSubmatch(out, -1)
		if len(found) != 2 {
			t.Errorf("%q stands %d times in the report, want once for each conversion:\n%s", what, len(found), out)
		}
	}
}
