package weights

import "fmt"

const (
	// resNetFactor is the pixels per point of the last feature map: the stem and three of the four stages shrink by 4 and 2 each.
	resNetFactor = 32
	// resNetExpansion is the channels after a block per channel inside it.
	resNetExpansion = 4
	maxBlocks       = 64
)

// IsResNet reports whether the image tower is a modified ResNet and not a vision transformer.
func (c CLIPConfig) IsResNet() bool { return c.ResNetBlocks != [4]int{} }

// FeatureWidth is the channels of a ResNet's last feature map, which are those of its attention pooling.
func (c CLIPConfig) FeatureWidth() int { return c.VisionWidth << 3 * resNetExpansion }

// StageWidth is the channels inside the blocks of a ResNet's stage, 0 to 3.
func (c CLIPConfig) StageWidth(stage int) int { return c.VisionWidth << stage }

func (c CLIPConfig) validateResNet() error {
	blocks := 0
	for _, n := range c.ResNetBlocks {
		if n < 1 || n > maxBlocks {
			return fmt.Errorf("weights: clip.resnet_blocks is %v, and each must be 1 to %d", c.ResNetBlocks, maxBlocks)
		}
		blocks += n
	}
	switch {
	case c.PatchSize != resNetFactor:
		return fmt.Errorf("weights: clip.patch_size is %d and must be %d in a ResNet", c.PatchSize, resNetFactor)
	case c.VisionLayers != blocks:
		return fmt.Errorf("weights: clip.vision_layers is %d, but clip.resnet_blocks %v are %d", c.VisionLayers, c.ResNetBlocks, blocks)
	case c.VisionWidth%2 != 0 || c.VisionWidth > maxWidth/resNetFactor:
		return fmt.Errorf("weights: clip.vision_width %d must be even and at most %d in a ResNet", c.VisionWidth, maxWidth/resNetFactor)
	case c.FeatureWidth()%c.VisionHeads != 0:
		return fmt.Errorf("weights: clip.vision_heads %d does not divide the %d channels of attention pooling", c.VisionHeads, c.FeatureWidth())
	}
	return nil
}

// resNetTensors lists a ResNet's convolutions, into which its frozen batch norms are folded: hence their biases, which the official
// checkpoints lack.
func (c CLIPConfig) resNetTensors() []Spec {
	w := c.VisionWidth
	specs := conv("visual.conv1", w/2, 3, 3)
	specs = append(specs, conv("visual.conv2", w/2, w/2, 3)...)
	specs = append(specs, conv("visual.conv3", w, w/2, 3)...)
	for stage, blocks := range c.ResNetBlocks {
		inner := c.StageWidth(stage)
		for b := range blocks {
			p := fmt.Sprintf("visual.layer%d.%d.", stage+1, b)
			specs = append(specs, conv(p+"conv1", inner, w, 1)...)
			specs = append(specs, conv(p+"conv2", inner, inner, 3)...)
			specs = append(specs, conv(p+"conv3", inner*resNetExpansion, inner, 1)...)
			if b == 0 {
				specs = append(specs, conv(p+"downsample.0", inner*resNetExpansion, w, 1)...)
			}
			w = inner * resNetExpansion
		}
	}
	specs = append(specs, Spec{"visual.attnpool.positional_embedding", []int{c.Grid()*c.Grid() + 1, w}})
	for _, name := range []string{"q_proj", "k_proj", "v_proj"} {
		specs = append(specs, affine("visual.attnpool."+name, w, w)...)
	}
	return append(specs, affine("visual.attnpool.c_proj", c.EmbedDim, w)...)
}
