package folder

import (
	"bytes"
	"compress/gzip"
	"slices"
	"strings"
	"testing"

	"reverie/weights"
)

func zip(t testing.TB, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestParseVocab(t *testing.T) {
	for _, text := range []string{"#comment\na b\nab c</w>", "#comment\na b\nab c</w>\n"} {
		got, err := ParseVocab(zip(t, text))
		if err != nil || !slices.Equal(got, []string{"a b", "ab c</w>"}) {
			t.Errorf("%q gave %q, %v", text, got, err)
		}
	}
}

func TestParseVocabRefuses(t *testing.T) {
	whole := zip(t, "#\na b")
	tests := []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "not a gzip file"},
		{"plain text", []byte("#\na b"), `not a gzip file: it is a text that begins "#"`},
		{"web page", []byte("<html>"), "not a gzip file: it is a web page, not a vocabulary; the download link"},
		{"bytes", []byte{0, 1, 2}, "not a gzip file"},
		{"cut short", whole[:len(whole)-9], "damaged or was cut short"},
		{"one symbol", zip(t, "#\na b\nabc"), `line 3 of the vocabulary is "abc"`},
		{"three symbols", zip(t, "#\na b c"), `line 2 of the vocabulary is "a b c"`},
		{"a long line", zip(t, "#\na b\n"+strings.Repeat("a", maxMerge)+" b"), "line 3 of the vocabulary has over 1024 bytes"},
		{"many lines", zip(t, "#\n"+strings.Repeat("a b\n", maxMerges+1)), "over 1048576 merges"},
		{"huge", zip(t, "#\n"+strings.Repeat("a "+strings.Repeat("b", 1000)+"\n", weights.MaxVocabText/1000)), "over 33554432 bytes"},
	}
	for _, tt := range tests {
		if _, err := ParseVocab(tt.data); err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "gzip:") {
			t.Errorf("%s: error %v, want %q", tt.name, err, tt.want)
		}
	}
}

func FuzzParseVocab(f *testing.F) {
	f.Add(zip(f, "#\na b\nc d"))
	f.Add([]byte{0x1f, 0x8b, 8})
	f.Fuzz(func(t *testing.T, data []byte) {
		merges, err := ParseVocab(data)
		for _, m := range merges {
			if err == nil && strings.Count(m, " ") != 1 {
				t.Fatalf("merge %q", m)
			}
		}
	})
}
