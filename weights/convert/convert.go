// Package convert turns published checkpoints of CLIP and VQGAN into a model's folder.
package convert

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"reverie/recipe"
	"reverie/weights"
	"reverie/weights/checkpoint"
	"reverie/weights/folder"
	"reverie/weights/foreign"
	"reverie/weights/importer"
)

// Model says what a conversion makes.
type Model struct {
	Vocab      []byte // CLIP's gzipped byte-pair merges; those over the vocabulary's size are left out
	StartCodes []int  // the codes that a run starts from; none: all
	Quant      string // one of weights.Quants
	Name       string // of the model, as in its URL
	Title      string // for people; may be empty
	About      string // what it is good at, in one sentence; may be empty
	Licence    string // of the weights; may be empty
	Suggested  recipe.Recipe
}

// Checkpoint is a published file with its configurations.
type Checkpoint struct {
	foreign.Source
	Configs importer.Configs
	Digest  string // folder.Digest of its parts in this quantisation, where somebody has told it
}

// ErrDigest says that a checkpoint became something else than it became for others.
var ErrDigest = errors.New("it became another model than it did for others, so some of its bytes are wrong: fetch it again, from another source if there is one")

// Report tells what a conversion did.
type Report struct {
	Sources []string // the checkpoints, their formats and whose names they have
	Tensors []TensorReport
	Dropped []string // tensors of the checkpoints that were not taken
	Notes   []string // what was assumed or chosen
}

// TensorReport compares one stored tensor with the checkpoint's.
type TensorReport struct {
	weights.Tensor
	Part   string
	MaxAbs float64 // largest difference of an element; measured where the conversion says so
	RelRMS float64 // root mean square of the differences over that of the values
}

// Conversion is one whose checkpoints are read as far as to know what is needed of them.
type Conversion struct {
	Measure  bool // whether the report tells what each tensor lost
	model    Model
	manifest *weights.Manifest
	report   Report
	clip     importer.Tensors
	vqgan    importer.Tensors
	sources  map[string]string // names, by that of a model's first part
	digests  map[string]string // by the name of a model's first part
	vocab    []byte            // cut to what the model knows
	values   []float32         // reused from tensor to tensor
	encoded  []byte
}

