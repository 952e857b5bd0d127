package importer

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"reverie/weights"
	"reverie/weights/checkpoint"
)

// CLIP is an imported CLIP.
type CLIP struct {
	Config  weights.CLIPConfig
	Tensors Tensors
	Form    string   // whose names the checkpoint has, in words
	Dropped []string // names of tensors that hold no weights, such as masks
	Notes   []string // what was assumed because the checkpoint does not tell
}

// headWidth is the channels per attention head of every CLIP that OpenAI published. Its code divides the width by it and rounds down.
const headWidth = 64

// clipAnchors begin the names by which a CLIP is known.
var clipAnchors = []string{"visual.conv1.", "visual.trunk.", "text_model.", "vision_model."}

// ReadCLIP reads a CLIP under OpenAI's names (.pt, OpenCLIP) or Hugging Face's. Dimensions come from the shapes. Heads,
// activation and normalisation come from the configuration, which is published beside the checkpoint: config.json with Hugging Face's
// names, open_clip_config.json with OpenAI's outside a TorchScript archive. Without one OpenAI's are taken.
func ReadCLIP(f *checkpoint.File, configs Configs) (*CLIP, error) {
	name := f.Name
	c := &CLIP{Tensors: Tensors{}}
	in, err := unwrap(f, isCLIP, clipAnchors...)
	if err != nil {
		return nil, err
	}
	c.Dropped = in.dropped
	for _, note := range in.notes {
		c.Notes = append(c.Notes, "CLIP: "+note)
	}
	beside := "" // the configuration's name where it is published beside the checkpoint
	switch {
	case in.has("visual.trunk."):
		return nil, fmt.Errorf("importer: %s is a CLIP with an image tower of timm; only OpenAI's vision transformers and ResNets can be converted", name)
	case in.has("text_model.") || in.has("vision_model."):
		beside, c.Form = "config.json", "a CLIP under Hugging Face's names"
		err = c.renameHuggingFace(in)
	case in.has("visual.conv1."):
		c.Form = "a CLIP under OpenAI's names"
		if f.Format != checkpoint.TorchScript { // OpenAI's own form needs no configuration
			beside = "open_clip_config.json"
		}
		c.keepOpenAI(in)
	default:
		return nil, fmt.Errorf("importer: %s is not a CLIP: it has no tensor visual.conv1.weight or vision_model.*, but %s", name, example(f))
	}
	if err == nil {
		err = c.readConfigured(f, configs, beside)
	}
	if err != nil {
		return nil, fmt.Errorf("importer: %s: %w", name, err)
	}
	return c, nil
}

// readConfigured finds the configuration and checks the tensors against it.
func (c *CLIP) readConfigured(f *checkpoint.File, configs Configs, beside string) error {
	var names []string
	if beside != "" {
		names = append(names, beside)
	}
	config, err := configs.find(names...)
	if err != nil {
		return err
	}
	if config == nil && beside == "config.json" {
		return errors.New("it needs the config.json that Hugging Face publishes beside it: put it there, or choose it, too (-clip-config FILE)")
	}
	if err := c.configure(config, configs); err != nil {
		return err
	}
	if c.isResNet() {
		if err := c.foldBatchNorms(); err != nil {
			return err
		}
	}
	empty, err := c.Tensors.check(f, c.Config.TextTensors(), c.Config.ImageTensors())
	c.Dropped = append(c.Dropped, empty...)
	return err
}

// isCLIP reports whether a name is that of a part of a CLIP, OpenAI's or Hugging Face's, which a configuration must account for.
func isCLIP(name string) bool {
	part, _, _ := strings.Cut(name, ".")
	return slices.Contains([]string{"visual", "transformer", "token_embedding", "positional_embedding", "ln_final", "text_projection", "logit_scale",
		"text_model", "vision_model", "visual_projection"}, part) && !isBuffer(name)
}

// isBuffer reports whether a name is that of a mask or a number that modules hold beside their weights.
func isBuffer(name string) bool {
	switch name[strings.LastIndexByte(name, '.')+1:] { // in a TorchScript archive any module may hold them
	case "attn_mask", "input_resolution", "context_length", "vocab_size", "num_batches_tracked", "position_ids":
		return true
	}
	return false
}

// isResNet reports whether the tensors are those of a modified ResNet.
func (c *CLIP) isResNet() bool {
	_, ok := c.Tensors["visual.layer1.0.conv1.weight"]
	return ok
}

