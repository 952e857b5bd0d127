package importer

import (
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"reverie/weights"
	"reverie/weights/checkpoint"
)

// CLIP is an imported CLIP.
type CLIP struct {
	Config  weights.CLIPConfig
	Tensors Tensors
	Dropped []string // names of tensors that hold no weights, such as masks
	Notes   []string // what was assumed because the checkpoint does not tell
}

// headWidth is the channels per attention head of every CLIP that OpenAI published. Its code divides the width by it and rounds down.
const headWidth = 64

// ReadCLIP reads a CLIP under OpenAI's names (.pt, OpenCLIP) or Hugging Face's. Dimensions come from the shapes. Heads,
// activation and normalisation come from configPath or, where that is empty, from the file that is published beside the checkpoint:
// config.json with Hugging Face's names, open_clip_config.json with OpenAI's outside a TorchScript archive. Without one OpenAI's are taken.
func ReadCLIP(f *checkpoint.File, configPath string) (*CLIP, error) {
	name := filepath.Base(f.Path)
	if !slices.ContainsFunc(f.Names, func(n string) bool { return !strings.HasPrefix(n, dataParallel) }) {
		f.StripPrefix(dataParallel)
	}
	c := &CLIP{Tensors: Tensors{}}
	var err error
	switch {
	case f.Has("visual.trunk."):
		return nil, fmt.Errorf("importer: %s is a CLIP with an image tower of timm; only OpenAI's vision transformers and ResNets can be converted", name)
	case f.Has("text_model.") || f.Has("vision_model."):
		configPath, err = beside(f, configPath, "config.json")
		if err == nil && configPath == "" {
			err = fmt.Errorf("importer: %s needs the config.json that Hugging Face publishes beside it; put it there or give -clip-config FILE", name)
		}
		if err == nil {
			err = c.renameHuggingFace(f)
		}
	case f.Has("visual.conv1."):
		if f.Format != checkpoint.TorchScript { // OpenAI's own form needs no configuration
			configPath, err = beside(f, configPath, "open_clip_config.json")
		}
		c.keepOpenAI(f)
	default:
		return nil, fmt.Errorf("importer: %s is not a CLIP: it has no tensor visual.conv1.weight or vision_model.*, but %s", name, example(f))
	}
	if err != nil {
		return nil, err
	}
	if err := c.configure(configPath); err != nil {
		return nil, fmt.Errorf("importer: %s: %w", name, err)
	}
	if c.isResNet() {
		if err := c.foldBatchNorms(); err != nil {
			return nil, fmt.Errorf("importer: %s: %w", name, err)
		}
	}
	if err := c.Tensors.check(c.Config.TextTensors(), c.Config.ImageTensors()); err != nil {
		return nil, fmt.Errorf("importer: %s: %w", name, err)
	}
	return c, nil
}

// dataParallel begins every name in a checkpoint of distributed training.
const dataParallel = "module."

// beside returns the explicit path or, when the folder of the checkpoint has it, the named file.
func beside(f *checkpoint.File, explicit, name string) (string, error) {
	if explicit != "" {
		return explicit, nil
	}
	path := filepath.Join(filepath.Dir(f.Path), name)
	if _, err := os.Stat(path); os.IsNotExist(err) {
		return "", nil
	} else if err != nil {
		return "", fmt.Errorf("importer: %w", err)
	}
	return path, nil
}

// isResNet reports whether the tensors are those of a modified ResNet.
func (c *CLIP) isResNet() bool {
	_, ok := c.Tensors["visual.layer1.0.conv1.weight"]
	return ok
}

