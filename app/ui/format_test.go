package ui

import (
	"strings"
	"testing"
	"time"

	"reverie/app/protocol"
	"reverie/recipe"
)

func TestClock(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0:00", 7400 * time.Millisecond: "0:07", 83 * time.Second: "1:23", 2*time.Hour + 3*time.Minute + 4*time.Second: "2:03:04",
	} {
		if got := clock(d); got != want {
			t.Errorf("clock(%v) = %q, want %q", d, got, want)
		}
	}
}

func TestPaceText(t *testing.T) {
	for d, want := range map[time.Duration]string{
		41500 * time.Microsecond: "42 ms/step", 1234 * time.Millisecond: "1.23 s/step", 15 * time.Second: "15 s/step",
	} {
		if got := pace(d); got != want {
			t.Errorf("pace(%v) = %q, want %q", d, got, want)
		}
	}
}

func TestByteCount(t *testing.T) {
	for n, want := range map[int64]string{0: "0.0 MB", 400: "1 kB", 30_400: "30 kB", 100_000: "0.1 MB", 9_200_000: "9.2 MB", 150_400_000: "150 MB", 10_758_000_000: "10.8 GB"} {
		if got := byteCount(n); got != want {
			t.Errorf("byteCount(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestFileName(t *testing.T) {
	for prompt, want := range map[string]string{
		"a red apple":            "a-red-apple_7_20.png",
		"  A/B:\\..  | c:0.5 ":   "a-b-c-0-5_7_20.png",
		"ein Äpfel №1":           "ein-äpfel-1_7_20.png",
		"***":                    "reverie_7_20.png",
		strings.Repeat("é", 400): strings.Repeat("é", 24) + "_7_20.png",
	} {
		if got := fileName(recipe.New(recipe.Prompt.Is(prompt), recipe.Seed.Is(7)), 20); got != want {
			t.Errorf("fileName(%q) = %q, want %q", prompt, got, want)
		}
	}
}

func TestProgressText(t *testing.T) {
	for _, c := range []struct {
		progress protocol.Progress
		want     string
	}{
		{protocol.Progress{Phase: protocol.PhaseCompile}, "Compiling shaders"},
		{protocol.Progress{Phase: protocol.PhaseCompile, Done: 3, Total: 12}, "Compiling shaders: 3 of 12"},
		{protocol.Progress{Phase: protocol.PhaseLoad, Done: 4_600_000, Total: 182_000_000}, "Loading the model: 4.6 MB of 182 MB"},
		{protocol.Progress{Phase: protocol.PhaseDownload, Done: 4_600_000, Total: 182_000_000}, "Downloading the model: 4.6 MB of 182 MB"},
	} {
		s := State{Phase: Loading, Progress: c.progress}
		if got := s.progressText(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestParseModels(t *testing.T) {
	models, err := parseModels([]byte(`[{"name":"mini","title":"","factor":8,"bytes":9200000}]`))
	if err != nil || len(models) != 1 || models[0].title() != "mini" || !models[0].Small() {
		t.Errorf("got %+v, %v", models, err)
	}
	if _, err := parseModels([]byte("<html>")); err == nil {
		t.Error("no error for what is no list")
	}
}
