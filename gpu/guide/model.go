// Package guide is the optimisation loop of VQGAN+CLIP: it looks for a latent whose picture CLIP finds close to the prompts.
//
// One step: the latent z goes to its nearest codebook rows, through VQGAN's decoder, into cutouts, through CLIP's image tower, and the
// embeddings' distances to the prompts' are the loss; its gradient comes all the way back to z, which Adam moves and the
// codebook's range bounds. Crowson's notebook of 2021 is the origin; package preset names its lineages.
package guide

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"reverie/gpu"
	"reverie/gpu/blob"
	"reverie/gpu/clip"
	"reverie/gpu/clip/bpe"
	"reverie/gpu/load"
	"reverie/gpu/ops"
	"reverie/gpu/store"
	"reverie/gpu/vqgan"
	"reverie/weights"
)

// Progress hears how far a phase is; total 0 means that nobody knows.
type Progress func(phase Phase, done, total int64)

// quiet is a Progress that tells nobody.
func quiet(Phase, int64, int64) {}

// Phase is a part of what comes before the first step.
type Phase int

const (
	PhaseDownload Phase = iota // the model from the server, counted in bytes
	PhaseLoad                  // the model from what the browser keeps, counted in bytes
	PhasePrompt                // the prompts are embedded
	PhaseStart                 // the start picture is encoded
	PhaseCompile               // counted in kernels

	Phases = iota // how many there are
)

// Model is a CLIP + VQGAN pair on a device, or a CLIP alone, as a further perceptor. Its parts arrive in the order in which a run needs them: the text tower, which is given
// back when the prompts are embedded, the decoder, the image tower.
type Model struct {
	device    *gpu.Device
	source    *load.Source
	manifest  *weights.Manifest
	order     []string // in which its parts arrive
	identity  string   // see Identity
	tokenizer *bpe.Tokenizer
	text      *clip.Text // nil when its memory is given back
	image     *clip.Image
	decoder   *vqgan.Decoder
	encoder   *vqgan.Encoder // loaded with the first start picture
	loaded    map[string]*load.Weights
	book      codebook
	embedded  map[string][]float32 // texts that have been embedded
	look      *look                // of the last Look, nil when its memory is given back

	arrived map[string]chan struct{} // by part, closed when it is there
	cancel  context.CancelFunc
	ended   chan struct{} // closed when no part arrives any more
	err     error         // why, once ended
}

