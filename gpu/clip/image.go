package clip

import (
	"encoding/binary"

	"reverie/gpu"
	"reverie/gpu/load"
	"reverie/gpu/ops"
	"reverie/weights"
)

// Image is the image tower: pictures [n, size, size, 3] in [0, 1] to embeddings [n, 1, 1, embed].
type Image struct {
	tower interface {
		encode(t *ops.Tape, x *ops.Tensor) *ops.Tensor
		stem(t *ops.Tape, x *ops.Tensor) *ops.Tensor
	}
}

// LoadImage takes the image tower's weights out of their part.
func LoadImage(w *load.Weights, c weights.CLIPConfig) (*Image, error) {
	if c.IsResNet() {
		return &Image{loadResNet(w, c)}, w.Finish()
	}
	return &Image{loadVisionTransformer(w, c)}, w.Finish()
}

// Encode records the embedding of pictures x [n, size, size, 3].
func (m *Image) Encode(t *ops.Tape, x *ops.Tensor) *ops.Tensor { return m.tower.encode(t, x) }

// Texture records what the tower's filters find in pictures x [n, h, w, 3] at each place, and where they find the opposite, zero: [n, h', w', channels]. Of a
// vision transformer they are those of its patches, of a ResNet those of its stem.
func (m *Image) Texture(t *ops.Tape, x *ops.Tensor) *ops.Tensor { return m.tower.stem(t, x) }

// visionTransformer is ViT (Dosovitskiy et al., arXiv:2010.11929) with a norm before its blocks.
type visionTransformer struct {
	config          weights.CLIPConfig
	patch           ops.Matrix
	class, position *ops.Vector
	pre, post       norm
	body            transformer
	proj            ops.Matrix
}

func loadVisionTransformer(w *load.Weights, c weights.CLIPConfig) *visionTransformer {
	return &visionTransformer{
		config: c,
		patch:  w.Patch("visual.conv1.weight"), class: w.Vector("visual.class_embedding"), position: w.Rows("visual.positional_embedding"),
		pre: loadNorm(w, "visual.ln_pre"), post: loadNorm(w, "visual.ln_post"),
		body: loadTransformer(w, "visual.transformer", c.VisionLayers, c.VisionHeads, false, c.Activation),
		proj: w.Transposed("visual.proj"),
	}
}

func (m *visionTransformer) stem(t *ops.Tape, x *ops.Tensor) *ops.Tensor {
	return t.ReLU(m.embed(t, x))
}

func (m *visionTransformer) embed(t *ops.Tape, x *ops.Tensor) *ops.Tensor {
	return t.Linear(t.Patches(x, m.config.PatchSize, m.config.Mean, m.config.Std), m.patch, ops.LinearOptions{})
}

func (m *visionTransformer) encode(t *ops.Tape, x *ops.Tensor) *ops.Tensor {
	tokens := t.JoinTokens(m.embed(t, x), m.class, m.position)
	h := m.body.forward(t, m.pre.forward(t, tokens))
	class := t.Pick(h, Indices(t, make([]int32, x.N)))
	return t.Linear(m.post.forward(t, class), m.proj, ops.LinearOptions{})
}

// Indices puts int32 values on the device for as long as the tape lives.
func Indices(t *ops.Tape, v []int32) *gpu.Buffer {
	data := EncodeIndices(v)
	b := t.Buffer("indices", len(data))
	t.Plan.Device().Write(b, 0, data)
	return b
}

// EncodeIndices is what a buffer of int32 values holds.
func EncodeIndices(v []int32) []byte {
	data := make([]byte, (4*len(v)+15)/16*16)
	for i, x := range v {
		binary.LittleEndian.PutUint32(data[4*i:], uint32(x))
	}
	return data
}
