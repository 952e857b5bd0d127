package importer

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"reverie/weights"
	"reverie/weights/checkpoint"
)

// VQGAN is an imported VQModel or GumbelVQ.
type VQGAN struct {
	Config  weights.VQGANConfig
	Tensors Tensors
	Form    string   // whose names and quantiser the checkpoint has, in words
	Dropped []string // names of tensors that a picture does not need, such as the losses'
	Notes   []string // what was assumed or chosen
}

// vqganAnchors begin the names by which a VQGAN is known.
var vqganAnchors = []string{"decoder.conv_in."}

// ReadVQGAN reads a checkpoint of taming-transformers' VQModel, GumbelVQ or Net2NetTransformer, of which only the first stage is kept, or of one
// of their relatives: latent-diffusion's VQModel, IBQ, LlamaGen's VQ and the VQModel of diffusers. What a configuration says, the shapes say, too;
// where none was chosen or lies beside the checkpoint they are believed, and otherwise held against it.
func ReadVQGAN(f *checkpoint.File, configs Configs) (*VQGAN, error) {
	v, err := readVQGAN(f, configs)
	if err != nil {
		return nil, fmt.Errorf("importer: %w", err)
	}
	return v, nil
}

func readVQGAN(f *checkpoint.File, configs Configs) (*VQGAN, error) {
	c, err := unwrap(f, isVQGAN, vqganAnchors...)
	if err != nil {
		return nil, err
	}
	if !c.has("decoder.conv_in.") {
		return nil, fmt.Errorf("%s is not a VQGAN of taming-transformers or a relative's: it has no tensor decoder.conv_in.weight, but %s", f.Name, example(f))
	}
	v := &VQGAN{Tensors: Tensors{}, Dropped: c.dropped}
	for _, note := range c.notes {
		v.note("%s", note)
	}
	relative := relativeOf(c)
	v.Form = relative.form
	v.take(c, relative)
	config, err := configs.find(relative.configs(f.Name)...)
	if err != nil {
		return nil, err
	}
	with := f.Name
	if config == nil {
		err = v.guess(c, relative)
	} else {
		with += " with " + config.Name
		err = v.configure(config, relative)
	}
	if err == nil {
		err = v.adapt(c, relative)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	empty, err := v.Tensors.check(f, v.Config.DecoderTensors(), v.Config.EncoderTensors())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", with, err)
	}
	v.Dropped = append(v.Dropped, empty...)
	return v, nil
}

// guess derives the configuration, and says so.
func (v *VQGAN) guess(c *contents, r relative) error {
	if err := v.derive(); err != nil {
		return err
	}
	d := v.Config
	v.note("there is no configuration, so it is read from the shapes: factor %d, %d codes of %d, ch %d, ch_mult %v, %d blocks", d.Factor(), d.NEmbed, d.EmbedDim,
		d.Ch, d.ChMult, d.NumResBlocks)
	if r.kind == taming && v.looksLikeIBQ(c) {
		v.Form = formIBQ
		v.note("it has %d blocks a level and averaged weights, so it is taken for IBQ's", ibqBlocks)
	}
	return nil
}

func (v *VQGAN) note(format string, args ...any) {
	v.Notes = append(v.Notes, "VQGAN: "+fmt.Sprintf(format, args...))
}

// take takes the model's tensors under taming-transformers' names.
func (v *VQGAN) take(c *contents, r relative) {
	for _, name := range c.names {
		if isVQGAN(name) {
			v.Tensors.add(r.taming(name), c.tensors[name])
		} else {
			v.Dropped = append(v.Dropped, name)
		}
	}
	for _, name := range c.otherNames {
		if _, twice := c.tensors[name]; !twice && isVQGAN(name) {
			v.Tensors.addOther(r.taming(name), c.others[name])
		}
	}
}

// configure reads a configuration.
func (v *VQGAN) configure(config *Text, r relative) error {
	var err error
	switch r.kind {
	case taming:
		var class string
		v.Config, class, err = parseTaming(config.Data)
		if class == classIBQ {
			v.Form = formIBQ
		}
	case llamaGen:
		if err = v.derive(); err == nil {
			err = v.checkLlamaGen(config.Data)
		}
	case diffusers:
		if err = v.derive(); err == nil {
			err = v.checkDiffusers(config.Data)
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", config.Name, err)
	}
	return nil
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

// ParseTaming reads the configuration of a VQModel, a GumbelVQ, an IBQ, or the first stage of a Net2NetTransformer, in YAML.
func ParseTaming(data []byte) (weights.VQGANConfig, error) {
	c, _, err := parseTaming(data)
	return c, err
}

func parseTaming(data []byte) (c weights.VQGANConfig, class string, err error) {
	file, err := parseYAML(data)
	if err != nil {
		return c, "", err
	}
	c, class, err = tamingModel(file)
	if file.err != nil { // it came first
		err = file.err
	}
	if err != nil {
		return weights.VQGANConfig{}, "", err
	}
	return c, class, c.Validate()
}

// The classes of models that are read, as configurations name them.
const (
	classVQ     = "VQModel"
	classGumbel = "GumbelVQ"
	classIBQ    = "IBQ"
)

// classes are all names by which configurations call them.
var classes = map[string]string{
	"VQModel": classVQ, "VQNoDiscModel": classVQ, "VQModelInterface": classVQ, // the last is latent-diffusion's
	"GumbelVQ": classGumbel, "IBQ": classIBQ,
}

// tamingModel reads the node of a configuration that has the class of the model and its arguments, under the names of taming-transformers or of
// Lightning's command line.
func tamingModel(file *config) (c weights.VQGANConfig, class string, err error) {
	model, ok := file.in("model")
	if !ok {
		return c, "", errors.New("it has no \"model\", so it is not a configuration of taming-transformers")
	}
	target, params := classAndArguments(model)
	if last(target) == "Net2NetTransformer" {
		if model, ok = params.in("first_stage_config"); !ok {
			return c, "", errors.New("its Net2NetTransformer has no first_stage_config")
		}
		target, params = classAndArguments(model)
	}
	class, ok = classes[last(target)]
	if !ok {
		return c, "", fmt.Errorf("its model is %.100q, and only VQModel, GumbelVQ, IBQ and Net2NetTransformer are known", target)
	}
	for _, name := range otherQuantisers {
		params.only(name)
	}
	d, ok := params.in("ddconfig")
	if !ok {
		return c, "", errors.New("its model has no ddconfig")
	}
	c = weights.VQGANConfig{Gumbel: class != classVQ, AttnResolutions: []int{}}
	params.whole("embed_dim", &c.EmbedDim)
	params.whole("n_embed", &c.NEmbed)
	readDDConfig(d, &c)
	return c, class, nil
}

func classAndArguments(model section) (target string, arguments section) {
	if model.has("class_path") {
		model.text("class_path", &target)
		arguments, _ = model.in("init_args")
		return target, arguments
	}
	model.text("target", &target)
	arguments, _ = model.in("params")
	return target, arguments
}

// last is the last part of a dotted name.
func last(target string) string { return target[strings.LastIndexByte(target, '.')+1:] }

// otherQuantisers are options by which relatives of taming-transformers change how codes are found.
var otherQuantisers = []string{
	"cosine_similarity", "use_cosine_sim", "l2_norm", "l2_normalize", "use_l2_norm", "codebook_l2_norm", "norm_code", "use_l2_normalize", "remap",
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
