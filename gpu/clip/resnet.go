package clip

import (
	"fmt"

	"reverie/gpu/load"
	"reverie/gpu/ops"
	"reverie/weights"
)

// resNet is CLIP's modified ResNet (Radford et al., §2.4): a stem of three convolutions, mean pooling before what would be strided
// convolutions, and attention pooling at the end. Its frozen batch norms are folded into the convolutions.
type resNet struct {
	config weights.CLIPConfig
	stem   [3]conv
	blocks []bottleneck
	pool   attentionPool
}

// conv is a convolution with bias.
type conv struct {
	w    ops.Matrix
	b    *ops.Vector
	spec ops.ConvSpec
}

// pointwise marks a 1×1 convolution, which is a linear layer.
var pointwise = ops.ConvSpec{}

func loadConv(w *load.Weights, name string, spec ops.ConvSpec) conv {
	return conv{w.Linear(name + ".weight"), w.Vector(name + ".bias"), spec}
}

func (c conv) forward(t *ops.Tape, x, residual *ops.Tensor) *ops.Tensor {
	if c.spec == pointwise {
		return t.Linear(x, c.w, ops.LinearOptions{Bias: c.b, Residual: residual})
	}
	return t.Conv(x, c.w, c.b, c.spec, residual)
}

// relu records the convolution and what follows it. It is done with x.
func (c conv) relu(t *ops.Tape, x *ops.Tensor) *ops.Tensor {
	h := c.forward(t, x, nil)
	return relu(t, h)
}

func relu(t *ops.Tape, h *ops.Tensor) *ops.Tensor {
	y := t.ReLU(h)
	return y
}

// shrink is mean pooling, done with x where it does anything.
func shrink(t *ops.Tape, x *ops.Tensor, k int) *ops.Tensor {
	if k == 1 {
		return x
	}
	y := t.AvgPool(x, k)
	return y
}

func loadResNet(w *load.Weights, c weights.CLIPConfig) *resNet {
	halve := ops.Conv3x3
	halve.Stride = 2
	m := &resNet{config: c, stem: [3]conv{
		loadConv(w, "visual.conv1", halve), loadConv(w, "visual.conv2", ops.Conv3x3), loadConv(w, "visual.conv3", ops.Conv3x3),
	}}
	for stage, n := range c.ResNetBlocks {
		for i := range n {
			m.blocks = append(m.blocks, loadBottleneck(w, fmt.Sprintf("visual.layer%d.%d", stage+1, i), stage > 0 && i == 0, i == 0))
		}
	}
	m.pool = loadAttentionPool(w, "visual.attnpool", c.VisionHeads)
	return m
}

func (m *resNet) encode(t *ops.Tape, x *ops.Tensor) *ops.Tensor {
	h := t.Normalise(x, m.config.Mean, m.config.Std)
	for _, c := range m.stem {
		h = c.relu(t, h)
	}
	h = shrink(t, h, 2)
	for _, b := range m.blocks {
		h = t.Segment(h, func(h *ops.Tensor) *ops.Tensor { return b.forward(t, h) })
	}
	return m.pool.forward(t, h)
}

// bottleneck is relu(conv3(shrink(relu(conv2(relu(conv1(x)))))) + shortcut(x)).
type bottleneck struct {
	conv1, conv2, conv3 conv
	stride              int
	shortcut            *conv // after shrinking; nil where neither size nor channels change
}

func loadBottleneck(w *load.Weights, name string, halves, widens bool) bottleneck {
	b := bottleneck{
		conv1: loadConv(w, name+".conv1", pointwise), conv2: loadConv(w, name+".conv2", ops.Conv3x3), conv3: loadConv(w, name+".conv3", pointwise),
		stride: 1,
	}
	if halves {
		b.stride = 2
	}
	if widens {
		s := loadConv(w, name+".downsample.0", pointwise)
		b.shortcut = &s
	}
	return b
}

func (b bottleneck) forward(t *ops.Tape, x *ops.Tensor) *ops.Tensor {
	h := relu(t, b.conv1.forward(t, x, nil))
	h = shrink(t, b.conv2.relu(t, h), b.stride)
	s := x
	if b.shortcut != nil {
		small := shrink(t, x, b.stride)
		s = b.shortcut.forward(t, small, nil)
	}
	y := b.conv3.forward(t, h, s)
	return relu(t, y)
}

// attentionPool is multi-head attention whose only query is the mean of all points.
type attentionPool struct {
	position *ops.Vector
	qkv, out conv
	heads    int
}

func loadAttentionPool(w *load.Weights, name string, heads int) attentionPool {
	q, k, v := name+".q_proj", name+".k_proj", name+".v_proj"
	return attentionPool{
		position: w.Rows(name + ".positional_embedding"),
		qkv:      conv{w: w.Stacked(q+".weight", k+".weight", v+".weight"), b: w.StackedVectors(q+".bias", k+".bias", v+".bias")},
		out:      loadConv(w, name+".c_proj", pointwise),
		heads:    heads,
	}
}

// forward lets every token ask and picks the mean's answer: the other queries cost less than a kernel of its own would save.
func (p attentionPool) forward(t *ops.Tape, x *ops.Tensor) *ops.Tensor {
	tokens := t.JoinMean(x, p.position)
	qkv := p.qkv.forward(t, tokens, nil)
	answers := t.Attention(qkv, p.heads, false)
	mean := t.Pick(answers, Indices(t, make([]int32, x.N)))
	e := p.out.forward(t, mean, nil)
	return e
}
