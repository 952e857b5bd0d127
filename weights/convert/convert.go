// Package convert turns published checkpoints of CLIP and VQGAN into a model's folder.
package convert

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"

	"reverie/recipe"
	"reverie/weights"
	"reverie/weights/checkpoint"
	"reverie/weights/folder"
	"reverie/weights/importer"
)

// Options says what to convert. An empty CLIP or VQGAN leaves that model out.
type Options struct {
	CLIP        string // checkpoint: OpenAI's .pt, a state_dict, or safetensors
	CLIPConfig  string // config.json or open_clip_config.json; empty: the one beside the checkpoint where its format needs one
	Vocab       []byte // CLIP's gzipped byte-pair merges; those over the vocabulary's size are left out
	VQGAN       string // checkpoint of taming-transformers
	VQGANConfig string // its .yaml; empty: the one beside the checkpoint with the same name
	StartCodes  []int  // the codes that a run starts from; none: all
	Quant       string // one of weights.Quants
	Name        string // of the model, as in its URL
	Title       string // for people; may be empty
	About       string // what it is good at, in one sentence; may be empty
	Licence     string // of the weights; may be empty
	Suggested   recipe.Recipe
	Out         string // folder
}

// Report tells what a conversion did.
type Report struct {
	Sources []string // the checkpoints and their formats
	Tensors []TensorReport
	Dropped []string // tensors of the checkpoints that were not taken
	Notes   []string // what was assumed
}

// TensorReport compares one stored tensor with the checkpoint's.
type TensorReport struct {
	weights.Tensor
	Part   string
	MaxAbs float64 // largest difference of an element
	RelRMS float64 // root mean square of the differences over that of the values
}

// Run converts and writes the folder. On an error nothing is left behind, and a model that was in the folder stays.
func Run(o Options) (*weights.Manifest, Report, error) {
	c := &conversion{Options: o, manifest: &weights.Manifest{
		Format: weights.FormatVersion, Name: o.Name, Title: o.Title, About: o.About, Licence: o.Licence, Quant: o.Quant, Suggested: o.Suggested,
	}}
	defer c.close()
	if err := c.run(); err != nil {
		return nil, Report{}, err
	}
	return c.manifest, c.report, nil
}

type conversion struct {
	Options
	manifest *weights.Manifest
	report   Report
	clip     importer.Tensors
	vqgan    importer.Tensors
	files    []*checkpoint.File
	values   []float32 // reused from tensor to tensor
	encoded  []byte
}

func (c *conversion) close() {
	for _, f := range c.files {
		f.Close()
	}
}

func (c *conversion) run() error {
	if err := c.checkOptions(); err != nil {
		return err
	}
	var vocab []byte
	if c.CLIP != "" {
		var err error
		if vocab, err = c.openCLIP(); err != nil {
			return err
		}
	}
	if c.VQGAN != "" {
		if err := c.openVQGAN(); err != nil {
			return err
		}
	}
	w, err := folder.Create(c.Out)
	if err != nil {
		return err
	}
	if err := c.write(w, vocab); err != nil {
		w.Abort()
		return err
	}
	return nil
}

func (c *conversion) checkOptions() error {
	switch {
	case c.CLIP == "" && c.VQGAN == "":
		return errors.New("convert: there is nothing to convert; give -clip FILE, -vqgan FILE or both")
	case !weights.ValidQuant(c.Quant):
		return fmt.Errorf("convert: -quant %q is unknown; choose one of %s", c.Quant, strings.Join(weights.Quants, ", "))
	case c.Out == "":
		return errors.New("convert: give -o DIR, the folder to write")
	}
	if err := recipe.CheckName(c.Name); err != nil {
		return fmt.Errorf("convert: -name %w", err)
	}
	return recipe.CheckSuggestion(c.Suggested)
}

func (c *conversion) open(path string) (*checkpoint.File, error) {
	f, err := checkpoint.Open(path)
	if err != nil {
		return nil, err
	}
	c.files = append(c.files, f)
	c.report.Sources = append(c.report.Sources, fmt.Sprintf("%s (%s, %d tensors)", filepath.Base(path), f.Format, len(f.Names)))
	return f, nil
}

func (c *conversion) openCLIP() (vocab []byte, err error) {
	f, err := c.open(c.CLIP)
	if err != nil {
		return nil, err
	}
	clip, err := importer.ReadCLIP(f, c.CLIPConfig)
	if err != nil {
		return nil, err
	}
	c.manifest.CLIP, c.clip = clip.Config, clip.Tensors
	c.report.Dropped = append(c.report.Dropped, clip.Dropped...)
	c.report.Notes = append(c.report.Notes, clip.Notes...)
	return fitVocab(c.Vocab, clip.Config.Merges())
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

func (c *conversion) openVQGAN() error {
	f, err := c.open(c.VQGAN)
	if err != nil {
		return err
	}
	config := c.VQGANConfig
	if config == "" {
		config = strings.TrimSuffix(c.VQGAN, filepath.Ext(c.VQGAN)) + ".yaml"
		if _, err := os.Stat(config); err != nil {
			return fmt.Errorf("convert: %s needs its configuration; give the .yaml that was published with it as -vqgan-config FILE", filepath.Base(c.VQGAN))
		}
	}
	vqgan, err := importer.ReadVQGAN(f, config)
	if err != nil {
		return err
	}
	c.manifest.VQGAN, c.vqgan = vqgan.Config, vqgan.Tensors
	c.manifest.VQGAN.StartCodes = c.StartCodes
	if err := c.manifest.VQGAN.Validate(); err != nil {
		return err
	}
	c.report.Dropped = append(c.report.Dropped, vqgan.Dropped...)
	c.report.Notes = append(c.report.Notes, vqgan.Notes...)
	return nil
}

func (c *conversion) write(w *folder.Writer, vocab []byte) error {
	m := c.manifest
	for _, part := range []struct {
		name string
		from importer.Tensors
	}{{weights.PartText, c.clip}, {weights.PartDecoder, c.vqgan}, {weights.PartImage, c.clip}, {weights.PartEncoder, c.vqgan}} {
		if part.from == nil {
			continue
		}
		p, err := c.writePart(w, part.name, part.from)
		if err != nil {
			return err
		}
		m.Parts = append(m.Parts, p)
	}
	if vocab != nil {
		var err error
		if m.Vocab, err = w.Shard(vocab); err != nil {
			return err
		}
	}
	return w.Commit(m)
}

func (c *conversion) writePart(w *folder.Writer, name string, from importer.Tensors) (weights.Part, error) {
	s := w.Part(name)
	for _, spec := range c.manifest.Expected(name) {
		r, err := c.encode(spec, from[spec.Name])
		if err != nil {
			return weights.Part{}, fmt.Errorf("convert: tensor %s: %w", spec.Name, err)
		}
		if err := s.Tensor(spec.Name, spec.Shape, r.Type, c.encoded); err != nil {
			return weights.Part{}, err
		}
		r.Part = name
		c.report.Tensors = append(c.report.Tensors, r)
	}
	return s.Close()
}

// encode reads one tensor into c.values and its stored form into c.encoded. A tensor that the chosen type cannot hold stays f32.
func (c *conversion) encode(spec weights.Spec, from importer.Tensor) (TensorReport, error) {
	r := TensorReport{Tensor: weights.Tensor{Name: spec.Name, Shape: spec.Shape, Type: weights.StoredType(c.Quant, spec.Name, spec.Shape)}}
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
	return r, c.compare(&r)
}

// compare decodes the stored form piece by piece.
func (c *conversion) compare(r *TensorReport) error {
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
