package weights

import (
	"fmt"
	"slices"
)

// normGroups is the number of groups of every group norm in taming-transformers' networks.
const normGroups = 32

const (
	maxLevels = 8
	// maxResolutions is far over maxLevels, because some configurations name resolutions that no level has.
	maxResolutions = 64
	maxResBlocks   = 16
	maxChannels    = 1 << 13
	maxCodes       = 1 << 20
)

// Validate reports the first setting that no VQModel or GumbelVQ for RGB pictures can have.
func (c VQGANConfig) Validate() error {
	if len(c.ChMult) < 1 || len(c.ChMult) > maxLevels {
		return fmt.Errorf("weights: vqgan.ch_mult has %d levels and must have 1 to %d", len(c.ChMult), maxLevels)
	}
	sizes := []struct {
		name       string
		value, max int
	}{
		{"ch", c.Ch, maxChannels}, {"resolution", c.Resolution, maxSide}, {"z_channels", c.ZChannels, maxChannels},
		{"embed_dim", c.EmbedDim, maxChannels}, {"n_embed", c.NEmbed, maxCodes},
	}
	for _, s := range sizes {
		if s.value < 1 || s.value > s.max {
			return fmt.Errorf("weights: vqgan.%s is %d and must be 1 to %d", s.name, s.value, s.max)
		}
	}
	if len(c.AttnResolutions) > maxResolutions {
		return fmt.Errorf("weights: vqgan.attn_resolutions has %d numbers and must have at most %d", len(c.AttnResolutions), maxResolutions)
	}
	for _, code := range c.StartCodes {
		if code < 0 || code >= c.NEmbed {
			return fmt.Errorf("weights: vqgan.start_codes has %d and must have codes from 0 to %d", code, c.NEmbed-1)
		}
	}
	for _, m := range c.ChMult {
		if m < 1 || m > maxChannels/c.Ch {
			return fmt.Errorf("weights: vqgan.ch_mult %v times ch %d must be 1 to %d", c.ChMult, c.Ch, maxChannels)
		}
		if m*c.Ch%normGroups != 0 {
			return fmt.Errorf("weights: vqgan.ch %d times ch_mult %d is not a multiple of %d, the groups of its norms", c.Ch, m, normGroups)
		}
	}
	switch {
	case c.Ch%normGroups != 0:
		return fmt.Errorf("weights: vqgan.ch %d is not a multiple of %d, the groups of its norms", c.Ch, normGroups)
	case c.NumResBlocks < 0 || c.NumResBlocks > maxResBlocks:
		return fmt.Errorf("weights: vqgan.num_res_blocks is %d and must be 0 to %d", c.NumResBlocks, maxResBlocks)
	case c.NumResBlocks == 0 && slices.Max(c.ChMult) > 1:
		return fmt.Errorf("weights: vqgan.num_res_blocks 0 leaves the encoder no block that could change its width as ch_mult %v asks", c.ChMult)
	case c.Resolution%c.Factor() != 0:
		return fmt.Errorf("weights: vqgan.resolution %d is not a multiple of %d, the factor of its %d levels", c.Resolution, c.Factor(), len(c.ChMult))
	case c.InChannels != 3 || c.OutCh != 3:
		return fmt.Errorf("weights: vqgan.in_channels %d and out_ch %d must both be 3 (red, green, blue)", c.InChannels, c.OutCh)
	case c.Gumbel && c.EmbedDim != c.ZChannels:
		return fmt.Errorf("weights: vqgan.embed_dim %d must equal z_channels %d in a GumbelVQ", c.EmbedDim, c.ZChannels)
	}
	return nil
}

// AttentionAt reports whether a level has attention after each residual block. It is decided by the configuration's nominal
// resolution, whatever the size of the picture.
func (c VQGANConfig) AttentionAt(level int) bool {
	return slices.Contains(c.AttnResolutions, c.Resolution>>level)
}

// Width is the channels of a level after its first residual block, in the encoder and in the decoder.
func (c VQGANConfig) Width(level int) int { return c.Ch * c.ChMult[level] }

