package clip

import (
	"reverie/gpu/load"
	"reverie/gpu/ops"
	"reverie/weights"
)

// Blocks are the image tower's residual attention blocks alone, without the embedding before and the projection after them.
type Blocks struct{ body transformer }

// LoadBlocks takes the blocks' weights out of a part.
func LoadBlocks(w *load.Weights, c weights.CLIPConfig) (*Blocks, error) {
	b := &Blocks{loadTransformer(w, "visual.transformer", c.VisionLayers, c.VisionHeads, false, c.Activation)}
	return b, w.Finish()
}

// Forward records the blocks over tokens x [n, 1, tokens, width].
func (b *Blocks) Forward(t *ops.Tape, x *ops.Tensor) *ops.Tensor { return b.body.forward(t, x) }
