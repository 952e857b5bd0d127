package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"reverie/recipe"
	"reverie/web/wasm"
	"reverie/weights/convert"
	"reverie/weights/folder"
	"reverie/weights/vocab"
)

const goldenData = "../../tools/golden/testdata/"

// kept makes a cache of its own, and returns its folder of models.
func kept(t *testing.T) string {
	t.Helper()
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	return filepath.Join(cache, "reverie", "converted")
}

// prepared is the model that a run with these flags is made with, and what was said on the way.
func prepared(t *testing.T, args ...string) (model string, said string, err error) {
	t.Helper()
	programs := fstest.MapFS{}
	for _, p := range wasm.Programs {
		programs[p.File] = &fstest.MapFile{Data: []byte("\x00asm")}
	}
	var told bytes.Buffer
	j, err := parse(append(args, "-prompt", "x", "-o", filepath.Join(t.TempDir(), "o.png")), &told)
	if err == nil {
		_, err = openSite(t.Context(), &j, programs, &told)
	}
	return recipe.Model.In(j.script.Recipe), told.String(), err
}

// copied puts a checkpoint and its configuration into a folder.
func copied(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		data, err := os.ReadFile(goldenData + name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// A checkpoint that is named takes the place of the model's half. It becomes what weights convert makes of it, once, and a script that names the model
// finds it again.
func TestCheckpointsAreTheModel(t *testing.T) {
	models, dir := kept(t), t.TempDir()
	copied(t, dir, "vqgan.ckpt", "vqgan.yaml", "clip_resnet.pt")
	vqgan, clip := filepath.Join(dir, "vqgan.ckpt"), filepath.Join(dir, "clip_resnet.pt")
	first, said, err := prepared(t, "-vqgan", vqgan, "-quant", "f16")
	half, name, _ := strings.Cut(first, "+")
	if err != nil || half != "mini" || !strings.HasPrefix(name, "vqgan-f16-") || !strings.Contains(said, "Converting "+vqgan+" to f16, once") {
		t.Fatalf("the model is %q, %v; it says %q", first, err, said)
	}
	want := filepath.Join(t.TempDir(), "m")
	if _, _, err := convert.Run(convert.Options{Out: want, VQGAN: goldenData + "vqgan.ckpt", VQGANConfig: goldenData + "vqgan.yaml",
		Model: convert.Model{Vocab: vocab.CLIP, Quant: "f16", Name: name, Title: "vqgan.ckpt"}}); err != nil {
		t.Fatal(err)
	}
	a, errA := os.ReadFile(filepath.Join(models, name, "manifest.json"))
	b, errB := os.ReadFile(filepath.Join(want, "manifest.json"))
	if errA != nil || errB != nil || !bytes.Equal(a, b) {
		t.Errorf("its manifest is\n%s\nwant\n%s\n%v, %v", a, b, errA, errB)
	}

	for what, args := range map[string][]string{
		"the same":             {"-vqgan", vqgan, "-quant", "f16"},
		"the same by its name": {"-model", first},
		"its configuration":    {"-vqgan", vqgan, "-vqgan-config", filepath.Join(dir, "vqgan.yaml"), "-quant", "f16"},
		"another form":         {"-vqgan", vqgan, "-quant", "f32"},
		"both":                 {"-vqgan", vqgan, "-quant", "f16", "-clip", clip},
		"a CLIP alone":         {"-clip", clip, "-quant", "f16"},
	} {
		model, said, err := prepared(t, args...)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		half, rest, _ := strings.Cut(model, "+")
		again := slices.Contains([]string{"the same", "the same by its name"}, what)
		if again && (model != first || said != "") {
			t.Errorf("%s is %q; it says %q", what, model, said)
		}
		if what == "another form" && (model == first || !strings.Contains(model, "vqgan-f32-")) {
			t.Errorf("%s is %q", what, model)
		}
		if strings.Contains(strings.Join(args, " "), "-clip") != strings.HasPrefix(half, "clip_resnet-f16-") || what == "a CLIP alone" && rest != "mini" || what == "both" && rest != name {
			t.Errorf("%s: the model is %q", what, model)
		}
	}

	// Other bytes are another model, and damage is mended.
	if err := os.WriteFile(filepath.Join(dir, "vqgan.yaml"), append(slices.Clone(mustRead(t, filepath.Join(dir, "vqgan.yaml"))), '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
	if other, said, err := prepared(t, "-vqgan", vqgan, "-quant", "f16"); err != nil || other == first || !strings.Contains(said, "Converting") {
		t.Errorf("with another configuration the model is %q, %v; it says %q", other, err, said)
	}
	m, err := folder.Manifest(os.DirFS(filepath.Join(models, name)))
	if err != nil {
		t.Fatal(err)
	}
	for shard := range m.Files() {
		if err := os.WriteFile(filepath.Join(models, name, shard), []byte("damaged"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	copied(t, dir, "vqgan.yaml")
	if mended, said, err := prepared(t, "-vqgan", vqgan, "-quant", "f16"); err != nil || mended != first || !strings.Contains(said, "Converting") {
		t.Errorf("once damaged the model is %q, %v; it says %q", mended, err, said)
	}
}

func mustRead(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Checkpoints and configurations behind addresses are downloaded once; how much comes is said before.
func TestCheckpointsOfAddresses(t *testing.T) {
	kept(t)
	asked := map[string]int{}
	files := http.FileServer(http.Dir(goldenData))
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked[r.URL.Path]++
		if r.URL.Path == "/endless.yaml" {
			for range 1 << 10 {
				fmt.Fprint(w, strings.Repeat("a: b\n", 1<<10))
			}
			return
		}
		files.ServeHTTP(w, r)
	}))
	defer s.Close()
	args := []string{"-vqgan", s.URL + "/vqgan.ckpt", "-vqgan-config", s.URL + "/vqgan.yaml?download=true", "-quant", "f16"}
	first, said, err := prepared(t, args...)
	if err != nil || !strings.Contains(first, "+vqgan-f16-") || !strings.Contains(said, "vqgan.ckpt: downloading ") {
		t.Fatalf("the model is %q, %v; it says %q", first, err, said)
	}
	again, _, err := prepared(t, args...)
	if err != nil || again != first || asked["/vqgan.ckpt"] != 1 || asked["/vqgan.yaml"] != 1 {
		t.Errorf("the second time the model is %q, %v; it asked for %v", again, err, asked)
	}
	for _, c := range []struct{ args, want string }{
		{"-vqgan " + s.URL + "/none.ckpt", "none.ckpt answers 404"},
		{"-vqgan " + s.URL + "/vqgan.ckpt -vqgan-config " + s.URL + "/endless.yaml", "sends more than 0.3 MB"},
		{"-vqgan " + s.URL + "/vqgan.ckpt -vqgan-config " + s.URL + "/clip_resnet.pt", "sends more than 0.3 MB"},
	} {
		if _, _, err := prepared(t, strings.Fields(c.args)...); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want a line with %q", c.args, err, c.want)
		}
	}
}

func TestBadCheckpoints(t *testing.T) {
	models := kept(t)
	vqgan, clip := goldenData+"vqgan.ckpt", goldenData+"clip_resnet.pt"
	for _, c := range []struct {
		want string
		args []string
	}{
		{"name that with -vqgan", []string{"-vqgan-config", goldenData + "vqgan.yaml"}},
		{"name that with -clip", []string{"-clip-config", goldenData + "vqgan.yaml"}},
		{"leave out -model", []string{"-vqgan", vqgan, "-clip", clip, "-model", "mini"}},
		{`-quant "q5" is unknown`, []string{"-vqgan", vqgan, "-quant", "q5"}},
		{"cannot read none.ckpt (there is no such file)", []string{"-vqgan", "none.ckpt"}},
		{"cannot read none.yaml (there is no such file)", []string{"-vqgan", vqgan, "-vqgan-config", "none.yaml"}},
		{"cannot be used", []string{"-vqgan", clip}},
		{"cannot be used", []string{"-clip", vqgan}},
		{"cannot be used", []string{"-vqgan", "checkpoints.go"}},
	} {
		if _, _, err := prepared(t, c.args...); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want a line with %q", c.args, err, c.want)
		}
	}
	if left, _ := os.ReadDir(models); len(left) > 0 {
		t.Errorf("%d folders are left behind", len(left))
	}
}
