package weights

import (
	"slices"
	"testing"
)

var rn50 = CLIPConfig{
	ImageSize: 224, PatchSize: 32, VisionWidth: 64, VisionLayers: 16, VisionHeads: 32, TextWidth: 512, TextLayers: 12, TextHeads: 8,
	ContextLength: 77, VocabSize: 49408, EmbedDim: 1024, Activation: QuickGELU, Mean: CLIPMean, Std: CLIPStd, ResNetBlocks: [4]int{3, 4, 6, 3},
}

var gumbelF8 = VQGANConfig{
	Gumbel: true, Ch: 128, ChMult: []int{1, 1, 2, 4}, NumResBlocks: 2, AttnResolutions: []int{32}, Resolution: 256,
	ZChannels: 256, InChannels: 3, OutCh: 3, EmbedDim: 256, NEmbed: 8192,
}

func parameters(specs []Spec) int {
	sum := 0
	for _, s := range specs {
		n, _ := elements(s.Shape)
		sum += n
	}
	return sum
}

// The numbers of parameters of the published models.
func TestParameters(t *testing.T) {
	tests := []struct {
		name  string
		specs []Spec
		want  int
	}{
		{"ViT-B/32 text", ViTB32.TextTensors(), 63428097},
		{"ViT-B/32 image", ViTB32.ImageTensors(), 87849216},
		// 38,316,896 in the published file, where a norm has a gain beside each bias.
		{"RN50 image", rn50.ImageTensors(), 38316896 - 26624},
		{"imagenet_f16_16384", slices.Concat(ImageNetF16.DecoderTensors(), ImageNetF16.EncoderTensors()), 76073859},
	}
	for _, tt := range tests {
		if got := parameters(tt.specs); got != tt.want {
			t.Errorf("%s has %d parameters, want %d", tt.name, got, tt.want)
		}
	}
}

func TestTensorNames(t *testing.T) {
	tests := []struct {
		specs []Spec
		name  string
		shape []int // nil: must be absent
	}{
		{ViTB32.TextTensors(), "transformer.resblocks.11.attn.in_proj_weight", []int{1536, 512}},
		{ViTB32.TextTensors(), "transformer.resblocks.12.ln_1.weight", nil},
		{ViTB32.TextTensors(), "text_projection", []int{512, 512}},
		{ViTB32.TextTensors(), "logit_scale", []int{}},
		{ViTB32.ImageTensors(), "visual.conv1.weight", []int{768, 3, 32, 32}},
		{ViTB32.ImageTensors(), "visual.conv1.bias", nil},
		{ViTB32.ImageTensors(), "visual.positional_embedding", []int{50, 768}},
		{ViTB32.ImageTensors(), "visual.transformer.resblocks.0.mlp.c_fc.weight", []int{3072, 768}},
		{ViTB32.ImageTensors(), "visual.transformer.resblocks.0.mlp.c_proj.bias", []int{768}},
		{rn50.ImageTensors(), "visual.conv1.weight", []int{32, 3, 3, 3}},
		{rn50.ImageTensors(), "visual.bn1.weight", nil},
		{rn50.ImageTensors(), "visual.layer3.0.downsample.0.bias", []int{1024}},
		{rn50.ImageTensors(), "visual.layer4.2.conv3.weight", []int{2048, 512, 1, 1}},
		{rn50.ImageTensors(), "visual.layer4.1.downsample.0.weight", nil},
		{rn50.ImageTensors(), "visual.attnpool.positional_embedding", []int{50, 2048}},
		{rn50.ImageTensors(), "visual.attnpool.c_proj.weight", []int{1024, 2048}},
		{ImageNetF16.DecoderTensors(), "quantize.embedding.weight", []int{16384, 256}},
		{ImageNetF16.DecoderTensors(), "decoder.conv_in.weight", []int{512, 256, 3, 3}},
		{ImageNetF16.DecoderTensors(), "decoder.up.4.attn.2.proj_out.weight", []int{512, 512, 1, 1}},
		{ImageNetF16.DecoderTensors(), "decoder.up.3.attn.0.norm.weight", nil},
		{ImageNetF16.DecoderTensors(), "decoder.up.3.block.0.nin_shortcut.weight", []int{256, 512, 1, 1}},
		{ImageNetF16.DecoderTensors(), "decoder.up.2.block.0.nin_shortcut.weight", nil},
		{ImageNetF16.DecoderTensors(), "decoder.up.0.upsample.conv.weight", nil},
		{ImageNetF16.DecoderTensors(), "decoder.conv_out.bias", []int{3}},
		{ImageNetF16.EncoderTensors(), "encoder.down.4.attn.1.q.weight", []int{512, 512, 1, 1}},
		{ImageNetF16.EncoderTensors(), "encoder.down.4.downsample.conv.weight", nil},
		{ImageNetF16.EncoderTensors(), "encoder.down.3.downsample.conv.weight", []int{256, 256, 3, 3}},
		{ImageNetF16.EncoderTensors(), "quantize.proj.weight", nil},
		{gumbelF8.DecoderTensors(), "quantize.embed.weight", []int{8192, 256}},
		{gumbelF8.DecoderTensors(), "quantize.embedding.weight", nil},
		{gumbelF8.EncoderTensors(), "quantize.proj.weight", []int{8192, 256, 1, 1}},
	}
	for _, tt := range tests {
		i := slices.IndexFunc(tt.specs, func(s Spec) bool { return s.Name == tt.name })
		switch {
		case i < 0 && tt.shape != nil:
			t.Errorf("%s is absent", tt.name)
		case i >= 0 && tt.shape == nil:
			t.Errorf("%s is there", tt.name)
		case i >= 0 && !slices.Equal(tt.specs[i].Shape, tt.shape):
			t.Errorf("%s is %v, want %v", tt.name, tt.specs[i].Shape, tt.shape)
		}
	}
}

