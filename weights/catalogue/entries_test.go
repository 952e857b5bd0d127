package catalogue

import (
	"encoding/binary"
	"encoding/json"
	"io"
	"math"
	"reflect"
	"strings"
	"testing"

	"reverie/weights"
	"reverie/weights/checkpoint"
	"reverie/weights/foreign"
	"reverie/weights/importer"
)

// vit is a CLIP of OpenAI's dimensions.
func vit(patch, width, layers, text, textLayers, embed int, act string) weights.CLIPConfig {
	return weights.CLIPConfig{ImageSize: 224, PatchSize: patch, VisionWidth: width, VisionLayers: layers, VisionHeads: width / 64, TextWidth: text, TextLayers: textLayers,
		TextHeads: text / 64, ContextLength: 77, VocabSize: 49408, EmbedDim: embed, Activation: act, Mean: weights.CLIPMean, Std: weights.CLIPStd}
}

// resNet is a CLIP whose image tower is one of OpenAI's ResNets.
func resNet(side, width int, blocks [4]int, text, embed int) weights.CLIPConfig {
	c := vit(32, width, 0, text, 12, embed, weights.QuickGELU)
	c.ImageSize, c.ResNetBlocks, c.VisionHeads = side, blocks, width*32/64
	for _, n := range blocks {
		c.VisionLayers += n
	}
	return c
}

// taming is a VQGAN of 128 channels.
func taming(codes, embed, z, blocks int, gumbel bool, attention []int, mult ...int) weights.VQGANConfig {
	return weights.VQGANConfig{Gumbel: gumbel, Ch: 128, ChMult: mult, NumResBlocks: blocks, AttnResolutions: attention, Resolution: 256, ZChannels: z, InChannels: 3, OutCh: 3,
		EmbedDim: embed, NEmbed: codes}
}

var (
	clips = map[string]weights.CLIPConfig{
		"vit-b-32": vit(32, 768, 12, 512, 12, 512, weights.QuickGELU), "vit-b-16": vit(16, 768, 12, 512, 12, 512, weights.QuickGELU),
		"vit-l-14": vit(14, 1024, 24, 768, 12, 768, weights.QuickGELU), "vit-l-14-336px": large(336),
		"rn50": resNet(224, 64, [4]int{3, 4, 6, 3}, 512, 1024), "rn101": resNet(224, 64, [4]int{3, 4, 23, 3}, 512, 512), "rn50x4": resNet(288, 80, [4]int{4, 6, 10, 6}, 640, 640),
		"rn50x16": resNet(384, 96, [4]int{6, 8, 18, 8}, 768, 768), "rn50x64": resNet(448, 128, [4]int{3, 15, 36, 10}, 1024, 1024),
		"tinyclip-8m-16": vit(16, 256, 10, 256, 3, 512, weights.QuickGELU), "tinyclip-39m-16": vit(16, 512, 12, 512, 6, 512, weights.QuickGELU),
		"tinyclip-40m-32": vit(32, 512, 12, 512, 6, 512, weights.QuickGELU), "tinyclip-61m-32": vit(32, 640, 12, 512, 9, 512, weights.QuickGELU),
		"vit-b-32-datacomp": vit(32, 768, 12, 512, 12, 512, weights.GELU), "vit-b-16-datacomp": vit(16, 768, 12, 512, 12, 512, weights.GELU),
		"vit-b-32-laion2b": vit(32, 768, 12, 512, 12, 512, weights.GELU), "vit-b-32-fare4": vit(32, 768, 12, 512, 12, 512, weights.GELU),
		"vit-l-14-fare2": large(224), "vit-b-32-hugging-face": vit(32, 768, 12, 512, 12, 512, weights.QuickGELU), "vit-l-14-hugging-face": large(224),
	}
	vqgans = map[string]weights.VQGANConfig{
		"f16-16384": taming(16384, 256, 256, 2, false, []int{16}, 1, 1, 2, 2, 4), "f16-1024": taming(1024, 256, 256, 2, false, []int{16}, 1, 1, 2, 2, 4),
		"gumbel-f8": taming(8192, 256, 256, 2, true, []int{32}, 1, 1, 2, 4), "llamagen-ds16": taming(16384, 8, 256, 2, false, []int{16}, 1, 1, 2, 2, 4),
		"llamagen-ds8": taming(16384, 8, 256, 2, false, []int{32}, 1, 2, 2, 4), "wikiart-16384": taming(16384, 256, 256, 2, false, []int{16}, 1, 1, 2, 2, 4),
		"ibq-16384": taming(16384, 256, 256, 4, true, []int{16}, 1, 1, 2, 2, 4), "ibq-1024": taming(1024, 256, 256, 4, true, []int{16}, 1, 1, 2, 2, 4),
		"f16-16384-boris": taming(16384, 256, 256, 2, false, []int{16}, 1, 1, 2, 2, 4), "coco-8192": taming(8192, 256, 256, 2, false, []int{16}, 1, 1, 2, 2, 4),
		"ldm-vq-f16": taming(16384, 8, 8, 2, false, []int{16}, 1, 1, 2, 2, 4), "amused": taming(8192, 64, 64, 2, false, nil, 1, 2, 2, 4, 6),
	}
)

