package weights

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	"reverie/recipe"
)

// sample is a valid manifest with all four parts.
func sample() *Manifest {
	m := &Manifest{
		Format: 1, Name: "sample-1", Quant: TypeQ8,
		CLIP: CLIPConfig{ImageSize: 8, PatchSize: 4, VisionWidth: 8, VisionLayers: 1, VisionHeads: 2, TextWidth: 8, TextLayers: 1, TextHeads: 1,
			ContextLength: 5, VocabSize: 520, EmbedDim: 4, Activation: GELU, Mean: CLIPMean, Std: CLIPStd},
		VQGAN: VQGANConfig{Ch: 32, ChMult: []int{1, 1}, NumResBlocks: 1, AttnResolutions: []int{8}, Resolution: 16,
			ZChannels: 4, InChannels: 3, OutCh: 3, EmbedDim: 4, NEmbed: 6},
		Vocab: Shard{SHA256: strings.Repeat("ab", 32), Size: 100},
	}
	for _, name := range partOrder {
		p := Part{Name: name}
		var end int64
		for _, s := range m.Expected(name) {
			n, _ := elements(s.Shape)
			typ := StoredType(m.Quant, s.Name, s.Shape)
			p.Tensors = append(p.Tensors, Tensor{Name: s.Name, Shape: s.Shape, Type: typ, Offset: end, Size: EncodedSize(typ, n)})
			end = Align(end + EncodedSize(typ, n))
		}
		p.Shards = []Shard{{SHA256: strings.Repeat("01", 32), Size: end - 16}, {SHA256: strings.Repeat("02", 32), Size: 16}}
		m.Parts = append(m.Parts, p)
	}
	return m
}