// A configuration without residual blocks has no attention in the encoder's levels; the decoder has one block more everywhere.
func TestNoResidualBlocks(t *testing.T) {
	c := VQGANConfig{Ch: 64, ChMult: []int{1, 1}, AttnResolutions: []int{32}, Resolution: 64, ZChannels: 8, InChannels: 3, OutCh: 3, EmbedDim: 8, NEmbed: 4}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	for _, s := range c.EncoderTensors() {
		if s.Name == "encoder.down.1.attn.0.norm.weight" || s.Name == "encoder.down.0.block.0.norm1.weight" {
			t.Errorf("the encoder has %s", s.Name)
		}
	}
	if !slices.ContainsFunc(c.DecoderTensors(), func(s Spec) bool { return s.Name == "decoder.up.1.attn.0.norm.weight" }) {
		t.Error("the decoder has no attention in its lowest level")
	}
}

func TestStoredType(t *testing.T) {
	tests := []struct {
		quant, name string
		shape       []int
		want        string
	}{
		{TypeF32, "visual.conv1.weight", []int{8, 3, 2, 2}, TypeF32},
		{TypeF16, "visual.conv1.weight", []int{8, 3, 2, 2}, TypeF16},
		{TypeQ8, "visual.conv1.weight", []int{8, 3, 2, 2}, TypeF16},
		{TypeQ8, "decoder.conv_out.weight", []int{3, 8, 3, 3}, TypeF16},
		{TypeQ8, "decoder.up.0.block.0.conv1.weight", []int{8, 8, 3, 3}, TypeQ8},
		{TypeQ8, "token_embedding.weight", []int{600, 8}, TypeQ8},
		{TypeF16, "token_embedding.weight", []int{600, 8}, TypeF16},
		{TypeF32, "positional_embedding", []int{77, 8}, TypeF32},
		{TypeF16, "positional_embedding", []int{77, 8}, TypeF16},
		{TypeQ4, "visual.positional_embedding", []int{50, 8}, TypeF16},
		{TypeQ8, "quantize.embedding.weight", []int{9, 8}, TypeF32},
		{TypeF16, "quantize.embed.weight", []int{9, 8}, TypeF32},
		{TypeQ8, "quantize.proj.weight", []int{9, 8, 1, 1}, TypeF16},
		{TypeF16, "logit_scale", []int{}, TypeF32},
		{TypeQ4, "token_embedding.weight", []int{600, 8}, TypeQ4},
		{TypeQ4, "visual.conv1.weight", []int{8, 3, 32, 32}, TypeQ6},
		{TypeQ4, "visual.conv1.weight", []int{8, 3, 3, 3}, TypeQ8},
		{TypeQ4, "transformer.resblocks.0.mlp.c_fc.weight", []int{32, 8}, TypeQ5},
		{TypeQ4, "transformer.resblocks.0.mlp.c_proj.weight", []int{8, 32}, TypeQ4},
		{TypeQ4, "transformer.resblocks.0.attn.in_proj_weight", []int{24, 8}, TypeQ5},
		{TypeQ4, "visual.transformer.resblocks.0.attn.in_proj_weight", []int{24, 8}, TypeQ6},
		{TypeQ4, "visual.transformer.resblocks.0.mlp.c_proj.weight", []int{8, 32}, TypeQ5},
		{TypeQ4, "visual.attnpool.q_proj.weight", []int{64, 64}, TypeQ6},
		{TypeQ4, "visual.attnpool.c_proj.weight", []int{8, 64}, TypeQ8},
		{TypeQ4, "visual.transformer.resblocks.0.mlp.c_fc.weight", []int{32, 8}, TypeQ5},
		{TypeQ4, "decoder.mid.block_1.conv1.weight", []int{8, 8, 3, 3}, TypeQ4},
		{TypeQ4, "encoder.mid.block_1.conv1.weight", []int{8, 8, 3, 3}, TypeQ4},
		{TypeQ4, "quantize.embedding.weight", []int{9, 8}, TypeQ8},
		{TypeQ4, "text_projection", []int{8, 8}, TypeQ8},
		{TypeF16, "ln_final.weight", []int{8}, TypeF32},
	}
	for _, tt := range tests {
		if got := StoredType(tt.quant, tt.name, tt.shape); got != tt.want {
			t.Errorf("%s under %s is stored as %s, want %s", tt.name, tt.quant, got, tt.want)
		}
	}
}
