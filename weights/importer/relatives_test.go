package importer

import (
	"testing"

	"reverie/weights"
	"reverie/weights/checkpoint"
)

// A checkpoint without a configuration is IBQ's when it has both marks.
func TestLooksLikeIBQ(t *testing.T) {
	for blocks, has := range map[int]bool{4: true, 2: false} {
		for flat, averages := range map[string]bool{"model_ema.decoderconv_inweight": true, "model_ema.decay": false} {
			v := &VQGAN{Config: weights.VQGANConfig{NumResBlocks: blocks}}
			c := &contents{tensors: map[string]checkpoint.Tensor{flat: {}}}
			if got := v.looksLikeIBQ(c); got != (has && averages) {
				t.Errorf("%d blocks and %s: %t", blocks, flat, got)
			}
		}
	}
}

// Names that are not understood stay as they are, whatever stands in the place of numbers.
func TestNamesOfRelatives(t *testing.T) {
	llama, hugging := relative{llamaGen, "", 4}, relative{diffusers, "", 4}
	for _, c := range []struct {
		r          relative
		name, want string
	}{
		{llama, "decoder.conv_blocks.0.res.2.norm1.weight", "decoder.up.4.block.2.norm1.weight"},
		{llama, "encoder.conv_blocks.3.downsample.conv.bias", "encoder.down.3.downsample.conv.bias"},
		{llama, "decoder.mid.1.q.weight", "decoder.mid.attn_1.q.weight"},
		{llama, "decoder.mid.7.q.weight", "decoder.mid.7.q.weight"},
		{llama, "decoder.conv_blocks.-1.res.2.norm1.weight", "decoder.conv_blocks.-1.res.2.norm1.weight"},
		{llama, "decoder.conv_blocks.x.res", "decoder.conv_blocks.x.res"},
		{llama, "post_quant_conv.weight", "post_quant_conv.weight"},
		{hugging, "decoder.up_blocks.1.upsamplers.0.conv.weight", "decoder.up.3.upsample.conv.weight"},
		{hugging, "encoder.down_blocks.2.resnets.1.conv_shortcut.bias", "encoder.down.2.block.1.nin_shortcut.bias"},
		{hugging, "encoder.mid_block.attentions.0.to_out.0.weight", "encoder.mid.attn_1.proj_out.weight"},
		{hugging, "encoder.mid_block.attentions.3.to_out.0.weight", "encoder.mid_block.attentions.3.to_out.0.weight"},
		{hugging, "decoder.conv_norm_out.weight", "decoder.norm_out.weight"},
		{hugging, "encoder", "encoder"},
	} {
		if got := c.r.taming(c.name); got != c.want {
			t.Errorf("%s becomes %s, want %s", c.name, got, c.want)
		}
	}
}