func large(side int) weights.CLIPConfig {
	c := vit(14, 1024, 24, 768, 12, 768, weights.QuickGELU)
	c.ImageSize = side
	return c
}

// Every entry becomes the model that it names: its configuration fits a checkpoint of the published shapes, and what it takes converted is what the
// page and weights fetch say.
func TestEntries(t *testing.T) {
	c, err := Own()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range c.Files {
		var specs []weights.Spec
		var vocabulary float64
		if want, ok := clips[f.ID]; ok && !f.IsVQGAN() {
			specs, vocabulary = append(want.TextTensors(), want.ImageTensors()...), 0.207 // the size of CLIP's own, cut to its merges
			checkCLIP(t, f, want, published(specs, want.IsResNet()))
		} else if want, ok := vqgans[f.ID]; ok && f.IsVQGAN() {
			specs = append(want.DecoderTensors(), want.EncoderTensors()...)
			if f.Config != "" {
				checkVQGAN(t, f, want)
			}
			stored := want
			stored.Gumbel = strings.Contains(f.Config, "GumbelVQ")
			if mb := megabytes(weights.TypeF32, append(stored.DecoderTensors(), stored.EncoderTensors()...)); f.Needed > 0 && math.Abs(mb-float64(f.Needed)) > 0.6 {
				t.Errorf("a page fetches %.1f MB of entry %s, which says %d", mb, f.ID, f.Needed)
			}
		} else {
			t.Errorf("entry %s is in no table of this test", f.ID)
			continue
		}
		for _, quant := range []string{weights.TypeQ8, weights.TypeQ4} {
			if mb := megabytes(quant, specs) + vocabulary; math.Abs(mb-float64(f.MB[quant])) > 0.6 {
				t.Errorf("entry %s takes %.1f MB in %s, and says %d", f.ID, mb, quant, f.MB[quant])
			}
		}
	}
}

// megabytes are what tensors take in a quantisation.
func megabytes(quant string, specs []weights.Spec) float64 {
	bytes := int64(0)
	for _, s := range specs {
		bytes += weights.EncodedSize(weights.StoredType(quant, s.Name, s.Shape), (&weights.Tensor{Shape: s.Shape}).Elements())
	}
	return float64(bytes) / 1e6
}

// published are the tensors as OpenAI publishes them: in a ResNet a batch norm stands behind each convolution, in place of a bias.
func published(specs []weights.Spec, resNet bool) []weights.Spec {
	var out []weights.Spec
	for _, s := range specs {
		conv, bias := strings.CutSuffix(s.Name, ".bias")
		if !resNet || !bias || !strings.HasPrefix(conv, "visual.") || strings.HasPrefix(conv, "visual.attnpool.") {
			out = append(out, s)
			continue
		}
		norm := strings.Replace(conv, "downsample.0", "downsample.1", 1)
		dot := strings.LastIndexByte(norm, '.')
		norm = norm[:dot] + strings.Replace(norm[dot:], "conv", "bn", 1)
		for _, kind := range []string{".weight", ".bias", ".running_mean", ".running_var"} {
			out = append(out, weights.Spec{Name: norm + kind, Shape: s.Shape})
		}
	}
	return out
}

func checkCLIP(t *testing.T, f File, want weights.CLIPConfig, specs []weights.Spec) {
	got, err := importer.ReadCLIP(empty(t, specs), configs(f))
	if err != nil || !reflect.DeepEqual(got.Config, want) {
		t.Errorf("entry %s: %v, want %+v, got %+v", f.ID, err, want, got)
	}
}

// checkVQGAN reads tensors under the names of taming-transformers. IBQ's checkpoints have no projection: its codes become that.
func checkVQGAN(t *testing.T, f File, want weights.VQGANConfig) {
	stored := want
	stored.Gumbel = strings.Contains(f.Config, "GumbelVQ")
	got, err := importer.ReadVQGAN(empty(t, append(stored.DecoderTensors(), stored.EncoderTensors()...)), configs(f))
	if err != nil || !reflect.DeepEqual(got.Config, want) {
		t.Errorf("entry %s: %v, want %+v, got %+v", f.ID, err, want, got)
	}
}

func configs(f File) importer.Configs {
	if f.Config == "" {
		return importer.Configs{}
	}
	return importer.Configs{Chosen: &importer.Text{Name: f.ID, Data: []byte(f.Config)}}
}

// empty is a checkpoint of the given shapes whose tensors are zeros that nothing stores.
func empty(t *testing.T, specs []weights.Spec) *checkpoint.File {
	header, end := map[string]any{}, int64(0)
	for _, s := range specs {
		next := end + 4*int64((&weights.Tensor{Shape: s.Shape}).Elements())
		header[s.Name] = map[string]any{"dtype": "F32", "shape": s.Shape, "data_offsets": []int64{end, next}}
		end = next
	}
	text, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	head := append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...)
	f, err := checkpoint.Read(foreign.Source{Name: "model.safetensors", Size: int64(len(head)) + end, ReaderAt: zeroFile(head)})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// zeroFile is a file of zeros behind a head.
type zeroFile []byte

func (z zeroFile) ReadAt(p []byte, at int64) (int, error) {
	n := 0
	if at < int64(len(z)) {
		n = copy(p, z[at:])
	}
	clear(p[n:])
	return len(p), nil
}

var _ io.ReaderAt = zeroFile(nil)
