// Package vqgan is the VQGAN of taming-transformers (Esser et al., arXiv:2012.09841): VQModel and GumbelVQ, written from their
// configuration. Tensors have the official names.
package vqgan

import (
	"fmt"

	"reverie/gpu/load"
	"reverie/gpu/ops"
	"reverie/weights"
)

// normGroups and normEps are those of every Normalize in the official networks.
const (
	normGroups = 32
	normEps    = 1e-6
)

func loadNorm(w *load.Weights, name string, swish bool) ops.GroupNorm {
	return ops.GroupNorm{Groups: normGroups, Eps: normEps, Gamma: w.Vector(name + ".weight"), Beta: w.Vector(name + ".bias"), Swish: swish}
}

// residual is ResnetBlock: shortcut(x) + conv2(swish(norm2(conv1(swish(norm1(x)))))).
type residual struct {
	norm1, norm2 ops.GroupNorm
	conv1, conv2 ops.ConvLayer
	shortcut     *ops.ConvLayer // where the channels change
}

func loadResidual(w *load.Weights, name string, in, out int) residual {
	r := residual{
		norm1: loadNorm(w, name+".norm1", true), conv1: w.Conv(name+".conv1", ops.Conv3x3),
		norm2: loadNorm(w, name+".norm2", true), conv2: w.Conv(name+".conv2", ops.Conv3x3),
	}
	if in != out {
		s := w.Pointwise(name + ".nin_shortcut")
		r.shortcut = &s
	}
	return r
}

func (r residual) forward(t *ops.Tape, x *ops.Tensor) *ops.Tensor {
	n := t.GroupNorm(x, r.norm1)
	h := r.conv1.Forward(t, n, nil)
	n = t.GroupNorm(h, r.norm2)
	s := x
	if r.shortcut != nil {
		s = r.shortcut.Forward(t, x, nil)
	}
	return r.conv2.Forward(t, n, s)
}

// attention is AttnBlock: x + proj_out(attention(norm(x))) over all points, one head.
type attention struct {
	norm     ops.GroupNorm
	qkv, out ops.ConvLayer
}

func loadAttention(w *load.Weights, name string) attention {
	return attention{
		norm: loadNorm(w, name+".norm", false),
		qkv:  w.Pointwise(name+".q", name+".k", name+".v"),
		out:  w.Pointwise(name + ".proj_out"),
	}
}

func (a attention) forward(t *ops.Tape, x *ops.Tensor) *ops.Tensor {
	qkv := a.qkv.Forward(t, t.GroupNorm(x, a.norm), nil)
	return a.out.Forward(t, t.Attention(qkv, 1, false), x)
}

// layer is one of the above.
type layer interface {
	forward(t *ops.Tape, x *ops.Tensor) *ops.Tensor
}

// single is a convolution by itself.
type single struct{ ops.ConvLayer }

func (c single) forward(t *ops.Tape, x *ops.Tensor) *ops.Tensor {
	return c.Forward(t, x, nil)
}

// enlarging is taming-transformers' Upsample.
func enlarging(w *load.Weights, name string) ops.ConvLayer {
	return ops.ConvLayer{Weight: w.Enlarged(name + ".weight"), Bias: w.Vector(name + ".bias"), Spec: ops.Enlarge3x3}
}

func middle(w *load.Weights, name string, width int) []layer {
	return []layer{loadResidual(w, name+".block_1", width, width), loadAttention(w, name+".attn_1"), loadResidual(w, name+".block_2", width, width)}
}

// blocks are a level's n residual blocks with their attentions; the first goes from in to the level's width.
func blocks(w *load.Weights, c weights.VQGANConfig, name string, level, n, in int) []layer {
	var out []layer
	for i := range n {
		out = append(out, loadResidual(w, fmt.Sprintf("%s.block.%d", name, i), in, c.Width(level)))
		in = c.Width(level)
		if c.AttentionAt(level) {
			out = append(out, loadAttention(w, fmt.Sprintf("%s.attn.%d", name, i)))
		}
	}
	return out
}

// tail is norm, swish and the last convolution.
type tail struct {
	norm ops.GroupNorm
	conv ops.ConvLayer
}

