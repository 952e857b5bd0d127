package importer

import (
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"

	"reverie/weights"
	"reverie/weights/checkpoint"
)

// kind is whose names a checkpoint of a VQGAN has.
type kind int

const (
	taming    kind = iota // taming-transformers, latent-diffusion and IBQ
	llamaGen              // FoundationVision/LlamaGen, tokenizer/tokenizer_image
	diffusers             // Hugging Face's VQModel
)

// What the forms are called in reports.
const (
	formTaming    = "a VQGAN of taming-transformers"
	formIBQ       = "an IBQ tokeniser"
	formLlamaGen  = "a VQ tokeniser of LlamaGen"
	formDiffusers = "a VQModel of diffusers"
)

// relative is how a checkpoint's names become those of taming-transformers. The networks are the same; LlamaGen and diffusers number the levels of a
// decoder from the deepest.
type relative struct {
	kind    kind
	form    string
	deepest int // the decoder's level of that number is 0 in the checkpoint
}

// relativeOf recognises whose names there are.
func relativeOf(c *contents) relative {
	r := relative{taming, formTaming, 0}
	marks := map[kind]string{llamaGen: "decoder.conv_blocks.", diffusers: "decoder.up_blocks."}
	switch {
	case c.has(marks[llamaGen]):
		r.kind, r.form = llamaGen, formLlamaGen
	case c.has(marks[diffusers]):
		r.kind, r.form = diffusers, formDiffusers
	default:
		return r
	}
	for _, name := range c.names {
		if rest, ok := strings.CutPrefix(name, marks[r.kind]); ok {
			number, _, _ := strings.Cut(rest, ".")
			if n, err := strconv.Atoi(number); err == nil && n <= maxLevel {
				r.deepest = max(r.deepest, n)
			}
		}
	}
	return r
}

// maxLevel is far over the number of any network's levels.
const maxLevel = 64

// configs are the names under which a configuration lies beside a checkpoint.
func (r relative) configs(checkpoint string) []string {
	if r.kind != taming {
		return []string{"config.json"}
	}
	stem := strings.TrimSuffix(checkpoint, path.Ext(checkpoint))
	return []string{stem + ".yaml", stem + ".yml"}
}

// parts are what LlamaGen and diffusers call the parts of a level and of the middle.
var parts = map[kind]map[string]string{
	llamaGen: {"res": "block", "attn": "attn", "downsample": "downsample", "upsample": "upsample"},
	diffusers: {"resnets": "block", "attentions": "attn", "downsamplers": "downsample", "upsamplers": "upsample",
		"resnets.0": "block_1", "attentions.0": "attn_1", "resnets.1": "block_2"},
}

// middles are LlamaGen's numbers of the parts of the middle.
var middles = map[string]string{"0": "block_1", "1": "attn_1", "2": "block_2"}

// layers are diffusers' names of layers, those of attention older and newer.
var layers = map[string]string{
	"conv_shortcut": "nin_shortcut", "group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out",
	"query": "q", "key": "k", "value": "v", "proj_attn": "proj_out", "conv_norm_out": "norm_out",
}

// taming is the name of a tensor in taming-transformers. One that is not understood stays, and is no part of the model then.
func (r relative) taming(name string) string {
	network, rest, _ := strings.Cut(name, ".")
	if r.kind == taming || network != "encoder" && network != "decoder" {
		return name
	}
	part, rest, _ := strings.Cut(rest, ".")
	switch part {
	case "conv_blocks", "down_blocks", "up_blocks":
		return r.inLevel(name, network, rest)
	case "mid": // LlamaGen's
		number, rest, _ := strings.Cut(rest, ".")
		if middles[number] != "" {
			return network + ".mid." + middles[number] + "." + rest
		}
	case "mid_block":
		what, rest, _ := strings.Cut(rest, ".")
		number, rest, _ := strings.Cut(rest, ".")
		if to := parts[r.kind][what+"."+number]; to != "" {
			return network + ".mid." + to + "." + layer(rest)
		}
	case "conv_norm_out":
		return network + ".norm_out." + rest
	}
	return name
}

// inLevel is the new name of what is in a level: NUMBER.PART.NUMBER.LAYER, without the second number where LlamaGen samples.
func (r relative) inLevel(name, network, rest string) string {
	number, rest, _ := strings.Cut(rest, ".")
	part, rest, _ := strings.Cut(rest, ".")
	level, err := strconv.Atoi(number)
	to := parts[r.kind][part]
	if err != nil || to == "" || level < 0 || level > maxLevel {
		return name
	}
	place := "down"
	if network == "decoder" {
		place, level = "up", r.deepest-level
	}
	if r.kind == diffusers && (to == "downsample" || to == "upsample") {
		rest = strings.TrimPrefix(rest, "0.")
	} else if r.kind == diffusers {
		number, after, _ := strings.Cut(rest, ".")
		rest = number + "." + layer(after)
	}
	return fmt.Sprintf("%s.%s.%d.%s.%s", network, place, level, to, rest)
}

