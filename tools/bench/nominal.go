package main

import "reverie/weights"

// The arithmetic of a workload as its definition has it, in GFLOP: a multiply-add counts as two, everything but contractions and
// convolutions as nothing. An engine that finds a shorter way gets the credit.

func linearGFLOP(rows, in, out int) float64 { return 2e-9 * float64(rows) * float64(in) * float64(out) }

func convGFLOP(side, in, out, kernel int) float64 {
	return linearGFLOP(side*side, in*kernel*kernel, out)
}

// attentionGFLOP is scores and mix of all heads together.
func attentionGFLOP(n, tokens, width int) float64 {
	return 2 * linearGFLOP(n*tokens, tokens, width)
}

func blockGFLOP(n, tokens, width int) float64 {
	return linearGFLOP(n*tokens, width, 12*width) + attentionGFLOP(n, tokens, width)
}

// imageGFLOP is CLIP's image tower on n cutouts.
func imageGFLOP(c weights.CLIPConfig, n int) float64 {
	if c.IsResNet() {
		return float64(n) * resNetGFLOP(c)
	}
	patches := c.Grid() * c.Grid()
	return linearGFLOP(n*patches, 3*c.PatchSize*c.PatchSize, c.VisionWidth) +
		float64(c.VisionLayers)*blockGFLOP(n, patches+1, c.VisionWidth) + linearGFLOP(n, c.VisionWidth, c.EmbedDim)
}

// resNetGFLOP is CLIP's residual image tower on one cutout. The query of its pooling is one token.
func resNetGFLOP(c weights.CLIPConfig) float64 {
	side, in := c.ImageSize/2, c.VisionWidth
	sum := convGFLOP(side, 3, in/2, 3) + convGFLOP(side, in/2, in/2, 3) + convGFLOP(side, in/2, in, 3)
	side /= 2
	for stage, blocks := range c.ResNetBlocks {
		width := c.VisionWidth << stage
		for i := range blocks {
			sum += convGFLOP(side, in, width, 1) + convGFLOP(side, width, width, 3)
			if i == 0 && stage > 0 {
				side /= 2
			}
			sum += convGFLOP(side, width, 4*width, 1)
			if i == 0 {
				sum += convGFLOP(side, in, 4*width, 1)
			}
			in = 4 * width
		}
	}
	tokens := side*side + 1
	return sum + linearGFLOP(tokens, in, 2*in) + 2*linearGFLOP(1, tokens, in) + linearGFLOP(1, in, in+c.EmbedDim)
}

// decoderGFLOP is VQGAN's decoder with post_quant_conv, from side × side tokens.
func decoderGFLOP(c weights.VQGANConfig, side int) float64 {
	last := len(c.ChMult) - 1
	width := c.Width(last)
	residual := func(in, out int) float64 {
		sum := convGFLOP(side, in, out, 3) + convGFLOP(side, out, out, 3)
		if in != out {
			sum += convGFLOP(side, in, out, 1)
		}
		return sum
	}
	attention := func() float64 { return linearGFLOP(side*side, width, 4*width) + attentionGFLOP(1, side*side, width) }
	sum := convGFLOP(side, c.EmbedDim, c.ZChannels, 1) + convGFLOP(side, c.ZChannels, width, 3) + 2*residual(width, width) + attention()
	for level := last; level >= 0; level-- {
		for range c.NumResBlocks + 1 {
			sum += residual(width, c.Width(level))
			width = c.Width(level)
			if c.AttentionAt(level) {
				sum += attention()
			}
		}
		if level > 0 {
			side *= 2
			sum += convGFLOP(side, width, width, 3)
		}
	}
	return sum + convGFLOP(side, width, c.OutCh, 3)
}

// stepGFLOP is a guided step: both models forward, and the gradients of their inputs, which cost the same again.
func stepGFLOP(s stepWorkload) float64 {
	return 2 * (decoderGFLOP(s.VQGAN, s.Side) + imageGFLOP(s.CLIP, s.Cutouts))
}
