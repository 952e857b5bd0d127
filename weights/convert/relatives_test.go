package convert

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"reverie/weights"
	"reverie/weights/folder"
)

// forms are checkpoints of relatives of taming-transformers' and OpenAI's models, which tools/golden holds against PyTorch.
const forms = "../../tools/golden/testdata/forms/"

// relative converts one of them alone.
func relative(t *testing.T, file, config string) (*weights.Manifest, Report, string, error) {
	t.Helper()
	o := Options{Model: Model{Quant: weights.TypeF32, Name: "relative"}, VQGAN: forms + file, VQGANConfig: config, Out: filepath.Join(t.TempDir(), "out")}
	m, report, err := Run(o)
	return m, report, o.Out, err
}

// Each form is recognised, and what was chosen or assumed is said.
func TestRelatives(t *testing.T) {
	for file, c := range map[string]struct {
		form    string
		notes   []string
		dropped int
		config  weights.VQGANConfig
	}{
		"llamagen/vq_ds2.pt": {"a VQ tokeniser of LlamaGen", []string{"there is no configuration", "scaled to length 1"}, 1,
			weights.VQGANConfig{Ch: 32, ChMult: []int{1, 2}, NumResBlocks: 1, AttnResolutions: []int{128}, Resolution: 256, ZChannels: 16, InChannels: 3, OutCh: 3, EmbedDim: 8, NEmbed: 24}},
		"ibq/imagenet.ckpt": {"an IBQ tokeniser", []string{"the averaged weights are taken"}, 3 + 155,
			weights.VQGANConfig{Gumbel: true, Ch: 32, ChMult: []int{1, 2}, NumResBlocks: 1, AttnResolutions: []int{8}, Resolution: 16, ZChannels: 16, InChannels: 3, OutCh: 3, EmbedDim: 16, NEmbed: 24}},
		"ldm/model.ckpt": {"a VQGAN of taming-transformers", nil, 1,
			weights.VQGANConfig{Ch: 32, ChMult: []int{1, 2}, NumResBlocks: 1, AttnResolutions: []int{8}, Resolution: 16, ZChannels: 16, InChannels: 3, OutCh: 3, EmbedDim: 4, NEmbed: 24}},
		"diffusers/diffusion_pytorch_model.bin": {"a VQModel of diffusers", nil, 0,
			weights.VQGANConfig{Ch: 32, ChMult: []int{1, 2}, NumResBlocks: 1, AttnResolutions: []int{128}, Resolution: 256, ZChannels: 16, InChannels: 3, OutCh: 3, EmbedDim: 16, NEmbed: 24}},
		"amused/diffusion_pytorch_model.bin": {"a VQModel of diffusers", []string{"there is no configuration", "encoder's middle has no attention", "decoder's middle has no attention"}, 0,
			weights.VQGANConfig{Ch: 32, ChMult: []int{1, 2}, NumResBlocks: 1, AttnResolutions: []int{}, Resolution: 256, ZChannels: 16, InChannels: 3, OutCh: 3, EmbedDim: 16, NEmbed: 24}},
	} {
		m, report, _, err := relative(t, file, "")
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if !reflect.DeepEqual(m.VQGAN, c.config) {
			t.Errorf("%s: configuration %+v, want %+v", file, m.VQGAN, c.config)
		}
		if len(report.Sources) != 1 || !strings.Contains(report.Sources[0], " tensors), "+c.form) || len(report.Dropped) != c.dropped || len(report.Notes) != len(c.notes) {
			t.Errorf("%s: sources %v, %d dropped, notes %v; want %s, %d, %v", file, report.Sources, len(report.Dropped), report.Notes, c.form, c.dropped, c.notes)
			continue
		}
		for i, note := range c.notes {
			if !strings.Contains(report.Notes[i], note) {
				t.Errorf("%s: note %q, want %q", file, report.Notes[i], note)
			}
		}
	}
}

// LlamaGen's codes have length 1, as its model has them when it decodes.
func TestUnitCodes(t *testing.T) {
	m, _, dir, err := relative(t, "llamagen/vq_ds2.pt", "")
	if err != nil {
		t.Fatal(err)
	}
	values, err := folder.Tensor(os.DirFS(dir), m.Part(weights.PartDecoder), "quantize.embedding.weight")
	if err != nil {
		t.Fatal(err)
	}
	for row := range m.VQGAN.NEmbed {
		sum := 0.0
		for _, v := range values[row*m.VQGAN.EmbedDim : (row+1)*m.VQGAN.EmbedDim] {
			sum += float64(v) * float64(v)
		}
		if math.Abs(sum-1) > 1e-6 {
			t.Errorf("code %d has the length %v", row, math.Sqrt(sum))
		}
	}
}

// A checkpoint alone becomes the model that it becomes with its configuration.
func TestShapesTellTheConfiguration(t *testing.T) {
	for file, config := range map[string]string{testdata + "vqgan_bare.ckpt": "vqgan.yaml", testdata + "gumbel.ckpt": "gumbel.yaml", testdata + "vqgan.ckpt": "vqgan.yaml"} {
		lone := place(t, "model.ckpt", string(must(os.ReadFile(file))))
		o := Options{Model: Model{Quant: weights.TypeQ4, Name: "lone"}, VQGAN: lone, Out: filepath.Join(t.TempDir(), "out")}
		got, report, err := Run(o)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		o.VQGANConfig = testdata + config
		want, _, err := Run(o)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got.Parts, want.Parts) || got.VQGAN.Gumbel != want.VQGAN.Gumbel {
			t.Errorf("%s: another model without its configuration", file)
		}
		if notes := strings.Join(report.Notes, "; "); !strings.Contains(notes, "read from the shapes: factor ") {
			t.Errorf("%s: what was guessed is not said: %q", file, notes)
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Options that make a relative compute something else are refused by name.
func TestOptionsOfRelatives(t *testing.T) {
	for _, c := range []struct{ file, config, want string }{
		{"llamagen/vq_ds2.pt", `{"codebook_l2_norm": true, "codebook_size": 24}`, ""},
		{"llamagen/vq_ds2.pt", `{"codebook_l2_norm": false}`, "codebook_l2_norm is false, and only true is supported"},
		{"llamagen/vq_ds2.pt", `{"codebook_size": 16384}`, "codebook_size is 16384, and only 24 is supported"},
		{"amused/diffusion_pytorch_model.bin", `{"_class_name": "VQModel", "mid_block_add_attention": false}`, ""},
		{"amused/diffusion_pytorch_model.bin", `{"act_fn": "relu"}`, `act_fn is "relu"`},
		{"amused/diffusion_pytorch_model.bin", `{"norm_type": "spatial"}`, `norm_type is "spatial"`},
		{"amused/diffusion_pytorch_model.bin", `{"norm_num_groups": 16}`, "norm_num_groups is 16"},
		{"amused/diffusion_pytorch_model.bin", `{"_class_name": "AutoencoderKL"}`, `_class_name is "AutoencoderKL"`},
		{"amused/diffusion_pytorch_model.bin", `{"use_rope": true}`, "use_rope is true, and this option is not known here"},
	} {
		_, _, _, err := relative(t, c.file, place(t, "config.json", c.config))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s with %s: %v, want %q", c.file, c.config, err, c.want)
		}
	}
}
