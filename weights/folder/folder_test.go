package folder

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"reverie/weights"
)

var config = weights.CLIPConfig{ImageSize: 4, PatchSize: 2, VisionWidth: 4, VisionLayers: 1, VisionHeads: 1, TextWidth: 640, TextLayers: 1,
	TextHeads: 1, ContextLength: 3, VocabSize: 516, EmbedDim: 2, Activation: weights.GELU, Mean: weights.CLIPMean, Std: weights.CLIPStd}

func vocabulary(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte("#\na b\nc d")); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// write writes a CLIP whose elements are 0, 1, 2, … in each tensor, times scale. Its text part is longer than a shard.
func write(t *testing.T, dir string, scale float32) *weights.Manifest {
	t.Helper()
	m := &weights.Manifest{Format: 1, Name: "test", Quant: weights.TypeF16, CLIP: config}
	w, err := Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{weights.PartText, weights.PartImage} {
		s := w.Part(name)
		for _, spec := range m.Expected(name) {
			tensor := weights.Tensor{Shape: spec.Shape}
			values := make([]float32, tensor.Elements())
			for i := range values {
				values[i] = scale * float32(i%1000)
			}
			typ := weights.StoredType(m.Quant, spec.Name, spec.Shape)
			data, err := weights.Append(nil, typ, values)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Tensor(spec.Name, spec.Shape, typ, data); err != nil {
				t.Fatal(err)
			}
		}
		p, err := s.Close()
		if err != nil {
			t.Fatal(err)
		}
		m.Parts = append(m.Parts, p)
	}
	if m.Vocab, err = w.Shard(vocabulary(t)); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(m); err != nil {
		t.Fatal(err)
	}
	return m
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func TestWriteAndRead(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "model")
	want := write(t, dir, 1)
	m, err := Verify(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	text := m.Part(weights.PartText)
	if len(text.Shards) < 2 || text.Shards[0].Size != weights.MaxShardSize {
		t.Fatalf("the text part has shards %v; the test wants a full one and more", text.Shards)
	}
	if len(names(t, dir)) != 2+len(text.Shards)+len(want.Part(weights.PartImage).Shards) {
		t.Errorf("the folder holds %v", names(t, dir))
	}
	crosses := ""
	for _, tensor := range text.Tensors {
		if tensor.Offset < weights.MaxShardSize && tensor.Offset+tensor.Size > weights.MaxShardSize {
			crosses = tensor.Name
		}
	}
	for _, name := range []string{"token_embedding.weight", crosses, "logit_scale"} {
		values, err := Tensor(os.DirFS(dir), text, name)
		if err != nil {
			t.Errorf("tensor %q: %v", name, err)
			continue
		}
		for i, v := range values {
			if v != float32(i%1000) {
				t.Errorf("tensor %s: element %d is %v", name, i, v)
				break
			}
		}
	}
	if _, err := Tensor(os.DirFS(dir), text, "absent"); err == nil {
		t.Error("a tensor that is not there was read")
	}
}

func TestVerifyRefuses(t *testing.T) {
	dir := t.TempDir()
	m := write(t, dir, 1)
	image := m.Part(weights.PartImage).Shards[0].SHA256
	path := func(name string) string { return filepath.Join(dir, name) }
	change := func(name string, f func([]byte) []byte) func() error {
		return func() error {
			data, err := os.ReadFile(path(name))
			if err != nil {
				return err
			}
			return os.WriteFile(path(name), f(data), 0o644)
		}
	}
	flip := func(data []byte) []byte { data[len(data)/2] ^= 1; return data }
	tests := []struct {
		name   string
		damage func() error
		want   string
	}{
		{"flipped byte", change(image, flip), "shard " + image + " of part image is damaged"},
		{"short shard", change(image, func(b []byte) []byte { return b[:len(b)-1] }), "part image has"},
		{"missing shard", func() error { return os.Remove(path(image)) }, "shard " + image + " of part image is missing"},
		{"flipped vocabulary", change(m.Vocab.SHA256, flip), "of the vocabulary is damaged"},
		{"changed manifest", change(weights.ManifestFile, func(b []byte) []byte {
			return bytes.Replace(b, []byte(`"ln_final.weight"`), []byte(`"ln_finale.weight"`), 1)
		}), "tensor ln_final.weight is missing"},
		{"endless manifest", func() error { return os.Truncate(path(weights.ManifestFile), weights.MaxManifest+1) }, "has 2097153 bytes and must have at most 2097152"},
		{"no manifest", func() error { return os.Remove(path(weights.ManifestFile)) }, "not a model's folder"},
	}
	for _, tt := range tests {
		write(t, dir, 1) // repairs
		if err := tt.damage(); err != nil {
			t.Fatal(err)
		}
		if _, err := Verify(os.DirFS(dir)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %q", tt.name, err, tt.want)
		}
		if tt.name == "no manifest" { // a writer would refuse the shards as a foreign folder
			break
		}
	}
}

// Only regular files inside the folder are read, whatever their names promise.
func TestReadsFilesOnly(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	m := write(t, dir, 1)
	shard := m.Part(weights.PartImage).Shards[0].SHA256
	for _, name := range []string{shard, weights.ManifestFile} { // what a link would lead to is right in itself
		if err := os.Rename(filepath.Join(dir, name), filepath.Join(outside, name)); err != nil {
			t.Fatal(err)
		}
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	tests := []struct {
		name  string
		place func(name string) error
		want  string
	}{
		{"link out", func(name string) error { return os.Symlink(filepath.Join(outside, name), at(name)) }, "a link that leads out of the folder"},
		{"relative link out", func(name string) error {
			return os.Symlink(filepath.Join("..", filepath.Base(outside), name), at(name))
		}, "a link that leads out of the folder"},
		{"folder", func(name string) error { return os.Mkdir(at(name), 0o755) }, "it is no file"},
		{"pipe", func(name string) error { return syscall.Mkfifo(at(name), 0o600) }, "it is no file"},
		{"link to a device", func(name string) error { return os.Symlink("/dev/zero", at(name)) }, "a link that leads out"},
	}
	for _, tt := range tests {
		for _, name := range []string{shard, weights.ManifestFile} {
			if err := tt.place(name); err != nil {
				t.Fatal(err)
			}
			files, err := Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			if name == shard {
				_, err = Shard(files, m.Part(weights.PartImage).Shards[0], "part image")
			} else {
				_, err = Manifest(files)
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s for %.13s: error %v, want %q", tt.name, name, err, tt.want)
			}
			if err := os.Remove(at(name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for dir, want := range map[string]string{filepath.Join(dir, "absent"): "is not a model's folder: there is no such file", "/dev/null": "is not a model's folder"} {
		if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", dir, err, want)
		}
	}
}

func TestReplace(t *testing.T) {
	dir := t.TempDir()
	old := write(t, dir, 1)
	if err := os.WriteFile(filepath.Join(dir, "README.md"), []byte("kept"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, partial+"interrupted"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, dir, 2)
	if _, err := Verify(os.DirFS(dir)); err != nil {
		t.Error(err)
	}
	left := names(t, dir)
	if !slices.Contains(left, "README.md") {
		t.Error("a file beside the model was removed")
	}
	for _, name := range left {
		if name == old.Part(weights.PartImage).Shards[0].SHA256 || strings.HasPrefix(name, partial) {
			t.Errorf("%s was left behind", name)
		}
	}
}

func TestAbortKeepsTheModel(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, 1)
	before := names(t, dir)
	w, err := Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Shard([]byte("new")); err != nil {
		t.Fatal(err)
	}
	if err := w.Abort(); err != nil {
		t.Fatal(err)
	}
	if after := names(t, dir); !slices.Equal(after, before) {
		t.Errorf("the folder held %v, now %v", before, after)
	}
}

func TestAbortRemovesANewFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	w, err := Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Abort(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the folder is still there: %v", err)
	}
}

func TestCreateRefuses(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "thesis.tex"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ dir, want string }{
		{dir, "holds thesis.tex but no model"},
		{filepath.Join(dir, "thesis.tex"), "cannot write to"},
		{filepath.Join(dir, "thesis.tex", "model"), "cannot write to"},
	}
	for _, tt := range tests {
		if _, err := Create(tt.dir); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %q", tt.dir, err, tt.want)
		}
	}
}