// keepOpenAI takes the tensors under their own names.
func (c *CLIP) keepOpenAI(in *contents) {
	for _, name := range in.names {
		if !isCLIP(name) {
			c.Dropped = append(c.Dropped, name)
			continue
		}
		c.Tensors.add(name, in.tensors[name])
	}
	for _, name := range in.otherNames {
		if _, twice := in.tensors[name]; !twice && isCLIP(name) {
			c.Tensors.addOther(name, in.others[name])
		}
	}
	c.fixLogitScale()
}

// largestScale is the logarithm of 100, where CLIP's training holds the scale of its logits. Nothing that Reverie computes depends on it.
const largestScale = 4.6051702

// fixLogitScale makes the scale the single number that OpenAI's is: some keep it as a list of one, or leave it out of what they publish.
func (c *CLIP) fixLogitScale() {
	t, ok := c.Tensors["logit_scale"]
	switch {
	case !ok:
		c.Notes = append(c.Notes, "CLIP: it has no logit_scale, so 100 is taken; no picture depends on it")
		t = Tensor{values: []float32{largestScale}}
	case len(t.pieces) == 1 && t.problem == nil && t.pieces[0].Elements() == 1:
		t.Shape = nil
	}
	c.Tensors["logit_scale"] = t
}

// huggingFaceNames maps Hugging Face's names to OpenAI's outside the transformer blocks.
var huggingFaceNames = map[string]string{
	"logit_scale": "logit_scale",
	"text_model.embeddings.token_embedding.weight":      "token_embedding.weight",
	"text_model.embeddings.position_embedding.weight":   "positional_embedding",
	"text_model.final_layer_norm.weight":                "ln_final.weight",
	"text_model.final_layer_norm.bias":                  "ln_final.bias",
	"vision_model.embeddings.class_embedding":           "visual.class_embedding",
	"vision_model.embeddings.patch_embedding.weight":    "visual.conv1.weight",
	"vision_model.embeddings.position_embedding.weight": "visual.positional_embedding",
	"vision_model.pre_layrnorm.weight":                  "visual.ln_pre.weight", // Hugging Face's spelling
	"vision_model.pre_layrnorm.bias":                    "visual.ln_pre.bias",
	"vision_model.post_layernorm.weight":                "visual.ln_post.weight",
	"vision_model.post_layernorm.bias":                  "visual.ln_post.bias",
}

// huggingFaceBlock maps the layers of a transformer block.
var huggingFaceBlock = map[string]string{
	"layer_norm1": "ln_1", "layer_norm2": "ln_2", "mlp.fc1": "mlp.c_fc", "mlp.fc2": "mlp.c_proj", "self_attn.out_proj": "attn.out_proj",
}

// renameHuggingFace stacks q, k and v as OpenAI does, and transposes the projections, which OpenAI keeps as [width, embed].
func (c *CLIP) renameHuggingFace(in *contents) error {
	for _, name := range in.otherNames {
		if _, twice := in.tensors[name]; !twice && isCLIP(name) {
			c.Tensors.addOther(name, in.others[name])
			return fmt.Errorf("tensor %s: %w", name, c.Tensors[name].problem)
		}
	}
	for _, name := range in.names {
		t := in.tensors[name]
		if !isCLIP(name) {
			c.Dropped = append(c.Dropped, name)
			continue
		}
		if official, ok := huggingFaceNames[name]; ok {
			c.Tensors.add(official, t)
			continue
		}
		switch name {
		case "text_projection.weight":
			c.Tensors.add("text_projection", t.Transposed())
			continue
		case "visual_projection.weight":
			c.Tensors.add("visual.proj", t.Transposed())
			continue
		}
		if err := c.renameBlock(in, name, t); err != nil {
			return err
		}
	}
	c.fixLogitScale()
	return nil
}

// renameBlock handles TOWER_model.encoder.layers.N.LAYER.{weight,bias}.
func (c *CLIP) renameBlock(in *contents, name string, t checkpoint.Tensor) error {
	unknown := fmt.Errorf("tensor %.200s is not part of a CLIP of Hugging Face", name)
	tower, rest, ok := strings.Cut(name, "_model.encoder.layers.")
	prefix, known := map[string]string{"text": "transformer", "vision": "visual.transformer"}[tower]
	if !ok || !known {
		return unknown
	}
	number, rest, _ := strings.Cut(rest, ".")
	dot := strings.LastIndexByte(rest, '.')
	if dot < 0 {
		return unknown
	}
	layer, kind := rest[:dot], rest[dot+1:]
	prefix = prefix + ".resblocks." + number + "."
	if official, ok := huggingFaceBlock[layer]; ok {
		c.Tensors.add(prefix+official+"."+kind, t)
		return nil
	}
	switch layer {
	case "self_attn.q_proj":
		stacked, err := stackQKV(in, name)
		if err != nil {
			return err
		}
		c.Tensors[prefix+"attn.in_proj_"+kind] = stacked
		return nil
	case "self_attn.k_proj", "self_attn.v_proj": // taken along with q
		q := strings.NewReplacer("k_proj", "q_proj", "v_proj", "q_proj").Replace(name)
		if _, ok := in.tensors[q]; ok {
			return nil
		}
		return fmt.Errorf("tensor %.200s is missing", q)
	}
	return unknown
}