// Prepare reads what the checkpoints hold and chooses what to take. One that is nil is left out. The checkpoints are read again until Write has ended.
func Prepare(m Model, clip, vqgan *Checkpoint) (*Conversion, error) {
	if clip == nil && vqgan == nil {
		return nil, errors.New("convert: there is nothing to convert; give -clip FILE, -vqgan FILE or both")
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	c := &Conversion{model: m, sources: map[string]string{}, digests: map[string]string{}, manifest: &weights.Manifest{
		Format: weights.FormatVersion, Name: m.Name, Title: m.Title, About: m.About, Licence: m.Licence, Quant: m.Quant, Suggested: m.Suggested,
	}}
	if clip != nil {
		c.digests[weights.PartText], c.sources[weights.PartText] = clip.Digest, clip.Name
		if err := c.readCLIP(clip); err != nil {
			return nil, err
		}
	}
	if vqgan != nil {
		c.digests[weights.PartDecoder], c.sources[weights.PartDecoder] = vqgan.Digest, vqgan.Name
		if err := c.readVQGAN(vqgan); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (m Model) check() error {
	if !weights.ValidQuant(m.Quant) {
		return fmt.Errorf("convert: -quant %q is unknown; choose one of %s", m.Quant, strings.Join(weights.Quants, ", "))
	}
	if err := recipe.CheckName(m.Name); err != nil {
		return fmt.Errorf("convert: -name %w", err)
	}
	return recipe.CheckSuggestion(m.Suggested)
}

func (c *Conversion) read(from *Checkpoint) (*checkpoint.File, error) {
	return checkpoint.Read(from.Source)
}

// take adds to the report what was found in a checkpoint.
func (c *Conversion) take(f *checkpoint.File, form string, dropped, notes []string) {
	c.report.Sources = append(c.report.Sources, fmt.Sprintf("%s (%s, %d tensors), %s", f.Name, f.Format, len(f.Names), form))
	c.report.Dropped = append(c.report.Dropped, dropped...)
	c.report.Notes = append(c.report.Notes, notes...)
}

func (c *Conversion) readCLIP(from *Checkpoint) error {
	f, err := c.read(from)
	if err != nil {
		return err
	}
	clip, err := importer.ReadCLIP(f, from.Configs)
	if err != nil {
		return err
	}
	c.manifest.CLIP, c.clip = clip.Config, clip.Tensors
	c.take(f, clip.Form, clip.Dropped, clip.Notes)
	c.vocab, err = fitVocab(c.model.Vocab, clip.Config.Merges())
	return err
}

// fitVocab checks that there are enough merges and leaves out those that the model does not know: CLIP's own file has five times
// as many as CLIP uses.
func fitVocab(gzipped []byte, want int) ([]byte, error) {
	merges, err := folder.ParseVocab(gzipped)
	if err != nil {
		return nil, err
	}
	if len(merges) < want {
		return nil, fmt.Errorf("convert: the vocabulary has %d merges, and the token embedding has rows for %d; give the right file with -vocab", len(merges), want)
	}
	if len(merges) == want {
		return gzipped, nil
	}
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is valid
	fmt.Fprintf(z, "#the first %d merges\n%s", want, strings.Join(merges[:want], "\n"))
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("convert: %w", err)
	}
	return b.Bytes(), nil
}

func (c *Conversion) readVQGAN(from *Checkpoint) error {
	f, err := c.read(from)
	if err != nil {
		return err
	}
	vqgan, err := importer.ReadVQGAN(f, from.Configs)
	if err != nil {
		return err
	}
	c.manifest.VQGAN, c.vqgan = vqgan.Config, vqgan.Tensors
	c.manifest.VQGAN.StartCodes = c.model.StartCodes
	if err := c.manifest.VQGAN.Validate(); err != nil {
		return err
	}
	c.take(f, vqgan.Form, vqgan.Dropped, vqgan.Notes)
	return nil
}

// part is one of the manifest's with the tensors that it is made of.
type part struct {
	name string
	from importer.Tensors
}

func (c *Conversion) parts() []part {
	all := []part{{weights.PartText, c.clip}, {weights.PartDecoder, c.vqgan}, {weights.PartImage, c.clip}, {weights.PartEncoder, c.vqgan}}
	return slices.DeleteFunc(all, func(p part) bool { return p.from == nil })
}

// Needs are the bytes of the two checkpoints that Write reads, in its order, for tensors that the writer does not have, and how many bytes those take
// that it has.
func (c *Conversion) Needs(w *folder.Writer) (clip, vqgan []importer.Span, had int64) {
	for _, p := range c.parts() {
		s := w.Part(p.name)
		for _, spec := range c.manifest.Expected(p.name) {
			spans := p.from[spec.Name].Spans()
			switch {
			case s.Has(spec.Name):
				for _, span := range spans {
					had += span.To - span.From
				}
			case p.name == weights.PartText || p.name == weights.PartImage:
				clip = append(clip, spans...)
			default:
				vqgan = append(vqgan, spans...)
			}
		}
	}
	return clip, vqgan, had
}

// Write converts and writes the model, tensor after tensor. After an error nothing is committed.
func (c *Conversion) Write(w *folder.Writer) (*weights.Manifest, Report, error) {
	c.makeRoom()
	for _, part := range c.parts() {
		p, err := c.writePart(w, part)
		if err != nil {
			return nil, Report{}, err
		}
		c.manifest.Parts = append(c.manifest.Parts, p)
	}
	if c.vocab != nil {
		var err error
		if c.manifest.Vocab, err = w.Shard(c.vocab); err != nil {
			return nil, Report{}, err
		}
	}
	for first, second := range map[string]string{weights.PartText: weights.PartImage, weights.PartDecoder: weights.PartEncoder} {
		if want := c.digests[first]; want != "" && Digest(c.manifest, first, second) != want {
			return nil, Report{}, fmt.Errorf("convert: %s: %w", c.sources[first], ErrDigest)
		}
	}
	return c.manifest, c.report, w.Commit(c.manifest)
}

// Digest is the folder.Digest of two parts of a model.
func Digest(m *weights.Manifest, first, second string) string {
	return folder.Digest([]weights.Part{*m.Part(first), *m.Part(second)})
}

// Size is how many bytes Write adds to what the writer has, at most.
func (c *Conversion) Size(w *folder.Writer) int64 {
	size := int64(len(c.vocab)) + weights.MaxShardSize // the bytes that are in no shard yet are written twice
	for _, p := range c.parts() {
		s := w.Part(p.name)
		for _, spec := range c.manifest.Expected(p.name) {
			if !s.Has(spec.Name) {
				size += storedSize(spec, c.model.Quant)
			}
		}
	}
	return size
}

// Stored is about how many bytes the model takes in a quantisation.
func (c *Conversion) Stored(quant string) int64 {
	size := int64(len(c.vocab))
	for _, p := range c.parts() {
		for _, spec := range c.manifest.Expected(p.name) {
			size += storedSize(spec, quant)
		}
	}
	return size
}

// Report is what is known before anything is written.
func (c *Conversion) Report() Report { return c.report }

// storedSize is how many bytes of a shard a tensor takes.
func storedSize(spec weights.Spec, quant string) int64 {
	n := (&weights.Tensor{Shape: spec.Shape}).Elements()
	return weights.Align(weights.EncodedSize(weights.StoredType(quant, spec.Name, spec.Shape), n))
}

// makeRoom takes memory for the largest tensor, once: what grows leaves garbage of its own size behind.
func (c *Conversion) makeRoom() {
	elements, bytes := 0, int64(0)
	for _, p := range c.parts() {
		for _, spec := range c.manifest.Expected(p.name) {
			n := (&weights.Tensor{Shape: spec.Shape}).Elements()
			elements = max(elements, n)
			bytes = max(bytes, weights.EncodedSize(weights.StoredType(c.model.Quant, spec.Name, spec.Shape), n))
		}
	}
	c.values, c.encoded = make([]float32, 0, elements), make([]byte, 0, bytes)
}

func (c *Conversion) writePart(w *folder.Writer, p part) (weights.Part, error) {
	s := w.Part(p.name)
	for _, spec := range c.manifest.Expected(p.name) {
		if s.Has(spec.Name) {
			continue
		}
		r, err := c.encode(spec, p.from[spec.Name])
		if err != nil {
			return weights.Part{}, fmt.Errorf("convert: tensor %s: %w", spec.Name, err)
		}
		if err := s.Tensor(spec.Name, spec.Shape, r.Type, c.encoded); err != nil {
			return weights.Part{}, err
		}
		r.Part = p.name
		c.report.Tensors = append(c.report.Tensors, r)
	}
	return s.Close()
}

// encode reads one tensor into c.values and its stored form into c.encoded. A tensor that the chosen type cannot hold stays f32.
func (c *Conversion) encode(spec weights.Spec, from importer.Tensor) (TensorReport, error) {
	r := TensorReport{Tensor: weights.Tensor{Name: spec.Name, Shape: spec.Shape, Type: weights.StoredType(c.model.Quant, spec.Name, spec.Shape)}}
	var err error
	if c.values, err = from.Append(c.values[:0]); err != nil {
		return r, err
	}
	c.encoded, err = weights.Append(c.encoded[:0], r.Type, c.values)
	if errors.Is(err, weights.ErrRange) {
		r.Type = weights.TypeF32
		c.encoded, err = weights.Append(c.encoded[:0], r.Type, c.values)
	}
	if err != nil {
		return r, err
	}
	r.Size = int64(len(c.encoded))
	if c.Measure {
		err = c.compare(&r)
	}
	return r, err
}

// compare decodes the stored form piece by piece.
func (c *Conversion) compare(r *TensorReport) error {
	var piece [1 << 12]float32
	var errors, values float64
	for from := 0; from < len(c.values); from += len(piece) {
		got := piece[:min(len(piece), len(c.values)-from)]
		if err := weights.Decode(got, r.Type, c.encoded, len(c.values), from); err != nil {
			return err
		}
		for i, v := range c.values[from : from+len(got)] {
			e := float64(got[i]) - float64(v)
			r.MaxAbs = max(r.MaxAbs, math.Abs(e))
			errors += e * e
			values += float64(v) * float64(v)
		}
	}
	if values > 0 {
		r.RelRMS = math.Sqrt(errors / values)
	}
	return nil
}
