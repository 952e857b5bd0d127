package importer

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"

	"reverie/weights"
	"reverie/weights/checkpoint"
)

// VQGAN is an imported VQModel or GumbelVQ.
type VQGAN struct {
	Config  weights.VQGANConfig
	Tensors Tensors
	Dropped []string // names of tensors that a picture does not need, such as the losses'
}

// ReadVQGAN reads a checkpoint of taming-transformers' VQModel, GumbelVQ or Net2NetTransformer, of which only the first stage
// is kept, and its configuration in YAML.
func ReadVQGAN(f *checkpoint.File, configPath string) (*VQGAN, error) {
	data, err := readConfig(configPath)
	if err != nil {
		return nil, err
	}
	config, err := ParseTaming(data)
	if err != nil {
		return nil, fmt.Errorf("importer: %s: %w", filepath.Base(configPath), err)
	}
	v := &VQGAN{Config: config, Tensors: Tensors{}}
	prefix := ""
	if f.Has(firstStage) {
		prefix = firstStage
	}
	for _, name := range f.Names {
		short, ok := strings.CutPrefix(name, prefix)
		if !ok || isTraining(short) {
			v.Dropped = append(v.Dropped, name)
			continue
		}
		t, _ := f.Tensor(name)
		v.Tensors.add(short, t)
	}
	if _, ok := v.Tensors["decoder.conv_in.weight"]; !ok {
		return nil, fmt.Errorf("importer: %s is not a VQGAN of taming-transformers: it has no tensor decoder.conv_in.weight, but %s", filepath.Base(f.Path), example(f))
	}
	if err := v.Tensors.check(config.DecoderTensors(), config.EncoderTensors()); err != nil {
		return nil, fmt.Errorf("importer: %s with %s: %w", filepath.Base(f.Path), filepath.Base(configPath), err)
	}
	return v, nil
}

// firstStage begins the names of a Net2NetTransformer's VQGAN.
const firstStage = "first_stage_model."

// isTraining reports whether a tensor serves training only: losses, the random colours for segmentation maps, and the list of used codes.
func isTraining(name string) bool {
	return strings.HasPrefix(name, "loss.") || name == "colorize" || name == "quantize.used"
}

// tamingModel is a node of taming-transformers' configuration: the class and its arguments.
type tamingModel struct {
	Target string `yaml:"target"`
	Params struct {
		EmbedDim   int          `yaml:"embed_dim"`
		NEmbed     int          `yaml:"n_embed"`
		DDConfig   *ddconfig    `yaml:"ddconfig"`
		FirstStage *tamingModel `yaml:"first_stage_config"`
	} `yaml:"params"`
}

type ddconfig struct {
	DoubleZ         bool  `yaml:"double_z"`
	ZChannels       int   `yaml:"z_channels"`
	Resolution      int   `yaml:"resolution"`
	InChannels      int   `yaml:"in_channels"`
	OutCh           int   `yaml:"out_ch"`
	Ch              int   `yaml:"ch"`
	ChMult          []int `yaml:"ch_mult"`
	NumResBlocks    int   `yaml:"num_res_blocks"`
	AttnResolutions []int `yaml:"attn_resolutions"`
	ResampWithConv  *bool `yaml:"resamp_with_conv"`
	GivePreEnd      bool  `yaml:"give_pre_end"`
	TanhOut         bool  `yaml:"tanh_out"`
}

// ParseTaming reads the configuration of a VQModel, a GumbelVQ, or the first stage of a Net2NetTransformer.
func ParseTaming(data []byte) (weights.VQGANConfig, error) {
	var file struct {
		Model *tamingModel `yaml:"model"`
	}
	if err := yaml.Unmarshal(data, &file); err != nil {
		return weights.VQGANConfig{}, fmt.Errorf("it is not a configuration in YAML: %w", problem(err))
	}
	m := file.Model
	if m == nil {
		return weights.VQGANConfig{}, fmt.Errorf("it has no \"model\", so it is not a configuration of taming-transformers")
	}
	if class(m.Target) == "Net2NetTransformer" {
		if m = m.Params.FirstStage; m == nil {
			return weights.VQGANConfig{}, fmt.Errorf("its Net2NetTransformer has no first_stage_config")
		}
	}
	return m.config()
}

func class(target string) string { return target[strings.LastIndexByte(target, '.')+1:] }

// problem is the first of what a YAML file has wrong, in one line.
func problem(err error) error {
	var several *yaml.TypeError
	if errors.As(err, &several) {
		return errors.New(several.Errors[0])
	}
	return err
}

func (m *tamingModel) config() (weights.VQGANConfig, error) {
	d := m.Params.DDConfig
	switch kind := class(m.Target); {
	case kind != "VQModel" && kind != "GumbelVQ" && kind != "VQNoDiscModel":
		return weights.VQGANConfig{}, fmt.Errorf("its model is %.100q, and only VQModel, GumbelVQ and Net2NetTransformer are known", m.Target)
	case d == nil:
		return weights.VQGANConfig{}, fmt.Errorf("its model has no ddconfig")
	case d.DoubleZ:
		return weights.VQGANConfig{}, fmt.Errorf("double_z is true, so it is not a vector-quantised model")
	case d.ResampWithConv != nil && !*d.ResampWithConv, d.GivePreEnd, d.TanhOut:
		return weights.VQGANConfig{}, fmt.Errorf("resamp_with_conv false, give_pre_end and tanh_out are not supported")
	}
	c := weights.VQGANConfig{
		Gumbel: class(m.Target) == "GumbelVQ",
		Ch:     d.Ch, ChMult: d.ChMult, NumResBlocks: d.NumResBlocks, AttnResolutions: d.AttnResolutions, Resolution: d.Resolution,
		ZChannels: d.ZChannels, InChannels: d.InChannels, OutCh: d.OutCh,
		EmbedDim: m.Params.EmbedDim, NEmbed: m.Params.NEmbed,
	}
	if c.AttnResolutions == nil {
		c.AttnResolutions = []int{}
	}
	return c, c.Validate()
}