// keepOpenAI takes the tensors under their own names, without the mask and the numbers that OpenAI's archives hold as buffers.
func (c *CLIP) keepOpenAI(f *checkpoint.File) {
	for _, name := range f.Names {
		switch name[strings.LastIndexByte(name, '.')+1:] { // in a TorchScript archive any module may hold them
		case "attn_mask", "input_resolution", "context_length", "vocab_size", "num_batches_tracked":
			c.Dropped = append(c.Dropped, name)
			continue
		}
		t, _ := f.Tensor(name)
		c.Tensors.add(name, t)
	}
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
func (c *CLIP) renameHuggingFace(f *checkpoint.File) error {
	for _, name := range f.Names {
		t, _ := f.Tensor(name)
		if official, ok := huggingFaceNames[name]; ok {
			c.Tensors.add(official, t)
			continue
		}
		switch name {
		case "text_model.embeddings.position_ids", "vision_model.embeddings.position_ids":
			c.Dropped = append(c.Dropped, name)
			continue
		case "text_projection.weight":
			c.Tensors.add("text_projection", t.Transposed())
			continue
		case "visual_projection.weight":
			c.Tensors.add("visual.proj", t.Transposed())
			continue
		}
		if err := c.renameBlock(f, name, t); err != nil {
			return err
		}
	}
	return nil
}

// renameBlock handles TOWER_model.encoder.layers.N.LAYER.{weight,bias}.
func (c *CLIP) renameBlock(f *checkpoint.File, name string, t checkpoint.Tensor) error {
	unknown := fmt.Errorf("importer: %s: tensor %.200s is not part of a CLIP of Hugging Face", filepath.Base(f.Path), name)
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
		stacked, err := stackQKV(f, name, kind)
		if err != nil {
			return err
		}
		c.Tensors[prefix+"attn.in_proj_"+kind] = stacked
		return nil
	case "self_attn.k_proj", "self_attn.v_proj": // taken along with q
		q := strings.NewReplacer("k_proj", "q_proj", "v_proj", "q_proj").Replace(name)
		if _, ok := f.Tensor(q); ok {
			return nil
		}
		return fmt.Errorf("importer: %s: tensor %.200s is missing", filepath.Base(f.Path), q)
	}
	return unknown
}

func stackQKV(f *checkpoint.File, q, kind string) (Tensor, error) {
	var stacked Tensor
	for _, letter := range []string{"q", "k", "v"} {
		name := strings.Replace(q, "q_proj", letter+"_proj", 1)
		t, ok := f.Tensor(name)
		if !ok {
			return Tensor{}, fmt.Errorf("importer: %s: tensor %.200s is missing", filepath.Base(f.Path), name)
		}
		if len(stacked.pieces) > 0 && !slices.Equal(t.Shape, stacked.pieces[0].Shape) {
			return Tensor{}, fmt.Errorf("importer: %s: tensor %.200s is %v, but q is %v", filepath.Base(f.Path), name, t.Shape, stacked.pieces[0].Shape)
		}
		stacked.pieces = append(stacked.pieces, t)
	}
	stacked.Shape = slices.Clone(stacked.pieces[0].Shape)
	if len(stacked.Shape) == 0 {
		return Tensor{}, fmt.Errorf("importer: %s: tensor %.200s is a single number", filepath.Base(f.Path), q)
	}
	stacked.Shape[0] *= 3
	return stacked, nil
}

// configure derives the dimensions from the shapes by OpenAI's rules, then reads the rest.
func (c *CLIP) configure(path string) error {
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
	if path == "" {
		c.Notes = append(c.Notes, fmt.Sprintf("CLIP: no configuration file, so OpenAI's rules hold: width/%d heads, %s", headWidth, weights.QuickGELU))
		if c.Config.VisionHeads == 0 || c.Config.TextHeads == 0 {
			return fmt.Errorf("widths %d and %d are under %d, so the number of attention heads is unknown; give -clip-config FILE", c.Config.VisionWidth, token[1], headWidth)
		}
	} else if err := c.readConfig(path); err != nil {
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
		t, ok := c.Tensors[name]
		if !ok {
			return nil, fmt.Errorf("weights: tensor %s is missing", name)
		}
		if len(t.Shape) != n {
			return nil, fmt.Errorf("weights: tensor %s is %v and must have %d dimensions", name, t.Shape, n)
		}
		out[name] = t.Shape
	}
	return out, nil
}