// Load fetches a model from the URL of its folder, as load.From reads it, and puts it on the device.
func Load(ctx context.Context, d *gpu.Device, base string, progress Progress) (*Model, error) {
	m, err := Open(ctx, d, load.From(base, store.Nothing{}), progress)
	if err != nil {
		return nil, err
	}
	if err := m.Wait(ctx); err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

// Open begins to load a model. It returns when the model is known; its parts arrive while a run is prepared.
func Open(ctx context.Context, d *gpu.Device, source *load.Source, progress Progress) (*Model, error) {
	manifest, err := source.Manifest(ctx)
	if err != nil {
		return nil, err
	}
	if err := whole(manifest, source.Name); err != nil {
		return nil, err
	}
	return begin(ctx, d, source, manifest, order, progress)
}

// OpenPerceptor is Open for the CLIP of a model alone.
func OpenPerceptor(ctx context.Context, d *gpu.Device, source *load.Source, progress Progress) (*Model, error) {
	manifest, err := source.Manifest(ctx)
	if err != nil {
		return nil, err
	}
	if err := judges(manifest, source.Name); err != nil {
		return nil, err
	}
	return begin(ctx, d, source, manifest, []string{weights.PartText, weights.PartImage}, progress)
}

func begin(ctx context.Context, d *gpu.Device, source *load.Source, manifest *weights.Manifest, order []string, progress Progress) (*Model, error) {
	vocab, err := source.Vocabulary(ctx, manifest)
	if err != nil {
		return nil, err
	}
	m := &Model{device: d, source: source, manifest: manifest, order: order, loaded: map[string]*load.Weights{}, embedded: map[string][]float32{},
		arrived: map[string]chan struct{}{}, ended: make(chan struct{})}
	if m.tokenizer, err = bpe.New(vocab, manifest.CLIP.VocabSize, manifest.CLIP.ContextLength); err != nil {
		return nil, err
	}
	if m.identity, err = identity(ctx, manifest); err != nil {
		return nil, err
	}
	for _, name := range order {
		m.arrived[name] = make(chan struct{})
	}
	var streaming context.Context
	streaming, m.cancel = context.WithCancel(context.WithoutCancel(ctx))
	go func() {
		defer close(m.ended)
		m.err = m.stream(streaming, progress)
	}()
	return m, nil
}

// whole says what a model lacks for a run.
func whole(m *weights.Manifest, name string) error {
	lacks := "VQGAN"
	switch {
	case !m.HasCLIP():
		lacks = "CLIP"
	case m.HasVQGAN():
		return nil
	}
	return fmt.Errorf("guide: the model %s holds no %s: choose one to go with it, as a pair CLIP+VQGAN", name, lacks)
}

// judges says why a model cannot judge a picture, or nil.
func judges(m *weights.Manifest, name string) error {
	if !m.HasCLIP() {
		return fmt.Errorf("guide: %s holds no CLIP that could judge the picture: choose another one", name)
	}
	return nil
}

// order is that in which a run needs the parts.
var order = []string{weights.PartText, weights.PartDecoder, weights.PartImage}

// stream brings the parts onto the device, and the encoder into the store for a later start picture.
func (m *Model) stream(ctx context.Context, progress Progress) error {
	var parts, keep []*weights.Part
	for _, name := range m.order {
		parts = append(parts, m.manifest.Part(name))
	}
	if m.source.Store.Kind() != store.None && slices.Contains(m.order, weights.PartDecoder) {
		keep = append(keep, m.manifest.Part(weights.PartEncoder))
	}
	next := 0
	return m.source.Parts(ctx, m.device, parts, keep, counted(progress), func(w *load.Weights) error {
		name := m.order[next]
		next++
		if err := m.take(ctx, name, w); err != nil {
			return err
		}
		close(m.arrived[name])
		return nil
	})
}

// counted names the phase by where the bytes come from.
func counted(progress Progress) load.Progress {
	return func(done, total int64, download bool) {
		if download {
			progress(PhaseDownload, done, total)
		} else {
			progress(PhaseLoad, done, total)
		}
	}
}

// take makes a part of the model of its weights, which are kept until Close.
func (m *Model) take(ctx context.Context, name string, w *load.Weights) error {
	m.loaded[name] = w
	switch name {
	case weights.PartText:
		return loaded(&m.text)(clip.LoadText(w, m.manifest.CLIP))
	case weights.PartDecoder:
		if err := loaded(&m.decoder)(vqgan.LoadDecoder(w, m.manifest.VQGAN)); err != nil {
			return err
		}
		var err error
		m.book, err = readCodebook(ctx, m.device, m.decoder.Codebook)
		return err
	case weights.PartImage:
		return loaded(&m.image)(clip.LoadImage(w, m.manifest.CLIP))
	case weights.PartEncoder:
		return loaded(&m.encoder)(vqgan.LoadEncoder(w, m.manifest.VQGAN))
	}
	return nil
}

// loaded sets a part unless its loading failed.
func loaded[T any](part **T) func(*T, error) error {
	return func(made *T, err error) error {
		if err == nil {
			*part = made
		}
		return err
	}
}

// Wait waits until everything has arrived.
func (m *Model) Wait(ctx context.Context) error {
	select {
	case <-m.ended:
		return m.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// wait waits for a part.
func (m *Model) wait(ctx context.Context, name string) error {
	select {
	case <-m.arrived[name]:
		return nil
	case <-m.ended:
	case <-ctx.Done():
		return ctx.Err()
	}
	if m.has(name) { // both happened at once
		return nil
	}
	return m.err
}

// has says whether a part has arrived.
func (m *Model) has(name string) bool {
	select {
	case <-m.arrived[name]:
		return true
	default:
		return false
	}
}

// Usable says that all parts for a run have arrived.
func (m *Model) Usable() bool { return m.has(m.order[len(m.order)-1]) }

// Failed says why loading ended early, or nil.
func (m *Model) Failed() error {
	select {
	case <-m.ended:
		return m.err
	default:
		return nil
	}
}

// fetch brings a part onto the device outside the order.
func (m *Model) fetch(ctx context.Context, name string, progress Progress) error {
	w, err := m.source.Part(ctx, m.device, m.manifest.Part(name), counted(progress))
	if err != nil {
		return err
	}
	return m.take(ctx, name, w)
}

// needEncoder loads the encoder if it is not there. Where the model has none, why says what needs it and what to do instead.
func (m *Model) needEncoder(ctx context.Context, why string, progress Progress) error {
	if m.encoder != nil {
		return nil
	}
	if m.manifest.Part(weights.PartEncoder) == nil {
		return fmt.Errorf("The model %.60q has no encoder, which %s.", m.Name(), why)
	}
	return m.fetch(ctx, weights.PartEncoder, progress)
}

// embed returns the embeddings of texts. The text tower is there only until they are known.
func (m *Model) embed(ctx context.Context, texts []string, progress Progress) ([][]float32, error) {
	if err := m.wait(ctx, weights.PartText); err != nil {
		return nil, err
	}
	var ids [][]int32
	var fresh []string
	for _, text := range texts {
		if m.embedded[text] == nil && !slices.Contains(fresh, text) {
			fresh = append(fresh, text)
			ids = append(ids, m.tokenizer.Encode(text).IDs)
		}
	}
	if len(fresh) > 0 && m.text == nil {
		if err := m.fetch(ctx, weights.PartText, progress); err != nil {
			return nil, err
		}
	}
	if len(fresh) > 0 {
		found, err := m.text.Embed(ctx, m.device, ids)
		if err != nil {
			return nil, err
		}
		for i, text := range fresh {
			m.embedded[text] = found[i]
		}
		m.loaded[weights.PartText].Close()
		m.text = nil
	}
	var embeddings [][]float32
	for _, text := range texts {
		embeddings = append(embeddings, m.embedded[text])
	}
	return embeddings, nil
}

// truncates says whether CLIP reads only the beginning of a text. On a planner, which has no tokens, that is only known of texts of so many words.
func (m *Model) truncates(text string) bool {
	if m.tokenizer == nil {
		return len(strings.Fields(text)) > m.manifest.CLIP.ContextLength-2
	}
	return m.tokenizer.Encode(text).Truncated
}

// Name is that of the model's folder.
func (m *Model) Name() string {
	if m.source == nil { // on a planner
		return m.manifest.Name
	}
	return m.source.Name
}

// Identity identifies the model's weights, as pictures and states tell them: the first eight bytes of the manifest's SHA-256, in hex. On a
// planner, which has no weights, it is empty.
func (m *Model) Identity() string { return m.identity }

func identity(ctx context.Context, m *weights.Manifest) (string, error) {
	text, err := json.Marshal(m)
	if err != nil {
		return "", fmt.Errorf("guide: %w", err)
	}
	sum, err := blob.Of(text).SHA256(ctx)
	if err != nil {
		return "", fmt.Errorf("guide: %w", err)
	}
	return sum[:16], nil
}

// Manifest describes the model.
func (m *Model) Manifest() *weights.Manifest { return m.manifest }

// Factor is the number of pixels per token along one axis.
func (m *Model) Factor() int { return m.manifest.VQGAN.Factor() }

// Close gives the model's memory back.
func (m *Model) Close() {
	m.cancel()
	<-m.ended
	m.Unlook()
	for _, w := range m.loaded {
		w.Close()
	}
}

// codebook is the host's copy of what it needs to know about the codes.
type codebook struct {
	lowest, highest []float32 // per channel: the range that z is kept in
}

// codebookRows is how many rows are read at a time: what comes into Go's memory never leaves it.
const codebookRows = 1024

func readCodebook(ctx context.Context, d *gpu.Device, m ops.Matrix) (codebook, error) {
	var b codebook
	for first := 0; first < m.Out; first += codebookRows {
		rows, row := min(codebookRows, m.Out-first), 4*ops.Pad4(m.In)
		data, err := d.Read(ctx, m.Buf, first*row, rows*row)
		if err != nil {
			return codebook{}, err
		}
		lowest, highest := Range(ops.Unpad(data, rows, m.In), m.In)
		if first == 0 {
			b.lowest, b.highest = lowest, highest
			continue
		}
		for c := range m.In {
			b.lowest[c], b.highest[c] = min(b.lowest[c], lowest[c]), max(b.highest[c], highest[c])
		}
	}
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
