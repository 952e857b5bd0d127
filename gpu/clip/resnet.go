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
	first  [3]ops.ConvLayer // its stem
	blocks []bottleneck
	pool   attentionPool
}

// shrink is mean pooling over k×k pixels.
func shrink(t *ops.Tape, x *ops.Tensor, k int) *ops.Tensor {
	if k == 1 {
		return x
	}
	return t.AvgPool(x, k)
}

func loadResNet(w *load.Weights, c weights.CLIPConfig) *resNet {
	halve := ops.Conv3x3
	halve.Stride = 2
	m := &resNet{config: c, first: [3]ops.ConvLayer{
		w.Conv("visual.conv1", halve), w.Conv("visual.conv2", ops.Conv3x3), w.Conv("visual.conv3", ops.Conv3x3),
	}}
	for stage, n := range c.ResNetBlocks {
		for i := range n {
			m.blocks = append(m.blocks, loadBottleneck(w, fmt.Sprintf("visual.layer%d.%d", stage+1, i), stage > 0 && i == 0, i == 0))
		}
	}
	m.pool = loadAttentionPool(w, "visual.attnpool", c.VisionHeads)
	return m
}

func (m *resNet) stem(t *ops.Tape, x *ops.Tensor) *ops.Tensor {
	h := t.Normalise(x, m.config.Mean, m.config.Std)
	for _, c := range m.first {
		h = t.ReLU(c.Forward(t, h, nil))
	}
	return shrink(t, h, 2)
}

func (m *resNet) encode(t *ops.Tape, x *ops.Tensor) *ops.Tensor {
	h := m.stem(t, x)
	for _, b := range m.blocks {
		h = t.Segment(h, func(h *ops.Tensor) *ops.Tensor { return b.forward(t, h) })
	}
	return m.pool.forward(t, h)
}

// bottleneck is relu(conv3(shrink(relu(conv2(relu(conv1(x)))))) + shortcut(x)).
type bottleneck struct {
	conv1, conv2, conv3 ops.ConvLayer
	stride              int
	shortcut            *ops.ConvLayer // after shrinking; nil where neither size nor channels change
}

func loadBottleneck(w *load.Weights, name string, halves, widens bool) bottleneck {
	b := bottleneck{
		conv1: w.Pointwise(name + ".conv1"), conv2: w.Conv(name+".conv2", ops.Conv3x3), conv3: w.Pointwise(name + ".conv3"),
		stride: 1,
	}
	if halves {
		b.stride = 2
	}
	if widens {
		s := w.Pointwise(name + ".downsample.0")
		b.shortcut = &s
	}
	return b
}

func (b bottleneck) forward(t *ops.Tape, x *ops.Tensor) *ops.Tensor {
	h := t.ReLU(b.conv1.Forward(t, x, nil))
	h = shrink(t, t.ReLU(b.conv2.Forward(t, h, nil)), b.stride)
	s := x
	if b.shortcut != nil {
		s = b.shortcut.Forward(t, shrink(t, x, b.stride), nil)
	}
	return t.ReLU(b.conv3.Forward(t, h, s))
}

// attentionPool is multi-head attention whose only query is the mean of all points.
type attentionPool struct {
	position *ops.Vector
	qkv      []ops.ConvLayer
	out      ops.ConvLayer
	heads    int
}

func loadAttentionPool(w *load.Weights, name string, heads int) attentionPool {
	return attentionPool{
		position: w.Rows(name + ".positional_embedding"),
		qkv:      w.SideBySide(name+".q_proj", name+".k_proj", name+".v_proj"), // RN50x64's take 192 MiB in float32
		out:      w.Pointwise(name + ".c_proj"),
		heads:    heads,
	}
}

// forward lets every token ask and picks the mean's answer: the other queries cost less than a kernel of its own would save.
func (p attentionPool) forward(t *ops.Tape, x *ops.Tensor) *ops.Tensor {
	tokens := t.JoinMean(x, p.position)
	qkv := t.SideBySide(tokens, p.qkv)
	answers := t.Attention(qkv, p.heads, false)
	mean := t.Pick(answers, Indices(t, make([]int32, x.N)))
	return p.out.Forward(t, mean, nil)
}