func (e tail) forward(t *ops.Tape, x *ops.Tensor) *ops.Tensor {
	return e.conv.Forward(t, t.GroupNorm(x, e.norm), nil)
}

func run(t *ops.Tape, x *ops.Tensor, layers []layer) *ops.Tensor {
	for _, l := range layers {
		x = t.Segment(x, func(x *ops.Tensor) *ops.Tensor { return l.forward(t, x) })
	}
	return x
}

// Decoder turns latents in codebook space into pictures.
type Decoder struct {
	layers   []layer
	Codebook ops.Matrix // [codes, channels] in float32
}

// LoadDecoder takes post_quant_conv, the decoder and the codebook out of their part.
func LoadDecoder(w *load.Weights, c weights.VQGANConfig) (*Decoder, error) {
	last := len(c.ChMult) - 1
	width := c.Width(last)
	d := &Decoder{Codebook: w.Codebook(c.CodebookName())}
	d.layers = append(d.layers, single{w.Pointwise("post_quant_conv")}, single{w.Conv("decoder.conv_in", ops.Conv3x3)})
	d.layers = append(d.layers, middle(w, "decoder.mid", width)...)
	for level := last; level >= 0; level-- {
		name := fmt.Sprintf("decoder.up.%d", level)
		d.layers = append(d.layers, blocks(w, c, name, level, c.NumResBlocks+1, width)...)
		width = c.Width(level)
		if level > 0 {
			d.layers = append(d.layers, single{enlarging(w, name+".upsample.conv")})
		}
	}
	d.layers = append(d.layers, tail{loadNorm(w, "decoder.norm_out", true), w.Conv("decoder.conv_out", ops.Conv3x3)})
	return d, w.Finish()
}

// Decode records z [n, h, w, channels] to pictures [n, h·f, w·f, 3], about −1 to 1.
func (d *Decoder) Decode(t *ops.Tape, z *ops.Tensor) *ops.Tensor { return run(t, z, d.layers) }

// DecodeWrapped is Decode to pictures whose edges meet along some axes: repeated side by side they show no seam.
func (d *Decoder) DecodeWrapped(t *ops.Tape, z *ops.Tensor, along ops.Axes) *ops.Tensor {
	for _, l := range d.layers {
		z = t.Segment(z, func(x *ops.Tensor) *ops.Tensor {
			return t.Wrapped(along, func() *ops.Tensor { return l.forward(t, x) })
		})
	}
	return z
}

// Encoder turns pictures into latents before quantisation.
type Encoder struct {
	layers []layer
	logits *ops.ConvLayer // GumbelVQ: scores of the codes
}

// LoadEncoder takes the encoder and quant_conv out of their part.
func LoadEncoder(w *load.Weights, c weights.VQGANConfig) (*Encoder, error) {
	e := &Encoder{layers: []layer{single{w.Conv("encoder.conv_in", ops.Conv3x3)}}}
	width := c.Ch
	for level := range c.ChMult {
		name := fmt.Sprintf("encoder.down.%d", level)
		e.layers = append(e.layers, blocks(w, c, name, level, c.NumResBlocks, width)...)
		width = c.Width(level)
		if level < len(c.ChMult)-1 {
			e.layers = append(e.layers, single{w.Conv(name+".downsample.conv", ops.Downsample3x3)})
		}
	}
	e.layers = append(e.layers, middle(w, "encoder.mid", width)...)
	e.layers = append(e.layers, tail{loadNorm(w, "encoder.norm_out", true), w.Conv("encoder.conv_out", ops.Conv3x3)},
		single{w.Pointwise("quant_conv")})
	if c.Gumbel {
		l := w.Pointwise("quantize.proj")
		e.logits = &l
	}
	return e, w.Finish()
}

// Encode records pictures [n, h, w, 3], −1 to 1, to latents [n, h/f, w/f, channels].
func (e *Encoder) Encode(t *ops.Tape, x *ops.Tensor) *ops.Tensor { return run(t, x, e.layers) }

// Logits records the scores of the codes [n, h/f, w/f, codes] from Encode's latents. Only a GumbelVQ has them.
func (e *Encoder) Logits(t *ops.Tape, latents *ops.Tensor) (*ops.Tensor, bool) {
	if e.logits == nil {
		return nil, false
	}
	return e.logits.Forward(t, latents, nil), true
}
