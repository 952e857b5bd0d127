package importer

import (
	"errors"
	"fmt"
	"maps"

	"reverie/weights"
)

// readConfig takes heads, activation and normalisation from either library's configuration, and refuses options that make a model compute
// something else than OpenAI's.
func (c *CLIP) readConfig(config *Text, configs Configs) error {
	name := config.Name
	file, err := parseJSON(config.Data)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if model, ok := file.in("model_cfg"); ok {
		preprocess, _ := file.in("preprocess_cfg")
		c.fromOpenCLIP(model, preprocess)
	} else if file.has("text_config") || file.has("vision_config") || file.has("text_config_dict") || file.has("vision_config_dict") {
		c.fromHuggingFace(file.section)
		if err := c.readPreprocessor(configs); err != nil {
			return err
		}
	} else if file.err == nil {
		file.err = errors.New("it is neither a config.json of a CLIP nor an open_clip_config.json")
	}
	if file.err != nil {
		return fmt.Errorf("%s: %w", name, file.err)
	}
	return nil
}

// tower is the section of one of the two towers in Hugging Face's config.json. Older files keep what differs from the defaults in a second
// mapping, which wins.
func tower(file section, name string) section {
	t, _ := file.in(name)
	second, ok := file.in(name + "_dict")
	if !ok {
		return t
	}
	values := maps.Clone(t.values)
	if values == nil {
		values = map[string]any{}
	}
	for key, v := range second.values {
		if v != nil {
			values[key] = v
		}
	}
	t.values = values
	return t
}

// fromHuggingFace reads config.json. What is absent has the library's default.
func (c *CLIP) fromHuggingFace(file section) {
	file.only("model_type", "clip")
	file.only("quantization_config")
	text, vision := tower(file, "text_config"), tower(file, "vision_config")
	for _, t := range []section{text, vision} {
		t.only("layer_norm_eps", 1e-5)
		t.only("hidden_act", weights.QuickGELU, weights.GELU)
		t.only("quantization_config")
	}
	vision.only("num_channels", 3)
	// The text's embedding is that of its last token, which is the one with the largest number; 2 stands for that, too, in older files.
	text.only("eos_token_id", 2, c.Config.VocabSize-1)
	text.layers(c.Config.TextLayers)
	vision.layers(c.Config.VisionLayers)

	c.Config.TextHeads, c.Config.VisionHeads = 8, 12
	text.whole("num_attention_heads", &c.Config.TextHeads)
	vision.whole("num_attention_heads", &c.Config.VisionHeads)
	other := weights.QuickGELU
	text.text("hidden_act", &c.Config.Activation)
	vision.text("hidden_act", &other)
	if other != c.Config.Activation {
		vision.fail("hidden_act", "is %.40q and that of the text %.40q, and only the same in both is supported", other, c.Config.Activation)
	}
}

// layers refuses a tower of another number of layers than the checkpoint has: the library leaves those over the number out.
func (s section) layers(have int) {
	n := have
	if s.whole("num_hidden_layers", &n); n != have {
		s.fail("num_hidden_layers", "is %d, but the checkpoint has %d layers", n, have)
	}
}

// readPreprocessor reads the normalisation, which Hugging Face keeps in a second file, if that is there.
func (c *CLIP) readPreprocessor(configs Configs) error {
	text, err := configs.beside("preprocessor_config.json")
	if text == nil {
		return err
	}
	file, err := parseJSON(text.Data)
	if err == nil {
		file.only("do_normalize", true)
		file.only("do_rescale", true)
		file.only("rescale_factor", 1.0/255)
		c.normalise(file.section, "image_mean", "image_std")
		err = file.err
	}
	if err != nil {
		return fmt.Errorf("%s: %w", text.Name, err)
	}
	return nil
}

func (c *CLIP) normalise(s section, mean, std string) {
	if s.has(mean) != s.has(std) {
		s.fail(mean, "and %s go together, and one is missing", std)
	}
	s.three(mean, &c.Config.Mean)
	s.three(std, &c.Config.Std)
}

// fromOpenCLIP reads open_clip_config.json. Its options beyond those of OpenAI's models have the values that leave them off.
func (c *CLIP) fromOpenCLIP(model, preprocess section) {
	vision, _ := model.in("vision_cfg")
	text, _ := model.in("text_cfg")
	for _, tower := range []section{vision, text} {
		tower.only("act_kwargs")
		if norm, ok := tower.in("norm_kwargs"); ok {
			norm.only("eps", 1e-5)
			norm.onlyKnown("eps")
		}
		tower.only("ls_init_value")
		tower.only("final_ln_after_pool")
		tower.only("mlp_ratio", 4)
		tower.only("block_type", "default")
	}
	vision.only("pool_type", "tok")
	vision.only("pos_embed_type", "learnable")
	vision.only("attentional_pool")
	vision.only("no_ln_pre")
	vision.only("timm_model_name")
	text.only("pool_type", "argmax")
	text.only("proj_type", "linear")
	text.only("proj_bias")
	text.only("no_causal_mask")
	text.only("embed_cls")
	text.only("hf_model_name")
	text.only("hf_tokenizer_name")
	text.only("tokenizer_kwargs")
	vision.onlyKnown("layers", "width", "head_width", "mlp_ratio", "patch_size", "image_size", "patch_dropout", "pool_type", "pos_embed_type", "output_tokens",
		"norm_kwargs", "block_type", "attn_pooler_queries", "attn_pooler_heads", "timm_model_pretrained", "timm_pool", "timm_proj", "timm_drop", "timm_drop_path")
	text.onlyKnown("context_length", "vocab_size", "width", "heads", "layers", "mlp_ratio", "pad_id", "eos_id", "pool_type", "proj_type", "output_tokens",
		"norm_kwargs", "block_type", "hf_model_pretrained", "hf_proj_type", "hf_pooler_type")
	model.onlyKnown("embed_dim", "vision_cfg", "text_cfg", "quick_gelu", "custom_text", "cast_dtype", "output_dict", "init_logit_scale", "init_logit_bias",
		"nonscalar_logit_scale")

	quick := false
	model.truth("quick_gelu", &quick)
	c.Config.Activation = weights.GELU
	if quick {
		c.Config.Activation = weights.QuickGELU
	}
	width, headWidth := c.Config.VisionWidth, headWidth
	if c.isResNet() {
		width = c.Config.FeatureWidth()
	}
	if vision.whole("head_width", &headWidth); headWidth < 1 {
		vision.fail("head_width", "is %d and must be positive", headWidth)
		return
	}
	c.Config.VisionHeads, c.Config.TextHeads = width/headWidth, 8
	text.whole("heads", &c.Config.TextHeads)
	c.normalise(preprocess, "mean", "std")
}
