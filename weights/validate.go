package weights

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"reverie/recipe"
)

// partOrder is the order in which parts stand in a manifest.
var partOrder = []string{PartText, PartDecoder, PartImage, PartEncoder}

// maxElements bounds one tensor, so that sizes and offsets cannot overflow.
const maxElements = 1 << 34

// Validate checks everything that can be known without the shards: names and sizes, the layout of every stream, the
// configuration, and that the tensors are exactly those which the configuration asks for. The error says what is wrong first.
func (m *Manifest) Validate() error {
	if m.Format != FormatVersion {
		return fmt.Errorf("weights: the manifest has format %d, and this program reads format %d", m.Format, FormatVersion)
	}
	if err := recipe.CheckName(m.Name); err != nil {
		return fmt.Errorf("weights: %w", err)
	}
	if !ValidQuant(m.Quant) {
		return fmt.Errorf("weights: quant is %.20q and must be %s", m.Quant, strings.Join(Quants, ", "))
	}
	for _, text := range []string{m.Title, m.About, m.Licence} {
		if strings.ContainsFunc(text, unicode.IsControl) {
			return fmt.Errorf("weights: title, about and licence must be one line of text each, and %.200q is not", text)
		}
	}
	if err := recipe.CheckSuggestion(m.Suggested); err != nil {
		return fmt.Errorf("weights: %w", err)
	}
	if err := m.validateModels(); err != nil {
		return err
	}
	next := 0
	for i := range m.Parts {
		p := &m.Parts[i]
		at := slices.Index(partOrder, p.Name)
		if at < next {
			return fmt.Errorf("weights: part %.40q is unknown, there twice or not in the order %s", p.Name, strings.Join(partOrder, ", "))
		}
		next = at + 1
		if err := p.validate(); err != nil {
			return err
		}
		if err := Check(p.Tensors, m.Expected(p.Name)); err != nil {
			return err
		}
	}
	return nil
}

func (m *Manifest) validateModels() error {
	if !m.HasCLIP() && !m.HasVQGAN() {
		return fmt.Errorf("weights: the manifest has no parts")
	}
	for _, pair := range [][2]string{{PartText, PartImage}, {PartDecoder, PartEncoder}} {
		if (m.Part(pair[0]) == nil) != (m.Part(pair[1]) == nil) {
			return fmt.Errorf("weights: parts %s and %s go together, and one is missing", pair[0], pair[1])
		}
	}
	if m.HasCLIP() {
		if err := m.CLIP.Validate(); err != nil {
			return err
		}
		if err := m.Vocab.validate("the vocabulary"); err != nil {
			return err
		}
	} else if m.CLIP != (CLIPConfig{}) || m.Vocab != (Shard{}) {
		return fmt.Errorf("weights: the manifest configures a CLIP or vocabulary but has no part of CLIP")
	}
	if m.HasVQGAN() {
		return m.VQGAN.Validate()
	}
	if !reflect.ValueOf(m.VQGAN).IsZero() {
		return fmt.Errorf("weights: the manifest configures a VQGAN but has no part of it")
	}
	return nil
}

func (s Shard) validate(what string) error {
	if len(s.SHA256) != 64 || strings.Trim(s.SHA256, "0123456789abcdef") != "" {
		return fmt.Errorf("weights: %s has the SHA-256 %.80q, which is not 64 lower-case hexadecimal digits", what, s.SHA256)
	}
	if s.Size < 1 || s.Size > MaxShardSize {
		return fmt.Errorf("weights: %s has %d bytes and must have 1 to %d", what, s.Size, MaxShardSize)
	}
	return nil
}

// validate checks that the tensors tile the stream: each begins where the one before ended, aligned, and nothing is left over.
func (p *Part) validate() error {
	for i, s := range p.Shards {
		if err := s.validate(fmt.Sprintf("shard %d of part %s", i, p.Name)); err != nil {
			return err
		}
	}
	var end int64
	for _, t := range p.Tensors {
		n, err := elements(t.Shape)
		if err != nil {
			return fmt.Errorf("weights: tensor %.200q: %w", t.Name, err)
		}
		size := EncodedSize(t.Type, n)
		switch {
		case size < 0:
			return fmt.Errorf("weights: tensor %.200q has type %.20q and must have %s", t.Name, t.Type, Types)
		case t.Size != size:
			return fmt.Errorf("weights: tensor %.200q has %d bytes, but its shape %v in %s takes %d", t.Name, t.Size, dims(t.Shape), t.Type, size)
		case t.Offset != end:
			return fmt.Errorf("weights: tensor %.200q begins at byte %d of part %s and must begin at %d", t.Name, t.Offset, p.Name, end)
		}
		end = Align(end + size)
		if end > int64(len(p.Shards))*MaxShardSize {
			return fmt.Errorf("weights: tensor %.200q ends outside the shards of part %s", t.Name, p.Name)
		}
	}
	if p.Size() != end {
		return fmt.Errorf("weights: the shards of part %s have %d bytes, and its tensors take %d", p.Name, p.Size(), end)
	}
	return nil
}

func elements(shape []int) (int, error) {
	n := 1
	for _, d := range shape {
		if d < 1 || d > maxElements/n {
			return 0, fmt.Errorf("shape %v is not one of 1 to %d elements", dims(shape), int64(maxElements))
		}
		n *= d
	}
	return n, nil
}

// dims is a shape in a message, which has no more than a few words for it.
type dims []int

func (d dims) String() string {
	const most = 8
	if len(d) > most {
		return fmt.Sprintf("%v and %d more", []int(d[:most]), len(d)-most)
	}
	return fmt.Sprint([]int(d))
}

// Expected lists the tensors of a part in the order in which they are stored.
func (m *Manifest) Expected(part string) []Spec {
	switch part {
	case PartText:
		return m.CLIP.TextTensors()
	case PartDecoder:
		return m.VQGAN.DecoderTensors()
	case PartImage:
		return m.CLIP.ImageTensors()
	case PartEncoder:
		return m.VQGAN.EncoderTensors()
	}
	return nil
}

// Check compares tensors with what a configuration wants. A missing, extra, doubled or misshapen tensor is an error that names it.
func Check(have []Tensor, want []Spec) error {
	found := make(map[string][]int, len(have))
	for _, t := range have {
		if _, twice := found[t.Name]; twice {
			return fmt.Errorf("weights: tensor %.200q is there twice", t.Name)
		}
		found[t.Name] = t.Shape
	}
	for _, w := range want {
		shape, ok := found[w.Name]
		if !ok {
			return fmt.Errorf("weights: tensor %s is missing; the configuration wants it with shape %v", w.Name, w.Shape)
		}
		if !slices.Equal(shape, w.Shape) {
			return fmt.Errorf("weights: tensor %s is %v, the configuration wants %v", w.Name, dims(shape), w.Shape)
		}
		delete(found, w.Name)
	}
	for _, t := range have {
		if _, extra := found[t.Name]; extra {
			return fmt.Errorf("weights: tensor %.200q is not part of the configured model", t.Name)
		}
	}
	return nil
}
