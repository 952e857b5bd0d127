package convert

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"reverie/weights"
	"reverie/weights/folder"
	"reverie/weights/vocab"
)

const testdata = "../testdata/"

func vocabulary(t testing.TB) []byte {
	t.Helper()
	data, err := os.ReadFile(testdata + "vocab.txt.gz")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// options convert the fixture pair.
func options(t testing.TB, quant string) Options {
	return Options{Model: Model{Vocab: vocabulary(t), Quant: quant, Name: "pair", Title: "A pair", Licence: "none"}, CLIP: testdata + "clip_script.pt",
		CLIPConfig: testdata + "clip_config.json", VQGAN: testdata + "vqgan.ckpt", Out: filepath.Join(t.TempDir(), "model")}
}

func TestRun(t *testing.T) {
	worst := map[string]float64{weights.TypeF32: 0, weights.TypeF16: 0x1p-11, weights.TypeQ8: 0.01, weights.TypeQ4: 0.11}
	for quant, limit := range worst {
		o := options(t, quant)
		m, report, err := Run(o)
		if err != nil {
			t.Errorf("%s: %v", quant, err)
			continue
		}
		got, err := folder.Verify(os.DirFS(o.Out))
		if err != nil {
			t.Errorf("%s: %v", quant, err)
			continue
		}
		if !reflect.DeepEqual(got, m) || m.Title != "A pair" || m.Quant != quant || len(m.Parts) != 4 {
			t.Errorf("%s: the manifest in the folder is %+v, returned was %+v", quant, got, m)
		}
		if len(report.Sources) != 2 || len(report.Dropped) != 5 || len(report.Notes) != 0 {
			t.Errorf("%s: sources %v, dropped %v, notes %v", quant, report.Sources, report.Dropped, report.Notes)
		}
		stored := 0
		for _, r := range report.Tensors {
			if r.RelRMS > limit || math.IsNaN(r.MaxAbs) {
				t.Errorf("%s: tensor %s has a relative error of %v", quant, r.Name, r.RelRMS)
			}
			if r.Type == quant || quant == weights.TypeQ4 && r.Type != weights.TypeF32 {
				stored++
			}
			if r.Type == weights.TypeF32 && r.MaxAbs != 0 {
				t.Errorf("%s: tensor %s is f32 but has an error of %v", quant, r.Name, r.MaxAbs)
			}
		}
		if stored < 20 {
			t.Errorf("%s: %d tensors have the type", quant, stored)
		}
	}
}

// The stored numbers are the checkpoint's: q, k and v of Hugging Face stacked, projections turned, views gathered.
func TestFormsAgree(t *testing.T) {
	o := options(t, weights.TypeF32)
	want, _, err := Run(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, form := range []struct{ clip, vqgan, config string }{
		{"clip_state_dict.pt", "vqgan_bare.ckpt", "vqgan.yaml"},
		{"clip_views.pt", "vqgan_legacy.ckpt", "vqgan.yaml"},
		{"clip_hugging_face.safetensors", "net2net.ckpt", ""},
	} {
		o := options(t, weights.TypeF32)
		o.CLIP, o.VQGAN = testdata+form.clip, testdata+form.vqgan
		if form.config != "" {
			o.VQGANConfig = testdata + form.config
		}
		got, _, err := Run(o)
		if err != nil {
			t.Errorf("%+v: %v", form, err)
			continue
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%+v: another model than that of the first form", form)
		}
	}
}

// The pack that device tests take as a further CLIP is what its checkpoint becomes.
func TestPackOfTheDeviceTests(t *testing.T) {
	const pack = "../testdata/eye"
	want, err := folder.Manifest(os.DirFS(pack))
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Model: Model{Quant: want.Quant, Name: want.Name, Title: want.Title, Vocab: vocab.CLIP}, CLIP: "../../tools/golden/testdata/clip.pt", Out: t.TempDir()}
	m, _, err := Run(o)
	if err != nil || !reflect.DeepEqual(m, want) {
		t.Errorf("the checkpoint becomes another model (%v): convert it to %s again", err, pack)
	}
	if _, err := folder.Verify(os.DirFS(pack)); err != nil {
		t.Error(err)
	}
}

func TestOneModelAlone(t *testing.T) {
	o := options(t, weights.TypeF16)
	o.VQGAN = ""
	m, _, err := Run(o)
	if err != nil || m.HasVQGAN() || !m.HasCLIP() || m.VQGAN.Ch != 0 {
		t.Errorf("CLIP alone: %v, %+v", err, m)
	}
	o = options(t, weights.TypeF16)
	o.CLIP, o.Vocab, o.VQGAN = "", nil, testdata+"gumbel.ckpt"
	m, _, err = Run(o)
	if err != nil || m.HasCLIP() || !m.HasVQGAN() || m.Vocab != (weights.Shard{}) {
		t.Errorf("VQGAN alone: %v, %+v", err, m)
	}
}

// CLIP's own vocabulary has more merges than any CLIP uses: those over are left out.
func TestVocabularyIsCut(t *testing.T) {
	o := options(t, weights.TypeF16)
	o.VQGAN, o.Vocab = "", vocab.CLIP
	m, _, err := Run(o)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join(o.Out, m.Vocab.SHA256))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	if want := "#the first 6 merges\ni n\nt h\na n\nr e\na r\ne r"; string(text) != want {
		t.Errorf("the vocabulary is %q, want %q", text, want)
	}
}