// layer is taming-transformers' name of LAYER.{weight,bias} of diffusers.
func layer(name string) string {
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 {
		return name
	}
	if to := layers[name[:dot]]; to != "" {
		return to + name[dot:]
	}
	return name
}

// nominal is the resolution for which a model is configured whose shapes alone are known. It only names the levels that have attention.
const nominal = 256

// derive makes the configuration of the shapes.
func (v *VQGAN) derive() error {
	shape := func(name string, dimensions int) ([]int, error) {
		t, err := v.Tensors.find(name)
		if err == nil && len(t.Shape) != dimensions {
			err = fmt.Errorf("weights: tensor %s is %v and must have %d dimensions", name, t.Shape, dimensions)
		}
		return t.Shape, err
	}
	_, gumbel := v.Tensors["quantize.embed.weight"]
	c := weights.VQGANConfig{Gumbel: gumbel, Resolution: nominal, AttnResolutions: []int{}}
	for _, want := range []struct {
		name       string
		dimensions int
		first      *int // of the shape's numbers
		second     *int
	}{
		{"encoder.conv_in.weight", 4, &c.Ch, &c.InChannels},
		{"decoder.conv_in.weight", 4, new(int), &c.ZChannels},
		{"decoder.conv_out.weight", 4, &c.OutCh, new(int)},
		{c.CodebookName(), 2, &c.NEmbed, &c.EmbedDim},
	} {
		s, err := shape(want.name, want.dimensions)
		if err != nil {
			return err
		}
		*want.first, *want.second = s[0], s[1]
	}
	c.NumResBlocks = v.count("decoder.up.0.block.%d.conv1.weight") - 1
	levels := v.count("decoder.up.%d.block.0.conv1.weight")
	for level := range levels {
		s, err := shape(fmt.Sprintf("decoder.up.%d.block.0.conv1.weight", level), 4)
		if err != nil {
			return err
		}
		if c.Ch < 1 || s[0]%c.Ch != 0 {
			return fmt.Errorf("its level %d has %d channels, which is no multiple of the first convolution's %d", level, s[0], c.Ch)
		}
		c.ChMult = append(c.ChMult, s[0]/c.Ch)
		if _, ok := v.Tensors[fmt.Sprintf("decoder.up.%d.attn.0.norm.weight", level)]; ok {
			c.AttnResolutions = append(c.AttnResolutions, nominal>>level)
		}
	}
	if err := c.Validate(); err != nil {
		return err
	}
	v.Config = c
	return nil
}

// count is how many tensors in a row, from number 0, the pattern names.
func (v *VQGAN) count(pattern string) int {
	n := 0
	for {
		if _, ok := v.Tensors[fmt.Sprintf(pattern, n)]; !ok || n > maxLevel {
			return n
		}
		n++
	}
}

// adapt changes what a relative does otherwise into what taming-transformers' models do.
func (v *VQGAN) adapt(c *contents, r relative) error {
	switch r.kind {
	case llamaGen:
		// Distances on the unit sphere order codes as products do, whatever the length of z, and what is decoded is the unit row. Gradients go to z
		// as they come, as those of every VQGAN do in VQGAN+CLIP: LlamaGen's own way through z/|z| would take the part along z away, and divide by |z|.
		book := v.Tensors[v.Config.CodebookName()]
		book.unitRows = true
		v.Tensors[v.Config.CodebookName()] = book
		v.note("the codes are scaled to length 1, as LlamaGen does")
	case diffusers:
		v.fromDiffusers()
	case taming:
		if v.Form == formIBQ {
			return v.fromIBQ(c)
		}
	}
	return nil
}

// checkLlamaGen holds what is derived against a config.json of LlamaGen's.
func (v *VQGAN) checkLlamaGen(data []byte) error {
	file, err := parseJSON(data)
	if err != nil {
		return err
	}
	file.only("codebook_l2_norm", true)
	file.only("codebook_size", v.Config.NEmbed)
	file.only("codebook_embed_dim", v.Config.EmbedDim)
	file.only("z_channels", v.Config.ZChannels)
	return file.err
}

