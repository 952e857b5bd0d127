// Package guide is the optimisation loop of VQGAN+CLIP: it looks for a latent whose picture CLIP finds close to the prompts.
//
// One step: the latent z goes to its nearest codebook rows, through VQGAN's decoder, into cutouts, through CLIP's image tower, and the
// embeddings' distances to the prompts' are the loss; its gradient comes all the way back to z, which Adam moves and the
// codebook's range bounds. Crowson's notebook of 2021 is the origin; package preset names its lineages.
package guide

import (
	"context"
	"fmt"

	"reverie/gpu"
	"reverie/gpu/clip"
	"reverie/gpu/clip/bpe"
	"reverie/gpu/load"
	"reverie/gpu/ops"
	"reverie/gpu/vqgan"
	"reverie/weights"
)

// Progress hears how far a phase is; total 0 means that nobody knows. The phases are the names below.
type Progress func(phase string, done, total int64)

// The phases.
const (
	PhaseDownload = "Downloading the models" // counted in bytes
	PhasePrompt   = "Reading the prompt"
	PhaseStart    = "Preparing the start picture"
	PhaseCompile  = "Compiling shaders" // counted in kernels
)

// Model is a CLIP + VQGAN pair on a device.
type Model struct {
	device    *gpu.Device
	base      string
	manifest  *weights.Manifest
	tokenizer *bpe.Tokenizer
	text      *clip.Text
	image     *clip.Image
	decoder   *vqgan.Decoder
	encoder   *vqgan.Encoder // loaded with the first start picture
	loaded    []*load.Weights
	book      codebook
}

// Load fetches a model from the folder at the URL base, which ends in a slash, and puts it on the device.
func Load(ctx context.Context, d *gpu.Device, base string, progress Progress) (*Model, error) {
	manifest, err := load.Manifest(ctx, base)
	if err != nil {
		return nil, err
	}
	if !manifest.HasCLIP() || !manifest.HasVQGAN() {
		return nil, fmt.Errorf("guide: model %s lacks CLIP or VQGAN; convert both into one folder", manifest.Name)
	}
	m := &Model{device: d, base: base, manifest: manifest}
	if err := m.load(ctx, progress); err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

func (m *Model) load(ctx context.Context, progress Progress) error {
	vocab, err := load.Shard(ctx, m.base, m.manifest.Vocab)
	if err != nil {
		return err
	}
	if m.tokenizer, err = bpe.New(vocab.Bytes(), m.manifest.CLIP.VocabSize, m.manifest.CLIP.ContextLength); err != nil {
		return err
	}
	order := []string{weights.PartText, weights.PartDecoder, weights.PartImage}
	var before, total int64
	for _, name := range order {
		total += m.manifest.Part(name).Size()
	}
	for _, name := range order {
		w, err := m.part(ctx, name, func(done, _ int64) { progress(PhaseDownload, before+done, total) })
		if err != nil {
			return err
		}
		before += m.manifest.Part(name).Size()
		switch name {
		case weights.PartText:
			m.text, err = clip.LoadText(w, m.manifest.CLIP)
		case weights.PartDecoder:
			m.decoder, err = vqgan.LoadDecoder(w, m.manifest.VQGAN)
		case weights.PartImage:
			m.image, err = clip.LoadImage(w, m.manifest.CLIP)
		}
		if err != nil {
			return err
		}
	}
	m.book, err = readCodebook(ctx, m.device, m.decoder.Codebook)
	return err
}

// part fetches one part and keeps it until Close.
func (m *Model) part(ctx context.Context, name string, progress func(done, total int64)) (*load.Weights, error) {
	w, err := load.Part(ctx, m.device, m.base, m.manifest.Part(name), progress)
	if err != nil {
		return nil, err
	}
	m.loaded = append(m.loaded, w)
	return w, nil
}

// needEncoder loads the encoder if it is not there.
func (m *Model) needEncoder(ctx context.Context, progress Progress) error {
	if m.encoder != nil {
		return nil
	}
	w, err := m.part(ctx, weights.PartEncoder, func(done, total int64) { progress(PhaseDownload, done, total) })
	if err != nil {
		return err
	}
	m.encoder, err = vqgan.LoadEncoder(w, m.manifest.VQGAN)
	return err
}

// Manifest describes the model.
func (m *Model) Manifest() *weights.Manifest { return m.manifest }

// Factor is the number of pixels per token along one axis.
func (m *Model) Factor() int { return m.manifest.VQGAN.Factor() }

// Close gives the model's memory back.
func (m *Model) Close() {
	for _, w := range m.loaded {
		w.Close()
	}
	m.loaded = nil
}

// codebook is the host's copy of what it needs to know about the codes.
type codebook struct {
	codes           int
	lowest, highest []float32 // per channel: the range that z is kept in
}

func readCodebook(ctx context.Context, d *gpu.Device, m ops.Matrix) (codebook, error) {
	data, err := d.Read(ctx, m.Buf, 0, 4*m.Out*ops.Pad4(m.In))
	if err != nil {
		return codebook{}, err
	}
	b := codebook{codes: m.Out}
	b.lowest, b.highest = Range(ops.Unpad(data, m.Out, m.In), m.In)
	return b, nil
}

// Range is the smallest and the largest value of each channel of a codebook's rows.
func Range(rows []float32, channels int) (lowest, highest []float32) {
	lowest, highest = append([]float32{}, rows[:channels]...), append([]float32{}, rows[:channels]...)
	for i, v := range rows {
		c := i % channels
		lowest[c], highest[c] = min(lowest[c], v), max(highest[c], v)
	}
	return lowest, highest
}