// A browser's program has the cut vocabulary alone, and its conversions have the same bytes.
func TestUsedVocabulary(t *testing.T) {
	for _, from := range [][]byte{vocab.CLIP, vocab.Used} {
		got, err := fitVocab(from, weights.ViTB32.Merges())
		if err != nil || !bytes.Equal(got, vocab.Used) {
			t.Errorf("cut to what ViT-B/32 uses, a vocabulary of %d bytes has %d, %v; want the %d of vocab.Used", len(from), len(got), err, len(vocab.Used))
		}
	}
}

func TestRunRefuses(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.ckpt")
	if err := os.WriteFile(bad, []byte("PK\x03\x04 cut short"), 0o644); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		change func(*Options)
		want   string
	}{
		{func(o *Options) { o.CLIP, o.VQGAN = "", "" }, "nothing to convert"},
		{func(o *Options) { o.Quant = "int8" }, `-quant "int8" is unknown`},
		{func(o *Options) { o.Name = "My Model" }, `-name "My Model"`},
		{func(o *Options) { o.Out = "" }, "-o DIR"},
		{func(o *Options) { o.Out = filepath.Join(bad, "model") }, "cannot write to"},
		{func(o *Options) { o.CLIP = bad }, "bad.ckpt: it is damaged or was cut short"},
		{func(o *Options) { o.CLIP, o.VQGAN = o.VQGAN, o.CLIP }, "not a CLIP"},
		{func(o *Options) { o.CLIP = t.TempDir() }, "not a file but a folder"},
		{func(o *Options) { o.VQGAN = "absent.ckpt" }, "absent.ckpt: there is no such file"},
		{func(o *Options) { o.VQGANConfig = "absent.yaml" }, "absent.yaml: there is no such file"},
		{func(o *Options) { o.VQGANConfig = testdata + "gumbel.yaml" }, "quantize.embed.weight is missing"},
		{func(o *Options) { o.Vocab = nil }, "vocabulary is not a gzip file"},
		{func(o *Options) { o.CLIP = testdata + "clip_state_dict.pt"; o.CLIPConfig = "" }, "-clip-config FILE"},
	}
	for _, tt := range tests {
		o := options(t, weights.TypeF16)
		tt.change(&o)
		_, _, err := Run(o)
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v, want %q", err, tt.want)
		}
		if _, err := os.Stat(o.Out); o.Out != "" && err == nil {
			t.Errorf("%s was left behind after: %q", o.Out, tt.want)
		}
	}
}

func TestTooFewMerges(t *testing.T) {
	if _, err := fitVocab(vocabulary(t), 7); err == nil || !strings.Contains(err.Error(), "6 merges") {
		t.Errorf("error %v", err)
	}
}

// /proc refuses new folders even to the superuser.
func TestUnwritable(t *testing.T) {
	o := options(t, weights.TypeF32)
	o.Out = "/proc/reverie"
	if _, _, err := Run(o); err == nil || !strings.Contains(err.Error(), "cannot write to /proc/reverie") {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(o.Out); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("stat: %v", err)
	}
}
