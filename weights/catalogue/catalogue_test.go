package catalogue

import (
	"strings"
	"testing"

	"reverie/recipe"
)

// unpinned is what a person is told of a file that nothing identifies.
const unpinned = "Neither its revision nor its SHA-256 is known here, so it is judged by its tensors alone."

func TestOwn(t *testing.T) {
	c, err := Own()
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Models) < 9 {
		t.Errorf("%d models", len(c.Models))
	}
	for _, f := range c.Files {
		if len(f.Sources) == 0 || f.Licence == "" || f.Size < 90 {
			t.Errorf("file %s lacks sources, licence or size", f.Name)
		}
		if !f.IsVQGAN() && f.Notice == "" {
			t.Errorf("file %s has no notice", f.Name)
		}
		for _, s := range f.Sources {
			// OpenAI's addresses contain the SHA-256 of what is there, and so do those of its mirror.
			if strings.Contains(s, "/clip/") && !strings.Contains(s, "/"+f.SHA256+"/") {
				t.Errorf("file %s has another SHA-256 than its address", f.Name)
			}
			if _, rest, hub := strings.Cut(s, "/resolve/"); hub && strings.Index(rest, "/") != 40 && f.SHA256 == "" && f.Notice != unpinned {
				t.Errorf("file %s comes from a revision that may change, no SHA-256 tells, and nobody is told", f.Name)
			}
		}
		if f.ID == "" || f.Title == "" || f.About == "" {
			t.Errorf("entry %s lacks an id, a title or what it is good at", f.Name)
		}
		if m, clip, vqgan, err := c.Find(f.ID); err != nil || clip.Name+vqgan.Name != f.Name || m.Title != f.Title || (vqgan.Name != "") != f.IsVQGAN() {
			t.Errorf("entry %s: %v, %+v", f.ID, err, m)
		}
		if f.Needed > f.Size {
			t.Errorf("a page fetches %d MB of %s, which has %d", f.Needed, f.Name, f.Size)
		}
		if f.Bytes != 0 && (f.Bytes+500_000)/1_000_000 != int64(f.Size) && f.Bytes/1_000_000 != int64(f.Size) {
			t.Errorf("file %s has %d bytes and %d MB", f.Name, f.Bytes, f.Size)
		}
	}
	for _, m := range c.Models {
		got, clip, vqgan, err := c.Find(m.Name)
		if err != nil || got != m || clip.Name != m.CLIP || vqgan.Name != m.VQGAN || m.Title == "" || m.About == "" {
			t.Errorf("model %s: %v, %+v", m.Name, err, got)
		}
	}
	if _, _, _, err := c.Find("dall-e"); err == nil || !strings.Contains(err.Error(), `no model "dall-e"; there are vit-b-32-f16-16384, `) {
		t.Errorf("error %v", err)
	}
}

// What is suggested to whoever has not chosen is one pair, both of its models are MIT-licensed, and a SHA-256 tells that they are what is published. The
// notebooks' pair is listed first.
func TestSuggestion(t *testing.T) {
	c, err := Own()
	if err != nil {
		t.Fatal(err)
	}
	suggested := 0
	for i, m := range c.Models {
		_, clip, vqgan, err := c.Find(m.Name)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 && (clip.ID != "vit-b-32" || vqgan.ID != "f16-16384") {
			t.Errorf("%s is listed first", m.Name)
		}
		if !m.Suggested {
			continue
		}
		suggested++
		for _, f := range []File{clip, vqgan} {
			if !strings.HasPrefix(f.Licence, "MIT ") || f.SHA256 == "" || f.Notice == unpinned {
				t.Errorf("%s, of the suggested pair, has the licence %q and the SHA-256 %q", f.ID, f.Licence, f.SHA256)
			}
		}
	}
	if suggested != 1 {
		t.Errorf("%d pairs are suggested", suggested)
	}
}

const small = `
files:
  - {name: a.pt, sources: ["https://example.org/a"]}
  - {name: b.ckpt, sources: ["https://example.org/b"], config: "model:"}
models:
  - {name: pair, clip: a.pt, vqgan: b.ckpt}
`

func TestParseRefuses(t *testing.T) {
	tests := []struct{ old, new, want string }{
		{"files:", "files: [", "not a catalogue in YAML"},
		{"files:", "flies:", "not a catalogue in YAML: line 2 or the one before cannot be understood"},
		{small, "<html>", "catalogue: it is a web page, not a catalogue"},
		{small, "", "catalogue: it is empty"},
		{small, "a", "not a catalogue in YAML"},
		{"a.pt, sources", "../a.pt, sources", `name "../a.pt"`},
		{"a.pt, sources", ".bashrc, sources", `name ".bashrc"`},
		{"b.ckpt, sources", "a.pt, sources", "file a.pt is there twice"},
		{`a.pt, sources: ["https://example.org/a"]`, "a.pt, sha256: ABC", `SHA-256 "ABC"`},
		{"https://example.org/a", "file:///etc/passwd", `source "file:///etc/passwd"`},
		{"name: pair", "name: My Pair", `"My Pair" is no model's name`},
		{"clip: a.pt", "clip: c.pt", `wants the files "c.pt" and "b.ckpt"`},
		{`, config: "model:"`, "", "file b.ckpt needs a config"},
		{"a.pt, sources", "a.pt, id: x, kind: unet, sources", `kind "unet"`},
		{"a.pt, sources", "a.pt, id: My X, sources", `its id "My X"`},
		{"a.pt, sources", "a.pt, kind: vqgan, sources", "file a.pt is a VQGAN, and model pair has it as its CLIP"},
		{"a.pt, sources", "a.pt, id: pair, sources", "model pair is there twice"},
		{"a.pt, sources", "a.pt, digests: {q3: a}, sources", `digest for "q3"`},
		{"files:", "hosts: [{origin: \"https://*.b\"}]\nfiles:", `"https://*.b" is no origin`},
		{"files:", "hosts: [{origin: \"https://a\", sendon: [\"https://b; script-src *\"]}]\nfiles:", `"https://b; script-src *" is no origin`},
		{"files:", "hosts: [{origin: \"https://a/b\"}]\nfiles:", `"https://a/b" is no origin`},
		{"models:", "models:\n  - {name: pair, clip: a.pt, vqgan: b.ckpt}", "model pair is there twice"},
	}
	if _, err := Parse([]byte(small)); err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		_, err := Parse([]byte(strings.Replace(small, tt.old, tt.new, 1)))
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "yaml:") {
			t.Errorf("error %v, want %q", err, tt.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(small))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<9 {
			return // longer ones find nothing new, more slowly
		}
		c, err := Parse(data)
		if err != nil {
			return
		}
		for _, m := range c.Models {
			if _, clip, vqgan, err := c.Find(m.Name); err != nil || clip.Name == "" || !vqgan.IsVQGAN() || recipe.CheckName(m.Name) != nil {
				t.Fatalf("model %q: %v", m.Name, err)
			}
		}
	})
}