func stackQKV(in *contents, q string) (Tensor, error) {
	var stacked Tensor
	for _, letter := range []string{"q", "k", "v"} {
		name := strings.Replace(q, "q_proj", letter+"_proj", 1)
		t, ok := in.tensors[name]
		if !ok {
			return Tensor{}, fmt.Errorf("tensor %.200s is missing", name)
		}
		if err := t.Problem(); err != nil {
			return Tensor{}, fmt.Errorf("tensor %.200s: %w", name, err)
		}
		if len(stacked.pieces) > 0 && !slices.Equal(t.Shape, stacked.pieces[0].Shape) {
			return Tensor{}, fmt.Errorf("tensor %.200s is %v, but q is %v", name, t.Shape, stacked.pieces[0].Shape)
		}
		stacked.pieces = append(stacked.pieces, t)
	}
	stacked.Shape = slices.Clone(stacked.pieces[0].Shape)
	if len(stacked.Shape) == 0 {
		return Tensor{}, fmt.Errorf("tensor %.200s is a single number", q)
	}
	stacked.Shape[0] *= 3
	return stacked, nil
}

// configure derives the dimensions from the shapes by OpenAI's rules, then reads the rest from the configuration, where there is one.
func (c *CLIP) configure(config *Text, configs Configs) error {
	shapes, err := c.shapes(map[string]int{"positional_embedding": 2, "token_embedding.weight": 2})
	if err != nil {
		return err
	}
	token := shapes["token_embedding.weight"]
	c.Config = weights.CLIPConfig{
		TextWidth: token[1], TextLayers: c.count("transformer.resblocks.%d.ln_1.weight"), TextHeads: token[1] / headWidth,
		ContextLength: shapes["positional_embedding"][0], VocabSize: token[0],
		Activation: weights.QuickGELU, Mean: weights.CLIPMean, Std: weights.CLIPStd,
	}
	if c.isResNet() {
		err = c.configureResNet()
	} else {
		err = c.configureTransformer()
	}
	if err != nil {
		return err
	}
	if config == nil {
		c.Notes = append(c.Notes, fmt.Sprintf("CLIP: no configuration file, so OpenAI's rules hold: width/%d heads, %s", headWidth, weights.QuickGELU))
		if c.Config.VisionHeads == 0 || c.Config.TextHeads == 0 {
			return fmt.Errorf("widths %d and %d are under %d, so the number of attention heads is unknown; choose its configuration, too (-clip-config FILE)", c.Config.VisionWidth, token[1], headWidth)
		}
	} else if err := c.readConfig(config, configs); err != nil {
		return err
	}
	return c.Config.Validate()
}

// configureTransformer derives the dimensions of a vision transformer from the shapes.
func (c *CLIP) configureTransformer() error {
	shapes, err := c.shapes(map[string]int{"visual.conv1.weight": 4, "visual.positional_embedding": 2, "visual.proj": 2})
	if err != nil {
		return err
	}
	conv := shapes["visual.conv1.weight"]
	width, patch := conv[0], conv[3]
	grid := int(math.Sqrt(float64(shapes["visual.positional_embedding"][0] - 1)))
	v := &c.Config
	v.ImageSize, v.PatchSize, v.EmbedDim = grid*patch, patch, shapes["visual.proj"][1]
	v.VisionWidth, v.VisionLayers, v.VisionHeads = width, c.count("visual.transformer.resblocks.%d.ln_1.weight"), width/headWidth
	return nil
}

// count is how many tensors in a row, from number 0, the pattern names.
func (c *CLIP) count(pattern string) int {
	n := 0
	for {
		if _, ok := c.Tensors[fmt.Sprintf(pattern, n)]; !ok {
			return n
		}
		n++
	}
}

// shapes gives the shapes of the named tensors, which must have so many dimensions.
func (c *CLIP) shapes(dimensions map[string]int) (map[string][]int, error) {
	out := map[string][]int{}
	for _, name := range slices.Sorted(maps.Keys(dimensions)) {
		n := dimensions[name]
		t, err := c.Tensors.find(name)
		if err != nil {
			return nil, err
		}
		if len(t.Shape) != n {
			return nil, fmt.Errorf("weights: tensor %s is %v and must have %d dimensions", name, t.Shape, n)
		}
		out[name] = t.Shape
	}
	return out, nil
}
