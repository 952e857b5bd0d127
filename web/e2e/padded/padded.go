//go:build !js

// Package padded makes models of any size out of the embedded pair, for tests and measurements of downloads: its codebook is longer, and
// the new codes are random.
package padded

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"reverie/weights"
	"reverie/weights/folder"
	"reverie/weights/mini"
)

// Write writes the model name, of about bytes bytes, to a folder.
func Write(dir, name string, bytes int64) (*weights.Manifest, error) {
	m, err := folder.Manifest(mini.FS)
	if err != nil {
		return nil, err
	}
	w, err := folder.Create(dir)
	if err != nil {
		return nil, err
	}
	defer w.Abort()
	have := m.Vocab.Size
	for i := range m.Parts {
		have += m.Parts[i].Size()
	}
	rows := max(0, int(bytes-have)) / (4 * m.VQGAN.EmbedDim)
	m.Name, m.Title, m.VQGAN.NEmbed = name, fmt.Sprintf("Padded to %d MB", bytes/1e6), m.VQGAN.NEmbed+rows
	vocab, err := folder.Shard(mini.FS, m.Vocab, "the vocabulary")
	if err == nil {
		_, err = w.Shard(vocab)
	}
	if err != nil {
		return nil, err
	}
	for i := range m.Parts {
		if m.Parts[i], err = pad(w, &m.Parts[i], rows*m.VQGAN.EmbedDim); err != nil {
			return nil, err
		}
	}
	return m, w.Commit(m)
}

// pad copies a part and appends so many random numbers to its codebook, if it has one.
func pad(w *folder.Writer, p *weights.Part, numbers int) (weights.Part, error) {
	var data []byte
	for _, s := range p.Shards {
		shard, err := folder.Shard(mini.FS, s, "part "+p.Name)
		if err != nil {
			return weights.Part{}, err
		}
		data = append(data, shard...)
	}
	out := w.Part(p.Name)
	for _, t := range p.Tensors {
		shape, encoded := t.Shape, data[t.Offset:t.Offset+t.Size]
		if t.Name == "quantize.embedding.weight" {
			if t.Type != weights.TypeF32 {
				return weights.Part{}, errors.New("padded: the embedded codebook is not stored in f32")
			}
			shape = []int{shape[0] + numbers/shape[1], shape[1]}
			encoded = append(slices.Clone(encoded), random(numbers)...)
		}
		if err := out.Tensor(t.Name, shape, t.Type, encoded); err != nil {
			return weights.Part{}, err
		}
	}
	return out.Close()
}

// random is float32 numbers between 1/64 and 1/32.
func random(numbers int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, 0, 4*numbers+4)
	for len(b) < 4*numbers {
		b = binary.LittleEndian.AppendUint64(b, r.Uint64()&0x007f_ffff_007f_ffff|0x3c80_0000_3c80_0000)
	}
	return b[:4*numbers]
}
