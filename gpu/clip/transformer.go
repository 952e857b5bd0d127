// Package clip is OpenAI's CLIP (Radford et al., arXiv:2103.00020): the image tower, a vision transformer or a modified ResNet, with
// its input gradient, and the text tower. Tensors have the official names.
package clip

import (
	"fmt"

	"reverie/gpu/load"
	"reverie/gpu/ops"
)

// normEps is PyTorch's default for LayerNorm.
const normEps = 1e-5

type norm struct{ gamma, beta *ops.Vector }

func loadNorm(w *load.Weights, name string) norm {
	return norm{w.Vector(name + ".weight"), w.Vector(name + ".bias")}
}

func (n norm) forward(t *ops.Tape, x *ops.Tensor) *ops.Tensor {
	return t.LayerNorm(x, n.gamma, n.beta, normEps)
}

// block is one residual attention block: x + attention(ln_1 x), then x + mlp(ln_2 x).
type block struct {
	ln1, ln2               norm
	qkv, out, fc, proj     ops.Matrix
	qkvB, outB, fcB, projB *ops.Vector
}

// transformer is a stack of blocks over tokens [n, 1, tokens, width].
type transformer struct {
	blocks     []block
	heads      int
	causal     bool
	activation ops.Activation
}

func loadTransformer(w *load.Weights, prefix string, layers, heads int, causal bool, activation string) transformer {
	m := transformer{heads: heads, causal: causal, activation: ops.Activation(activation)}
	for i := range layers {
		p := fmt.Sprintf("%s.resblocks.%d.", prefix, i)
		m.blocks = append(m.blocks, block{
			ln1: loadNorm(w, p+"ln_1"), ln2: loadNorm(w, p+"ln_2"),
			qkv: w.Linear(p + "attn.in_proj_weight"), qkvB: w.Vector(p + "attn.in_proj_bias"),
			out: w.Linear(p + "attn.out_proj.weight"), outB: w.Vector(p + "attn.out_proj.bias"),
			fc: w.Linear(p + "mlp.c_fc.weight"), fcB: w.Vector(p + "mlp.c_fc.bias"),
			proj: w.Linear(p + "mlp.c_proj.weight"), projB: w.Vector(p + "mlp.c_proj.bias"),
		})
	}
	return m
}

func (m transformer) forward(t *ops.Tape, x *ops.Tensor) *ops.Tensor {
	for _, b := range m.blocks {
		x = t.Segment(x, func(x *ops.Tensor) *ops.Tensor { return m.block(t, b, x) })
	}
	return x
}

func (m transformer) block(t *ops.Tape, b block, x *ops.Tensor) *ops.Tensor {
	qkv := t.Linear(b.ln1.forward(t, x), b.qkv, ops.LinearOptions{Bias: b.qkvB})
	y := t.Linear(t.Attention(qkv, m.heads, m.causal), b.out, ops.LinearOptions{Bias: b.outB, Residual: x})
	f := t.Linear(b.ln2.forward(t, y), b.fc, ops.LinearOptions{Bias: b.fcB, Activation: m.activation})
	return t.Linear(f, b.proj, ops.LinearOptions{Bias: b.projB, Residual: y})
}
