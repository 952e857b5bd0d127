//go:build !js

package intake

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reverie/app/imports"
	"reverie/app/wire"
	"reverie/weights"
)

// chosenFiles are files as a person drops them: of weights/testdata, or by name and content.
func chosenFiles(t *testing.T, names []string, made map[string]string) []*imports.Source {
	t.Helper()
	var list []*imports.Source
	for _, name := range names {
		data := []byte(made[name])
		if _, ok := made[name]; !ok {
			var err error
			if data, err = os.ReadFile(testdata + name); err != nil {
				t.Fatal(err)
			}
		}
		list = append(list, &imports.Source{Name: filepath.Base(name), Size: int64(len(data)), File: &wire.File{ReaderAt: bytes.NewReader(data)}})
	}
	return list
}

func TestExamine(t *testing.T) {
	read := func(name string) string {
		data, err := os.ReadFile(testdata + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	half := func(name string) string { return read(name)[:len(read(name))/2] }
	openCLIP := read("clip_open_clip_config.json")
	made := map[string]string{
		"half.ckpt": read("vqgan.ckpt")[:1000], "half.pt": half("clip_script.pt"), "old.pt": half("clip_legacy.pt"), "half.safetensors": half("clip_open_clip.safetensors"),
		"short.safetensors": "\x40\x00\x00\x00", "picture.bin": "\x89PNG\r\n\x1a\n" + strings.Repeat("\x00", 300), "essay.yaml": "Once upon a time", "empty.json": "",
		"text.pt": "an essay\n", "empty.ckpt": "", "page.yaml": "<!doctype html><title>Sign in</title>",
		"open_clip_config.json": openCLIP, "open_clip_config (1).json": openCLIP, "config.json": read("clip_config.json"), "vocab.json": `{"a": 1}`,
		"tokenizer.json": strings.Repeat(" ", 300<<10), "long.yaml": strings.Repeat(" ", 300<<10), "other.yaml": read("vqgan.yaml"), "x.yaml": "a: b",
		"other.safetensors": "\x40\x00\x00\x00\x00\x00\x00\x00" + `{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}          ` + "0123",
	}
	for _, c := range []struct {
		files  string
		parts  string // of each, "clip" or "vqgan", the file's place and the name of its configuration
		says   string // in the one problem
		unused string
	}{
		{"clip_script.pt vqgan.ckpt other.yaml clip_config.json", "clip 0 clip_config.json, vqgan 1 other.yaml", "", ""},
		{"vqgan.ckpt clip_config.json clip_script.pt", "vqgan 0, clip 2 clip_config.json", "", ""},
		{"vocab.json clip_open_clip.safetensors open_clip_config.json tokenizer.json", "clip 1 open_clip_config.json", "", "tokenizer.json vocab.json"},
		{"clip_open_clip.safetensors open_clip_config|(1).json", "clip 0 open_clip_config (1).json", "", ""},
		{"clip_hugging_face.safetensors", "", "it needs the config.json that Hugging Face publishes beside it", ""},
		{"x.yaml", "", "x.yaml is a configuration: choose the checkpoint that it belongs to, too.", ""},
		{"vqgan.ckpt page.yaml", "vqgan 0", "page.yaml: it is a web page", ""},
		{"vqgan.ckpt x.yaml", "", "vqgan.ckpt", "x.yaml"},
		{"half.ckpt", "", "half.ckpt: ", ""},
		{"half.pt", "", "half.pt: it is damaged or was cut short while downloading: download it again.", ""},
		{"old.pt", "", "old.pt: it was cut short while downloading, for 15930 bytes are too few: download it again.", ""},
		{"half.safetensors open_clip_config.json", "", "of 9582: the file is damaged or was cut short while downloading; download it again.", "open_clip_config.json"},
		{"short.safetensors", "", "short.safetensors: it is none of the known formats", ""},
		{"picture.bin", "", "picture.bin: it is none of the known formats (PyTorch .pt or .ckpt, TorchScript .pt, .safetensors): choose the file that the model's publisher offers.", ""},
		{"essay.yaml", "", "essay.yaml is a configuration: choose the checkpoint that it belongs to, too.", ""},
		{"empty.json", "", "empty.json: it is empty.", ""},
		{"vqgan.ckpt gumbel.yaml", "", "vqgan.ckpt with gumbel.yaml: tensor quantize.embed.weight is missing; the configuration wants it with shape [10 4].", "gumbel.yaml"},
		{"clip_open_clip.safetensors other.yaml", "", "so the number of attention heads is unknown; choose its configuration, too.", "other.yaml"},
		{"text.pt", "", `it is a text that begins "an essay"`, ""},
		{"empty.ckpt clip_open_clip.safetensors open_clip_config.json", "clip 1 open_clip_config.json", "empty.ckpt: it is empty", ""},
		{"other.safetensors", "", "is neither a CLIP nor a VQGAN that is known: it holds 1 tensors such as a", ""},
		{"long.yaml", "", "a configuration has at most", ""},
	} {
		var names []string
		for _, name := range strings.Fields(c.files) {
			names = append(names, strings.ReplaceAll(name, "|", " "))
		}
		found := examine(context.Background(), chosenFiles(t, names, made))
		var parts []string
		for _, p := range found.Parts {
			text := map[bool]string{false: "clip", true: "vqgan"}[p.VQGAN] + " " + string(rune('0'+p.File))
			if p.Config != nil {
				text += " " + p.Config.Name
			}
			for _, b := range p.Beside {
				text += " " + b.Name
			}
			if parts = append(parts, text); p.What == "" || p.Kept[weights.TypeQ4] >= p.Kept[weights.TypeF32] || p.Kept[weights.TypeQ4] < 1000 {
				t.Errorf("%s: %+v", c.files, p)
			}
		}
		problems := strings.Join(found.Problems, "\n")
		if strings.Join(parts, ", ") != c.parts || strings.Join(found.Unused, " ") != c.unused || (len(found.Problems) > 0) != (c.says != "") ||
			!strings.Contains(problems, c.says) || strings.Contains(problems, "\n") || c.says != "" && !strings.HasSuffix(problems, ".") || strings.Contains(problems, "(-") {
			t.Errorf("%s: parts %q, problems %q, unused %q; want %q, %q, %q", c.files, parts, found.Problems, found.Unused, c.parts, c.says, c.unused)
		}
	}
}

// What an import needs is what was found: it goes on with it as it is.
func TestWhatWasExaminedIsImported(t *testing.T) {
	files := chosenFiles(t, []string{"clip_script.pt", "vqgan.ckpt", "vqgan.yaml", "clip_config.json"}, nil)
	found := examine(context.Background(), files)
	b := imports.Begin{Base: "http://here/weights/", Name: "pair", Title: "A pair", Licence: "none", Quant: weights.TypeQ4}
	for _, p := range found.Parts {
		s := files[p.File]
		s.Config, s.Beside = p.Config, p.Beside
		if p.VQGAN {
			b.VQGAN = s
		} else {
			b.CLIP = s
		}
	}
	keep := newMemory()
	if _, err := newJob(b, keep).run(); err != nil {
		t.Fatal(err)
	}
	same(t, keep, native(t))
}