// CodebookName is the name of the tensor [n_embed, embed_dim] that holds the codes.
func (c VQGANConfig) CodebookName() string { return codebookName(c.Gumbel) }

func codebookName(gumbel bool) string {
	if gumbel {
		return "quantize.embed.weight"
	}
	return "quantize.embedding.weight"
}

// DecoderTensors lists what turns codes into a picture, under taming-transformers' names, in the order of its forward pass.
func (c VQGANConfig) DecoderTensors() []Spec {
	specs := []Spec{{c.CodebookName(), []int{c.NEmbed, c.EmbedDim}}}
	specs = append(specs, conv("post_quant_conv", c.ZChannels, c.EmbedDim, 1)...)
	last := len(c.ChMult) - 1
	width := c.Width(last)
	specs = append(specs, conv("decoder.conv_in", width, c.ZChannels, 3)...)
	specs = append(specs, middle("decoder.mid", width)...)
	for level := last; level >= 0; level-- {
		p := fmt.Sprintf("decoder.up.%d", level)
		specs = append(specs, c.blocks(p, level, c.NumResBlocks+1, width, c.Width(level))...)
		width = c.Width(level)
		if level > 0 {
			specs = append(specs, conv(p+".upsample.conv", width, width, 3)...)
		}
	}
	specs = append(specs, norm("decoder.norm_out", width)...)
	return append(specs, conv("decoder.conv_out", c.OutCh, width, 3)...)
}

// EncoderTensors lists what turns a picture into codes, under taming-transformers' names, in the order of its forward pass.
func (c VQGANConfig) EncoderTensors() []Spec {
	specs := conv("encoder.conv_in", c.Ch, c.InChannels, 3)
	width := c.Ch
	for level := range c.ChMult {
		p := fmt.Sprintf("encoder.down.%d", level)
		specs = append(specs, c.blocks(p, level, c.NumResBlocks, width, c.Width(level))...)
		width = c.Ch * c.ChMult[level]
		if level < len(c.ChMult)-1 {
			specs = append(specs, conv(p+".downsample.conv", width, width, 3)...)
		}
	}
	specs = append(specs, middle("encoder.mid", width)...)
	specs = append(specs, norm("encoder.norm_out", width)...)
	specs = append(specs, conv("encoder.conv_out", c.ZChannels, width, 3)...)
	specs = append(specs, conv("quant_conv", c.EmbedDim, c.ZChannels, 1)...)
	if c.Gumbel {
		specs = append(specs, conv("quantize.proj", c.NEmbed, c.ZChannels, 1)...)
	}
	return specs
}

// blocks lists a level's n residual blocks, the first of which goes from in to out channels, and their attentions.
func (c VQGANConfig) blocks(prefix string, level, n, in, out int) []Spec {
	var specs []Spec
	for i := range n {
		specs = append(specs, residual(fmt.Sprintf("%s.block.%d", prefix, i), in, out)...)
		in = out
		if c.AttentionAt(level) {
			specs = append(specs, attention(fmt.Sprintf("%s.attn.%d", prefix, i), out)...)
		}
	}
	return specs
}

func middle(prefix string, width int) []Spec {
	specs := residual(prefix+".block_1", width, width)
	specs = append(specs, attention(prefix+".attn_1", width)...)
	return append(specs, residual(prefix+".block_2", width, width)...)
}

func residual(prefix string, in, out int) []Spec {
	specs := norm(prefix+".norm1", in)
	specs = append(specs, conv(prefix+".conv1", out, in, 3)...)
	specs = append(specs, norm(prefix+".norm2", out)...)
	specs = append(specs, conv(prefix+".conv2", out, out, 3)...)
	if in != out {
		specs = append(specs, conv(prefix+".nin_shortcut", out, in, 1)...)
	}
	return specs
}

func attention(prefix string, width int) []Spec {
	specs := norm(prefix+".norm", width)
	for _, name := range []string{".q", ".k", ".v", ".proj_out"} {
		specs = append(specs, conv(prefix+name, width, width, 1)...)
	}
	return specs
}

// conv is a square convolution with bias: weight [out, in, side, side].
func conv(name string, out, in, side int) []Spec { return affine(name, out, in, side, side) }
