package weights

import (
	"fmt"
	"math"
)

// Activations of CLIP's feed-forward layers.
const (
	QuickGELU = "quick_gelu" // x·σ(1.702x): OpenAI's models
	GELU      = "gelu"       // x·Φ(x): most of OpenCLIP's
)

// The means and standard deviations by which OpenAI's CLIP normalises red, green and blue.
var (
	CLIPMean = [3]float32{0.48145466, 0.4578275, 0.40821073}
	CLIPStd  = [3]float32{0.26862954, 0.26130258, 0.27577711}
)

// Spec is the name and shape that a tensor must have.
type Spec struct {
	Name  string
	Shape []int
}

// The largest dimensions that a configuration may state. They are far over every published model and keep the products of
// sizes away from overflow.
const (
	maxWidth  = 1 << 14
	maxLayers = 256
	maxVocab  = 1 << 20
	maxSide   = 1 << 12
)

// Validate reports the first dimension that no CLIP can have.
func (c CLIPConfig) Validate() error {
	sizes := []struct {
		name       string
		value, max int
	}{
		{"image_size", c.ImageSize, maxSide}, {"patch_size", c.PatchSize, maxSide},
		{"vision_width", c.VisionWidth, maxWidth}, {"vision_layers", c.VisionLayers, maxLayers}, {"vision_heads", c.VisionHeads, maxWidth},
		{"text_width", c.TextWidth, maxWidth}, {"text_layers", c.TextLayers, maxLayers}, {"text_heads", c.TextHeads, maxWidth},
		{"context_length", c.ContextLength, maxSide}, {"vocab_size", c.VocabSize, maxVocab}, {"embed_dim", c.EmbedDim, maxWidth},
	}
	for _, s := range sizes {
		if s.value < 1 || s.value > s.max {
			return fmt.Errorf("weights: clip.%s is %d and must be 1 to %d", s.name, s.value, s.max)
		}
	}
	switch {
	case c.ImageSize%c.PatchSize != 0:
		return fmt.Errorf("weights: clip.patch_size %d does not divide clip.image_size %d", c.PatchSize, c.ImageSize)
	case !c.IsResNet() && c.VisionWidth%c.VisionHeads != 0:
		return fmt.Errorf("weights: clip.vision_heads %d does not divide clip.vision_width %d", c.VisionHeads, c.VisionWidth)
	case c.TextWidth%c.TextHeads != 0:
		return fmt.Errorf("weights: clip.text_heads %d does not divide clip.text_width %d", c.TextHeads, c.TextWidth)
	case c.ContextLength < 3:
		return fmt.Errorf("weights: clip.context_length %d leaves no room for a token between start and end", c.ContextLength)
	case c.VocabSize <= SpecialTokens:
		return fmt.Errorf("weights: clip.vocab_size %d must be over %d (512 byte tokens, start and end)", c.VocabSize, SpecialTokens)
	case c.Activation != QuickGELU && c.Activation != GELU:
		return fmt.Errorf("weights: clip.activation is %.40q and must be %s or %s", c.Activation, QuickGELU, GELU)
	}
	if c.IsResNet() {
		if err := c.validateResNet(); err != nil {
			return err
		}
	}
	for i := range c.Std {
		mean, std := float64(c.Mean[i]), float64(c.Std[i])
		if math.IsNaN(mean) || math.IsInf(mean, 0) || !(std > 0) || math.IsInf(std, 0) {
			return fmt.Errorf("weights: clip.mean and clip.std must be finite, and std above zero, but channel %d has %v and %v", i, mean, std)
		}
	}
	return nil
}

// SpecialTokens is what a vocabulary holds beside the results of its merges: 256 bytes, 256 bytes that end a word, start and end.
const SpecialTokens = 514

// Merges is the number of byte-pair merges that the vocabulary size implies.
func (c CLIPConfig) Merges() int { return c.VocabSize - SpecialTokens }

// Grid is the number of patches along one side of the image.
func (c CLIPConfig) Grid() int { return c.ImageSize / c.PatchSize }

// TextTensors lists the text tower under OpenAI's names.
func (c CLIPConfig) TextTensors() []Spec {
	specs := []Spec{
		{"token_embedding.weight", []int{c.VocabSize, c.TextWidth}},
		{"positional_embedding", []int{c.ContextLength, c.TextWidth}},
	}
	specs = append(specs, transformer("transformer", c.TextWidth, c.TextLayers)...)
	specs = append(specs, norm("ln_final", c.TextWidth)...)
	return append(specs, Spec{"text_projection", []int{c.TextWidth, c.EmbedDim}}, Spec{"logit_scale", []int{}})
}

// ImageTensors lists the image tower under OpenAI's names. Position 0 is the class token's or, in a ResNet, the mean's.
func (c CLIPConfig) ImageTensors() []Spec {
	if c.IsResNet() {
		return c.resNetTensors()
	}
	w := c.VisionWidth
	specs := []Spec{
		{"visual.conv1.weight", []int{w, 3, c.PatchSize, c.PatchSize}},
		{"visual.class_embedding", []int{w}},
		{"visual.positional_embedding", []int{c.Grid()*c.Grid() + 1, w}},
	}
	specs = append(specs, norm("visual.ln_pre", w)...)
	specs = append(specs, transformer("visual.transformer", w, c.VisionLayers)...)
	specs = append(specs, norm("visual.ln_post", w)...)
	return append(specs, Spec{"visual.proj", []int{w, c.EmbedDim}})
}

func transformer(prefix string, width, layers int) []Spec {
	var specs []Spec
	for i := range layers {
		p := fmt.Sprintf("%s.resblocks.%d.", prefix, i)
		specs = append(specs, norm(p+"ln_1", width)...)
		specs = append(specs,
			Spec{p + "attn.in_proj_weight", []int{3 * width, width}},
			Spec{p + "attn.in_proj_bias", []int{3 * width}})
		specs = append(specs, affine(p+"attn.out_proj", width, width)...)
		specs = append(specs, norm(p+"ln_2", width)...)
		specs = append(specs, affine(p+"mlp.c_fc", 4*width, width)...)
		specs = append(specs, affine(p+"mlp.c_proj", width, 4*width)...)
	}
	return specs
}

// affine is a layer with a weight of the given shape, outputs first, and a bias per output.
func affine(name string, shape ...int) []Spec {
	return []Spec{{name + ".weight", shape}, {name + ".bias", shape[:1:1]}}
}

func norm(name string, channels int) []Spec { return affine(name, channels) }
