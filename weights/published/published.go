// Package published has the dimensions of published models, to plan and to test with. Where they come from is in the catalogue.
package published

import "reverie/weights"

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
	// CLIPs are those of the catalogue, by their IDs.
	CLIPs = map[string]weights.CLIPConfig{
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
	// VQGANs are those of the catalogue, by their IDs.
	VQGANs = map[string]weights.VQGANConfig{
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
