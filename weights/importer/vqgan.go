package importer

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"reverie/weights"
	"reverie/weights/checkpoint"
)

// VQGAN is an imported VQModel or GumbelVQ.
type VQGAN struct {
	Config  weights.VQGANConfig
	Tensors Tensors
	Dropped []string // names of tensors that a picture does not need, such as the losses'
	Notes   []string // what was assumed or chosen
}

// ReadVQGAN reads a checkpoint of taming-transformers' VQModel, GumbelVQ or Net2NetTransformer, of which only the first stage
// is kept, and its configuration in YAML.
func ReadVQGAN(f *checkpoint.File, configPath string) (*VQGAN, error) {
	return readVQGAN(f, configPath, osFile)
}

func readVQGAN(f *checkpoint.File, configPath string, read readFile) (*VQGAN, error) {
	name, configName := filepath.Base(f.Path), filepath.Base(configPath)
	data, err := read(configPath)
	var config weights.VQGANConfig
	if err == nil {
		config, err = ParseTaming(data)
	}
	if err != nil {
		return nil, fmt.Errorf("importer: %s: %w", configName, err)
	}
	c, err := unwrap(f, isVQGAN, "decoder.conv_in.")
	if err != nil {
		return nil, err
	}
	if !c.has("decoder.conv_in.") {
		return nil, fmt.Errorf("importer: %s is not a VQGAN of taming-transformers: it has no tensor decoder.conv_in.weight, but %s", name, example(f))
	}
	v := &VQGAN{Config: config, Tensors: Tensors{}, Dropped: c.dropped}
	for _, note := range c.notes {
		v.Notes = append(v.Notes, "VQGAN: "+note)
	}
	for _, name := range c.names {
		if isVQGAN(name) {
			v.Tensors.add(name, c.tensors[name])
		} else {
			v.Dropped = append(v.Dropped, name)
		}
	}
	for _, name := range c.otherNames {
		if _, twice := c.tensors[name]; !twice && isVQGAN(name) {
			v.Tensors.addOther(name, c.others[name])
		}
	}
	empty, err := v.Tensors.check(f, config.DecoderTensors(), config.EncoderTensors())
	if err != nil {
		return nil, fmt.Errorf("importer: %s with %s: %w", name, configName, err)
	}
	v.Dropped = append(v.Dropped, empty...)
	return v, nil
}

// isVQGAN reports whether a name is that of a part of the model, which a configuration must account for. Others are the losses, averages and
// what else training keeps.
func isVQGAN(name string) bool {
	part, _, _ := strings.Cut(name, ".")
	return slices.Contains([]string{"encoder", "decoder", "quantize", "quant_conv", "post_quant_conv"}, part) && !slices.Contains(codebookCounts, name)
}

// codebookCounts are what quantisers keep of how the codes were used in training.
var codebookCounts = []string{
	"quantize.used", "quantize.codebook_used", "quantize.embed_prob", "quantize.cluster_size", "quantize.embed_avg", "quantize.ema_w",
	"quantize.embedding.cluster_size", "quantize.embedding.embed_avg",
}

// ParseTaming reads the configuration of a VQModel, a GumbelVQ, or the first stage of a Net2NetTransformer, in YAML.
func ParseTaming(data []byte) (weights.VQGANConfig, error) {
	file, err := parseYAML(data)
	if err != nil {
		return weights.VQGANConfig{}, err
	}
	c, err := tamingModel(file)
	if file.err != nil { // it came first
		err = file.err
	}
	if err != nil {
		return weights.VQGANConfig{}, err
	}
	return c, c.Validate()
}

// tamingModel reads the node of a configuration that has the class of the model and its arguments.
func tamingModel(file *config) (c weights.VQGANConfig, err error) {
	model, ok := file.in("model")
	if !ok {
		return c, errors.New("it has no \"model\", so it is not a configuration of taming-transformers")
	}
	var target string
	model.text("target", &target)
	params, _ := model.in("params")
	if class(target) == "Net2NetTransformer" {
		if model, ok = params.in("first_stage_config"); !ok {
			return c, errors.New("its Net2NetTransformer has no first_stage_config")
		}
		model.text("target", &target)
		params, _ = model.in("params")
	}
	if kind := class(target); kind != "VQModel" && kind != "GumbelVQ" && kind != "VQNoDiscModel" {
		return c, fmt.Errorf("its model is %.100q, and only VQModel, GumbelVQ and Net2NetTransformer are known", target)
	}
	for _, name := range otherQuantisers {
		params.only(name)
	}
	d, ok := params.in("ddconfig")
	if !ok {
		return c, errors.New("its model has no ddconfig")
	}
	c = weights.VQGANConfig{Gumbel: class(target) == "GumbelVQ", AttnResolutions: []int{}}
	params.whole("embed_dim", &c.EmbedDim)
	params.whole("n_embed", &c.NEmbed)
	readDDConfig(d, &c)
	return c, nil
}

func class(target string) string { return target[strings.LastIndexByte(target, '.')+1:] }

// otherQuantisers are options by which relatives of taming-transformers change how codes are found.
var otherQuantisers = []string{
	"cosine_similarity", "use_cosine_sim", "l2_norm", "l2_normalize", "use_l2_norm", "codebook_l2_norm", "norm_code", "use_l2_normalize",
}

// readDDConfig reads the options of encoder and decoder. taming-transformers ignores those that it does not know, and its relatives give
// them meanings; so what is not known here and set to something is refused.
func readDDConfig(d section, c *weights.VQGANConfig) {
	d.only("double_z", false) // the two halves of a distribution: not a vector-quantised model
	d.only("resamp_with_conv", true)
	d.only("give_pre_end", false)
	d.only("tanh_out", false)
	d.only("attn_type", "vanilla", "vanilla-xformers")
	d.only("use_linear_attn", false)
	d.onlyKnown("double_z", "resamp_with_conv", "give_pre_end", "tanh_out", "attn_type", "z_channels", "resolution", "in_channels", "out_ch", "ch", "ch_mult",
		"num_res_blocks", "attn_resolutions", "dropout", "use_checkpoint")
	d.whole("z_channels", &c.ZChannels)
	d.whole("resolution", &c.Resolution)
	d.whole("in_channels", &c.InChannels)
	d.whole("out_ch", &c.OutCh)
	d.whole("ch", &c.Ch)
	d.wholes("ch_mult", &c.ChMult)
	d.whole("num_res_blocks", &c.NumResBlocks)
	d.wholes("attn_resolutions", &c.AttnResolutions)
}
