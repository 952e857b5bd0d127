package importer

import (
	"fmt"
	"os"
	"path/filepath"

	"reverie/weights"
)

// huggingFaceTower is one of the two towers in Hugging Face's config.json. What is absent has the library's default.
type huggingFaceTower struct {
	Heads     int     `json:"num_attention_heads"`
	HiddenAct string  `json:"hidden_act"`
	Eps       float64 `json:"layer_norm_eps"`
}

// openCLIPModel is model_cfg in OpenCLIP's open_clip_config.json.
type openCLIPModel struct {
	QuickGELU bool `json:"quick_gelu"`
	Vision    struct {
		HeadWidth int `json:"head_width"`
	} `json:"vision_cfg"`
	Text struct {
		Heads int `json:"heads"`
	} `json:"text_cfg"`
}

type normalisation struct {
	Mean []float32 `json:"mean"`
	Std  []float32 `json:"std"`
}

// readConfig takes heads, activation and normalisation from either library's configuration.
func (c *CLIP) readConfig(path string) error {
	var file struct {
		Text       *huggingFaceTower `json:"text_config"`
		TextDict   *huggingFaceTower `json:"text_config_dict"`
		Vision     *huggingFaceTower `json:"vision_config"`
		VisionDict *huggingFaceTower `json:"vision_config_dict"`
		Model      *openCLIPModel    `json:"model_cfg"`
		Preprocess normalisation     `json:"preprocess_cfg"`
	}
	if err := readJSON(path, &file); err != nil {
		return err
	}
	switch {
	case file.Model != nil:
		return c.fromOpenCLIP(file.Model, file.Preprocess)
	case file.Text != nil || file.Vision != nil || file.TextDict != nil || file.VisionDict != nil:
		return c.fromHuggingFace(path, merge(file.Text, file.TextDict, 8), merge(file.Vision, file.VisionDict, 12))
	}
	return fmt.Errorf("%s is neither a config.json of a CLIP nor an open_clip_config.json", filepath.Base(path))
}

// merge fills in Hugging Face's defaults. Older files keep what differs from them in a second dict, which wins.
func merge(tower, dict *huggingFaceTower, heads int) huggingFaceTower {
	t := huggingFaceTower{Heads: heads, HiddenAct: "quick_gelu", Eps: 1e-5}
	for _, o := range []*huggingFaceTower{tower, dict} {
		if o == nil {
			continue
		}
		if o.Heads != 0 {
			t.Heads = o.Heads
		}
		if o.HiddenAct != "" {
			t.HiddenAct = o.HiddenAct
		}
		if o.Eps != 0 {
			t.Eps = o.Eps
		}
	}
	return t
}

func (c *CLIP) fromHuggingFace(path string, text, vision huggingFaceTower) error {
	for _, t := range []huggingFaceTower{text, vision} {
		if t.Eps != 1e-5 {
			return fmt.Errorf("its layer_norm_eps is %v, and only CLIP's 1e-05 is supported", t.Eps)
		}
		if t.HiddenAct != text.HiddenAct || t.HiddenAct != weights.QuickGELU && t.HiddenAct != weights.GELU {
			return fmt.Errorf("its hidden_act is %.40q and %.40q, and only quick_gelu or gelu in both towers are supported", text.HiddenAct, vision.HiddenAct)
		}
	}
	c.Config.TextHeads, c.Config.VisionHeads, c.Config.Activation = text.Heads, vision.Heads, text.HiddenAct
	// Hugging Face keeps the normalisation in a second file.
	preprocessor := filepath.Join(filepath.Dir(path), "preprocessor_config.json")
	if _, err := os.Stat(preprocessor); err != nil {
		return nil
	}
	var file struct {
		Mean []float32 `json:"image_mean"`
		Std  []float32 `json:"image_std"`
	}
	if err := readJSON(preprocessor, &file); err != nil {
		return err
	}
	return c.normalise(normalisation{file.Mean, file.Std})
}

func (c *CLIP) fromOpenCLIP(m *openCLIPModel, n normalisation) error {
	c.Config.Activation = weights.GELU
	if m.QuickGELU {
		c.Config.Activation = weights.QuickGELU
	}
	if m.Vision.HeadWidth > 0 {
		width := c.Config.VisionWidth
		if c.isResNet() {
			width = c.Config.FeatureWidth()
		}
		c.Config.VisionHeads = width / m.Vision.HeadWidth
	}
	if m.Text.Heads > 0 {
		c.Config.TextHeads = m.Text.Heads
	}
	return c.normalise(n)
}

func (c *CLIP) normalise(n normalisation) error {
	if n.Mean == nil && n.Std == nil {
		return nil
	}
	if len(n.Mean) != 3 || len(n.Std) != 3 {
		return fmt.Errorf("its image mean and standard deviation must have three numbers each")
	}
	copy(c.Config.Mean[:], n.Mean)
	copy(c.Config.Std[:], n.Std)
	return nil
}
