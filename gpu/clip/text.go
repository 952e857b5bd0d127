package clip

import (
	"context"
	"fmt"

	"reverie/gpu"
	"reverie/gpu/load"
	"reverie/gpu/ops"
	"reverie/weights"
)

// Text is the text transformer: token ids to embeddings [n, 1, 1, embed].
type Text struct {
	config   weights.CLIPConfig
	table    ops.Table
	position *ops.Vector
	body     transformer
	final    norm
	proj     ops.Matrix
}

// LoadText takes the text tower's weights out of their part.
func LoadText(w *load.Weights, c weights.CLIPConfig) (*Text, error) {
	m := &Text{
		config: c,
		table:  w.Table("token_embedding.weight"), position: w.Rows("positional_embedding"),
		body:  loadTransformer(w, "transformer", c.TextLayers, c.TextHeads, true, c.Activation),
		final: loadNorm(w, "ln_final"),
		proj:  w.Transposed("text_projection"),
	}
	return m, w.Finish()
}

// Embed computes the embeddings of texts given as ids from start to end of text, each at most the context's length. As in the
// official code a text's feature is taken at its largest id, which is the end of text.
func (m *Text) Embed(ctx context.Context, d *gpu.Device, texts [][]int32) ([][]float32, error) {
	if len(texts) == 0 {
		return nil, nil
	}
	// No token sees those after it, so the padding behind the longest text need not be computed.
	n, length := len(texts), 0
	for _, text := range texts {
		if len(text) == 0 || len(text) > m.config.ContextLength {
			return nil, fmt.Errorf("clip: a text of %d tokens where 1 to %d fit", len(text), m.config.ContextLength)
		}
		length = max(length, len(text))
	}
	ids, end := make([]int32, n*length), make([]int32, n)
	for i, text := range texts {
		copy(ids[i*length:], text)
		for j, id := range text {
			if id < 0 || int(id) >= m.config.VocabSize {
				return nil, fmt.Errorf("clip: token %d is not in the vocabulary of %d", id, m.config.VocabSize)
			}
			if id > text[end[i]] {
				end[i] = int32(j)
			}
		}
	}
	t := ops.NewTape(d)
	defer t.Close()
	x := t.Embed(Indices(t, ids), n, length, m.table, m.position)
	h := m.final.forward(t, m.body.forward(t, x))
	e := t.Keep(t.Linear(t.Pick(h, Indices(t, end)), m.proj, ops.LinearOptions{}))
	if err := t.Compile(ctx, nil); err != nil {
		return nil, err
	}
	if err := t.Plan.Run(); err != nil {
		return nil, err
	}
	flat, err := t.Read(ctx, e)
	if err != nil {
		return nil, err
	}
	out := make([][]float32, n)
	for i := range out {
		out[i] = flat[i*m.config.EmbedDim : (i+1)*m.config.EmbedDim]
	}
	return out, nil
}