// checkDiffusers refuses options of a config.json that make a VQModel of diffusers compute something else.
func (v *VQGAN) checkDiffusers(data []byte) error {
	file, err := parseJSON(data)
	if err != nil {
		return err
	}
	file.only("_class_name", "VQModel")
	file.only("act_fn", "silu")
	file.only("norm_type", "group")
	file.only("norm_num_groups", 32)
	file.only("num_vq_embeddings", v.Config.NEmbed)
	file.only("latent_channels", v.Config.ZChannels)
	file.onlyKnown("_class_name", "_diffusers_version", "_name_or_path", "act_fn", "block_out_channels", "down_block_types", "up_block_types",
		"in_channels", "out_channels", "latent_channels", "layers_per_block", "lookup_from_codebook", "force_upcast", "mid_block_add_attention", "norm_num_groups",
		"norm_type", "num_vq_embeddings", "sample_size", "scaling_factor", "vq_embed_dim")
	return file.err
}

// fromDiffusers turns the matrices of attention into convolutions, and makes an attention that changes nothing where the middle has none.
func (v *VQGAN) fromDiffusers() {
	for name, t := range v.Tensors {
		if strings.Contains(name, ".attn") && len(t.Shape) == 2 {
			t.Shape = []int{t.Shape[0], t.Shape[1], 1, 1}
			v.Tensors[name] = t
		}
	}
	for _, network := range []string{"encoder", "decoder"} {
		name := network + ".mid.attn_1"
		if _, ok := v.Tensors[name+".norm.weight"]; ok {
			continue
		}
		width := v.Config.Width(len(v.Config.ChMult) - 1)
		for _, l := range []string{".norm", ".q", ".k", ".v", ".proj_out"} {
			shape := []int{width, width, 1, 1}
			if l == ".norm" {
				shape = []int{width}
			}
			v.Tensors[name+l+".weight"] = Tensor{Shape: shape, zeros: true}
			v.Tensors[name+l+".bias"] = Tensor{Shape: []int{width}, zeros: true}
		}
		v.note("the %s's middle has no attention, so one of zeros is put there", network)
	}
}

// ibqBlocks is the number of residual blocks per level by which a lone checkpoint of IBQ is known: no other published VQGAN has so many.
const ibqBlocks = 4

// looksLikeIBQ reports whether a checkpoint whose configuration is derived is IBQ's: four blocks a level, and averages as IBQ's training keeps them.
func (v *VQGAN) looksLikeIBQ(c *contents) bool {
	_, averages := c.tensors[flatName("decoder.conv_in.weight")]
	return averages && v.Config.NumResBlocks == ibqBlocks && !v.Config.Gumbel
}

// averagesOfIBQ begins the names of averaged weights, which have no dots of their own.
const averagesOfIBQ = "model_ema."

func flatName(name string) string { return averagesOfIBQ + strings.ReplaceAll(name, ".", "") }

// fromIBQ makes IBQ a GumbelVQ, which chooses codes in the same way: IBQ takes the code whose product with z is the largest, so the codes themselves are
// the projection's weight. The averaged weights, by which IBQ is judged and used, are taken where they are complete.
func (v *VQGAN) fromIBQ(c *contents) error {
	v.Form = formIBQ
	if v.averaged(c) {
		v.note("the averaged weights are taken, as IBQ does")
	}
	book, ok := v.Tensors["quantize.embedding.weight"]
	if !ok {
		return errors.New("weights: tensor quantize.embedding.weight is missing")
	}
	delete(v.Tensors, "quantize.embedding.weight")
	v.Config.Gumbel = true
	v.Tensors["quantize.embed.weight"] = book
	if len(book.Shape) == 2 {
		proj := book
		proj.Shape = []int{book.Shape[0], book.Shape[1], 1, 1}
		v.Tensors["quantize.proj.weight"] = proj
		v.Tensors["quantize.proj.bias"] = Tensor{Shape: book.Shape[:1:1], zeros: true}
	}
	return v.Config.Validate()
}

// averaged takes the averaged weights if there are those of the whole model, and reports whether.
func (v *VQGAN) averaged(c *contents) bool {
	found, plain := map[string]checkpoint.Tensor{}, map[string]string{}
	for name := range v.Tensors {
		t, ok := c.tensors[flatName(name)]
		if !ok {
			return false
		}
		found[name], plain[flatName(name)] = t, name
	}
	for name, t := range found {
		v.Tensors.add(name, t)
	}
	for i, name := range v.Dropped {
		if own, ok := plain[name]; ok {
			v.Dropped[i] = own
		}
	}
	return true
}