func TestManifestRoundTrip(t *testing.T) {
	for name, change := range map[string]func(*Manifest){
		"pair":       func(*Manifest) {},
		"CLIP only":  func(m *Manifest) { m.Parts = []Part{m.Parts[0], m.Parts[2]}; m.VQGAN = VQGANConfig{} },
		"VQGAN only": vqganOnly,
		"suggestions": func(m *Manifest) {
			m.Suggested = recipe.New(recipe.LearningRate.Is(0.15), recipe.CutPow.Is(0), recipe.Smoothness.Is(1))
		},
		"quiet start": func(m *Manifest) { m.VQGAN.StartCodes = []int{0, 5} },
	} {
		m := sample()
		change(m)
		data, err := m.Encode()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !json.Valid(data) {
			t.Errorf("%s: not JSON: %s", name, data)
		}
		got, err := Parse(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !reflect.DeepEqual(got, m) {
			t.Errorf("%s: read back as %+v", name, got)
		}
		for i := range m.Parts {
			p := &m.Parts[i]
			if last := p.Tensors[len(p.Tensors)-1]; p.Find(last.Name) == nil || p.Size() != Align(last.Offset+last.Size) {
				t.Errorf("%s: part %s ends elsewhere than its last tensor", name, p.Name)
			}
		}
	}
}

// resNet changes the image tower's configuration, but not its tensors.
func resNet(m *Manifest) {
	c := &m.CLIP
	c.ImageSize, c.PatchSize, c.VisionWidth, c.VisionLayers, c.VisionHeads, c.ResNetBlocks = 32, 32, 2, 4, 1, [4]int{1, 1, 1, 1}
}

func vqganOnly(m *Manifest) {
	m.Parts = []Part{m.Parts[1], m.Parts[3]}
	m.CLIP, m.Vocab = CLIPConfig{}, Shard{}
}

func TestManifestRefuses(t *testing.T) {
	tests := []struct {
		change func(*Manifest)
		want   string
	}{
		{func(m *Manifest) { m.Format = 2 }, "format 2"},
		{func(m *Manifest) { m.Name = "my model" }, `"my model" is no model's name: use`},
		{func(m *Manifest) { m.Title = "\x1b[31mred" }, `"\x1b[31mred" is not`},
		{func(m *Manifest) { m.Licence = "two\nlines" }, `"two\nlines" is not`},
		{func(m *Manifest) { m.Quant = "q5" }, `quant is "q5"`},
		{func(m *Manifest) { m.Suggested = recipe.New(recipe.LearningRate.Is(0)) }, "The learning rate is 0"},
		{func(m *Manifest) { m.Suggested = recipe.New(recipe.LearningRate.Is(math.NaN())) }, "The learning rate is NaN"},
		{func(m *Manifest) { m.Suggested = recipe.New(recipe.CutPow.Is(-0.5)) }, "The cut power is -0.5"},
		{func(m *Manifest) { m.Suggested = recipe.New(recipe.CutPow.Is(math.Inf(1))) }, "The cut power was +Inf"},
		{func(m *Manifest) { m.Suggested = recipe.New(recipe.Smoothness.Is(-1)) }, "The smoothness is -1"},
		{func(m *Manifest) { m.Suggested = recipe.New(recipe.Steps.Is(5)) }, "a model cannot suggest steps"},
		{func(m *Manifest) { m.Parts = nil }, "no parts"},
		{func(m *Manifest) { m.Parts = m.Parts[:3] }, "parts decoder and encoder go together"},
		{func(m *Manifest) { m.Parts = append(m.Parts, Part{Name: "loss"}) }, `part "loss"`},
		{func(m *Manifest) { m.Parts[0], m.Parts[1] = m.Parts[1], m.Parts[0] }, `part "text" is unknown, there twice or not in the order`},
		{func(m *Manifest) { m.Parts = []Part{m.Parts[1], m.Parts[3]} }, "configures a CLIP or vocabulary but has no part"},
		{func(m *Manifest) { m.Parts = []Part{m.Parts[0], m.Parts[2]} }, "configures a VQGAN but has no part"},

		{func(m *Manifest) { m.CLIP.ImageSize = -8 }, "clip.image_size is -8"},
		{func(m *Manifest) { m.CLIP.PatchSize = 3 }, "patch_size 3 does not divide clip.image_size 8"},
		{func(m *Manifest) { m.CLIP.VisionHeads = 3 }, "vision_heads 3 does not divide clip.vision_width 8"},
		{func(m *Manifest) { m.CLIP.TextHeads = 0 }, "text_heads is 0"},
		{func(m *Manifest) { m.CLIP.TextWidth = 1 << 40 }, "text_width"},
		{func(m *Manifest) { m.CLIP.VocabSize = 514 }, "vocab_size 514"},
		{func(m *Manifest) { m.CLIP.ContextLength = 2 }, "context_length 2"},
		{func(m *Manifest) { m.CLIP.Activation = "relu" }, `activation is "relu"`},
		{func(m *Manifest) { m.CLIP.Std[1] = 0 }, "channel 1"},
		{func(m *Manifest) { resNet(m); m.CLIP.ResNetBlocks[2] = 0 }, "resnet_blocks is [1 1 0 1]"},
		{func(m *Manifest) { resNet(m); m.CLIP.ResNetBlocks[3] = 1 << 40 }, "each must be 1 to 64"},
		{func(m *Manifest) { resNet(m); m.CLIP.PatchSize = 16 }, "patch_size is 16 and must be 32"},
		{func(m *Manifest) { resNet(m); m.CLIP.VisionLayers = 3 }, "vision_layers is 3, but clip.resnet_blocks [1 1 1 1] are 4"},
		{func(m *Manifest) { resNet(m); m.CLIP.VisionWidth = 3 }, "vision_width 3 must be even"},
		{func(m *Manifest) { resNet(m); m.CLIP.VisionWidth = 1 << 13 }, "at most 512 in a ResNet"},
		{func(m *Manifest) { resNet(m); m.CLIP.VisionHeads = 7 }, "vision_heads 7 does not divide the 64 channels"},
		{func(m *Manifest) { m.Vocab.Size = 0 }, "the vocabulary has 0 bytes"},
		{func(m *Manifest) { m.Vocab.SHA256 = "" }, "the vocabulary has the SHA-256"},

		{func(m *Manifest) { m.VQGAN.StartCodes = []int{0, 6} }, "start_codes has 6 and must have codes from 0 to 5"},
		{func(m *Manifest) { m.VQGAN.ChMult = nil }, "ch_mult has 0 levels"},
		{func(m *Manifest) { m.VQGAN.ChMult = make([]int, 60) }, "ch_mult has 60 levels"},
		{func(m *Manifest) { m.VQGAN.ChMult = []int{1, 1 << 40} }, "ch_mult [1 1099511627776]"},
		{func(m *Manifest) { m.VQGAN.Ch = 48 }, "multiple of 32"},
		{func(m *Manifest) { m.VQGAN.NumResBlocks = -1 }, "num_res_blocks is -1"},
		{func(m *Manifest) { m.VQGAN.NumResBlocks = 0; m.VQGAN.ChMult = []int{1, 2} }, "num_res_blocks 0"},
		{func(m *Manifest) { m.VQGAN.Resolution = 17 }, "resolution 17"},
		{func(m *Manifest) { m.VQGAN.InChannels = 4 }, "in_channels 4"},
		{func(m *Manifest) { m.VQGAN.Gumbel = true; m.VQGAN.EmbedDim = 8 }, "embed_dim 8 must equal z_channels 4"},

		{func(m *Manifest) { m.Parts[1].Shards[0].SHA256 = strings.Repeat("AB", 32) }, "shard 0 of part decoder has the SHA-256"},
		{func(m *Manifest) { m.Parts[1].Shards[0].SHA256 = "../../etc/passwd" }, "shard 0 of part decoder has the SHA-256"},
		{func(m *Manifest) { m.Parts[1].Shards[1].Size = MaxShardSize + 1 }, "shard 1 of part decoder has 8388609 bytes"},
		{func(m *Manifest) { m.Parts[1].Shards[1].Size = -16 }, "shard 1 of part decoder has -16 bytes"},
		{func(m *Manifest) { m.Parts[1].Shards[1].Size = 32 }, "the shards of part decoder have"},
		{func(m *Manifest) { m.Parts[1].Shards = nil }, "ends outside the shards of part decoder"},

		{func(m *Manifest) { m.Parts[0].Tensors[1].Offset += 16 }, `tensor "positional_embedding" begins at`},
		{func(m *Manifest) { m.Parts[0].Tensors[1].Offset = -16 }, `tensor "positional_embedding" begins at byte -16`},
		{func(m *Manifest) { m.Parts[0].Tensors[0].Size++ }, `tensor "token_embedding.weight" has`},
		{func(m *Manifest) { m.Parts[0].Tensors[0].Type = "q3" }, `has type "q3"`},
		{func(m *Manifest) { m.Parts[0].Tensors[0].Shape = []int{1 << 62, 4} }, "is not one of 1 to"},
		{func(m *Manifest) { m.Parts[0].Tensors[0].Shape = []int{0, 4} }, "is not one of 1 to"},
		{func(m *Manifest) { m.Parts[0].Tensors[0].Shape = []int{-520, -8} }, "is not one of 1 to"},
		{func(m *Manifest) { m.Parts[0].Tensors[0].Shape = make([]int, 1000) }, "shape [0 0 0 0 0 0 0 0] and 992 more is not one of 1 to"},
		{func(m *Manifest) { m.VQGAN.AttnResolutions = make([]int, 65) }, "vqgan.attn_resolutions has 65 numbers and must have at most 64"},
		{func(m *Manifest) { m.Parts[0].Tensors[0].Shape = []int{8, 520} }, "tensor token_embedding.weight is [8 520], the configuration wants [520 8]"},
		{func(m *Manifest) { m.Parts[0].Tensors[0].Name = "embedding" }, "tensor token_embedding.weight is missing"},
		{func(m *Manifest) { m.Parts[0].Tensors[3].Name = m.Parts[0].Tensors[2].Name }, "is there twice"},
		{func(m *Manifest) { m.CLIP.TextLayers = 2 }, "tensor transformer.resblocks.1.ln_1.weight is missing"},
		{func(m *Manifest) { m.VQGAN.AttnResolutions = nil }, "is not part of the configured model"},
	}
	for _, tt := range tests {
		m := sample()
		tt.change(m)
		err := m.Validate()
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "weights: ") {
			t.Errorf("error %v, want %q", err, tt.want)
			continue
		}
		if strings.Contains(err.Error(), "\n") {
			t.Errorf("the error has several lines: %v", err)
		}
		if data, err := m.Encode(); err == nil {
			t.Errorf("an invalid manifest was encoded: %s", data)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	long := strings.Repeat("x", 1000)
	for text, want := range map[string]string{
		"":                   "the manifest cannot be read: it is empty",
		"null":               "format 0",
		"[]":                 "it holds a list where a manifest holds something else",
		"{":                  "it is not a manifest in JSON: line 1, its last, cannot be understood",
		"{\n\"format\":1} x": "it is not a manifest in JSON: line 2, its last",
		`{"format":"1"}`:     "its format is a text, which does not belong there",
		`{"parts":[{"tensors":[{"shape":[1e99]}]}]}`: "its parts.tensors.shape is a number (1e99), which does not belong there",
		"<!doctype html>": "it is a web page, not a manifest",
		"version https://git-lfs.github.com/spec/v1\nsize 7":  "it is a Git LFS pointer to 7 bytes, not a manifest",
		strings.Repeat(" ", MaxManifest+1):                    "has 2097153 bytes and must have at most 2097152",
		`{"format":1,"name":"` + long + `"}`:                  "xxx\" is no model's name",
		`{"format":1,"name":"a","quant":"` + long + `"}`:      "quant is",
		`{"format":1,"name":"a","quant":"f32","suggested":1}`: "the manifest cannot be read",
	} {
		_, err := Parse([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) || len(err.Error()) > 300 || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "Go ") {
			t.Errorf("%.100q: error %.400v, want %q", text, err, want)
		}
	}
}

// What is tried is short: the configuration and the parts of a sound model stand in it as a word.
func FuzzParse(f *testing.F) {
	m := sample()
	vqganOnly(m)
	data, err := m.Encode()
	if err != nil {
		f.Fatal(err)
	}
	text := string(data)
	model, parts := text[strings.Index(text, `"vqgan":`):strings.Index(text, `,"vocab":`)], text[strings.Index(text, `"parts":`):strings.LastIndex(text, "}")]
	words := strings.NewReplacer("VQGAN", model, "PARTS", parts)
	const sound = `{"format":1,"name":"x","quant":"q8",VQGAN,PARTS}`
	if _, err := Parse([]byte(words.Replace(sound))); err != nil {
		f.Fatal(err)
	}
	f.Add(sound)
	f.Add(`{"format":1,"name":"x","title":"X","quant":"f32","suggested":{"cut_pow":1},"parts":[{"name":"decoder"},{"name":"encoder"}],VQGAN}`)
	f.Add(`{"parts":[{"name":"text","shards":[{"sha256":"","size":1}],"tensors":[{"name":"a","shape":[1],"type":"f32","offset":0,"size":4}]}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<9 {
			return
		}
		m, err := Parse([]byte(words.Replace(text)))
		if err != nil {
			return
		}
		again, err := m.Encode()
		if err != nil {
			t.Fatalf("a manifest that was read cannot be written: %v", err)
		}
		if _, err := Parse(again); err != nil {
			t.Fatalf("a manifest that was written cannot be read: %v", err)
		}
	})
}

// One rule for folders, manifests, settings and the catalogue.
