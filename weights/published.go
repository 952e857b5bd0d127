package weights

// Configurations of published models, to plan and measure with.
var (
	// ViTB32 is OpenAI's CLIP ViT-B/32.
	ViTB32 = CLIPConfig{
		ImageSize: 224, PatchSize: 32, VisionWidth: 768, VisionLayers: 12, VisionHeads: 12, TextWidth: 512, TextLayers: 12, TextHeads: 8,
		ContextLength: 77, VocabSize: 49408, EmbedDim: 512, Activation: QuickGELU, Mean: CLIPMean, Std: CLIPStd,
	}
	// ImageNetF16 is CompVis' imagenet_f16_16384.
	ImageNetF16 = VQGANConfig{
		Ch: 128, ChMult: []int{1, 1, 2, 2, 4}, NumResBlocks: 2, AttnResolutions: []int{16}, Resolution: 256,
		ZChannels: 256, InChannels: 3, OutCh: 3, EmbedDim: 256, NEmbed: 16384,
	}
)
