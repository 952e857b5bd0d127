// Package weights defines how Reverie keeps model weights on disk and on a static server, and converts published
// checkpoints into that form.
//
// A model is a folder with manifest.json and shards. A shard is named by the SHA-256 of its bytes and holds at most
// MaxShardSize bytes, so any static host or CDN can serve it for ever and a reader can check every piece by itself.
package weights

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"

	"reverie/recipe"
	"reverie/weights/foreign"
)

// MaxShardSize is the largest shard in bytes.
const MaxShardSize = 8 << 20

// MaxVocabText is how many bytes a vocabulary may have when it is unpacked: ten times CLIP's own.
const MaxVocabText = 32 << 20

// FormatVersion is the only manifest format this package reads and writes.
const FormatVersion = 1

// MaxManifest is more than the manifest of any model takes, in bytes. Read, it may take a hundred times as much: three bytes can be a tensor.
const MaxManifest = 2 << 20

// ManifestFile is the manifest's name in a model's folder.
const ManifestFile = "manifest.json"

// Manifest describes one CLIP + VQGAN pair, or one of the two alone: the parts that are present decide (see HasCLIP and
// HasVQGAN), and the configuration and vocabulary of an absent model are zero. It is manifest.json in a model's folder.
type Manifest struct {
	Format  int         `json:"format"`
	Name    string      `json:"name"`
	Title   string      `json:"title,omitempty"`
	About   string      `json:"about,omitempty"` // one sentence for people: what the model is good at
	Licence string      `json:"licence,omitempty"`
	Quant   string      `json:"quant"` // as asked of convert: f32, f16, q8, q4
	CLIP    CLIPConfig  `json:"clip"`
	VQGAN   VQGANConfig `json:"vqgan"`
	Vocab   Shard       `json:"vocab"` // the gzipped byte-pair merges
	// Suggested are settings with which the model draws best.
	Suggested recipe.Recipe `json:"suggested,omitzero"`
	// Parts in the order in which a reader wants them: text, decoder, image, encoder.
	Parts []Part `json:"parts"`
}

// The names of the parts.
const (
	PartText    = "text"    // CLIP's text tower, needed once per prompt
	PartDecoder = "decoder" // VQGAN's codebook, post_quant_conv and decoder
	PartImage   = "image"   // CLIP's image tower
	PartEncoder = "encoder" // VQGAN's encoder and quant_conv, needed for start images only
)

// Part is a byte stream cut into shards, and the tensors that lie in it.
type Part struct {
	Name    string   `json:"name"`
	Shards  []Shard  `json:"shards"`
	Tensors []Tensor `json:"tensors"`
}

// Shard is one content-addressed file.
type Shard struct {
	SHA256 string `json:"sha256"` // lower-case hex; also the file's name
	Size   int64  `json:"size"`
}

// Tensor is one weight under its official name (OpenAI CLIP's or taming-transformers').
//
// Its bytes are Size bytes at Offset of the part's stream (the shards one after another), row-major, little-endian. Offset is a
// multiple of 16. Type f32 and f16 are plain. The block types q8, q6, q5 and q4 are planes (see Planes), each zero-padded to a
// multiple of 16 bytes: n quants of so many bits, then ceil(n/32) float16 scales; element i is quant[i]·scale[i/32].
type Tensor struct {
	Name   string `json:"name"`
	Shape  []int  `json:"shape"`
	Type   string `json:"type"`
	Offset int64  `json:"offset"`
	Size   int64  `json:"size"`
}

// CLIPConfig is what the shapes of CLIP's tensors do not all tell. The image tower is a vision transformer or, where ResNetBlocks is
// set, OpenAI's modified ResNet: PatchSize is then the pixels per point of its last feature map along one axis, VisionWidth
// the channels after its stem, VisionLayers its blocks in all and VisionHeads the heads of its attention pooling.
type CLIPConfig struct {
	ImageSize     int        `json:"image_size"`
	PatchSize     int        `json:"patch_size"`
	VisionWidth   int        `json:"vision_width"`
	VisionLayers  int        `json:"vision_layers"`
	VisionHeads   int        `json:"vision_heads"`
	TextWidth     int        `json:"text_width"`
	TextLayers    int        `json:"text_layers"`
	TextHeads     int        `json:"text_heads"`
	ContextLength int        `json:"context_length"`
	VocabSize     int        `json:"vocab_size"`
	EmbedDim      int        `json:"embed_dim"`
	Activation    string     `json:"activation"` // quick_gelu or gelu
	Mean          [3]float32 `json:"mean"`
	Std           [3]float32 `json:"std"`
	ResNetBlocks  [4]int     `json:"resnet_blocks,omitzero"` // of each stage
}

// VQGANConfig is taming-transformers' ddconfig and quantiser, for VQModel and GumbelVQ.
type VQGANConfig struct {
	Gumbel          bool  `json:"gumbel"`
	Ch              int   `json:"ch"`
	ChMult          []int `json:"ch_mult"`
	NumResBlocks    int   `json:"num_res_blocks"`
	AttnResolutions []int `json:"attn_resolutions"`
	Resolution      int   `json:"resolution"`
	ZChannels       int   `json:"z_channels"`
	InChannels      int   `json:"in_channels"`
	OutCh           int   `json:"out_ch"`
	EmbedDim        int   `json:"embed_dim"`
	NEmbed          int   `json:"n_embed"`
	// StartCodes are the codes of which a run without a start picture makes its first tokens: quiet ones let one thing grow
	// where all codes would leave clutter. None stands for all.
	StartCodes []int `json:"start_codes,omitempty"`
}

// Factor is the number of pixels per token along one axis: 2^(levels-1).
func (c VQGANConfig) Factor() int { return 1 << (len(c.ChMult) - 1) }

// Part returns the part of that name, or nil.
func (m *Manifest) Part(name string) *Part {
	for i := range m.Parts {
		if m.Parts[i].Name == name {
			return &m.Parts[i]
		}
	}
	return nil
}

// HasCLIP reports whether the model holds CLIP's two parts.
func (m *Manifest) HasCLIP() bool { return m.Part(PartText) != nil || m.Part(PartImage) != nil }

// HasVQGAN reports whether the model holds VQGAN's two parts.
func (m *Manifest) HasVQGAN() bool { return m.Part(PartDecoder) != nil || m.Part(PartEncoder) != nil }

// CLIPFiles are the shards that CLIP takes, with its vocabulary, and their sizes in bytes by name: each is there once.
func (m *Manifest) CLIPFiles() map[string]int64 {
	files := m.files(PartText, PartImage)
	if m.HasCLIP() {
		files[m.Vocab.SHA256] = m.Vocab.Size
	}
	return files
}

// VQGANFiles are the shards that VQGAN takes.
func (m *Manifest) VQGANFiles() map[string]int64 { return m.files(PartDecoder, PartEncoder) }

// Files are all of a model's shards.
func (m *Manifest) Files() map[string]int64 {
	files := m.CLIPFiles()
	maps.Copy(files, m.VQGANFiles())
	return files
}

func (m *Manifest) files(parts ...string) map[string]int64 {
	files := map[string]int64{}
	for _, name := range parts {
		if p := m.Part(name); p != nil {
			for _, s := range p.Shards {
				files[s.SHA256] = s.Size
			}
		}
	}
	return files
}

// Pair is the model that has its CLIP from one manifest and its VQGAN from another. It has no folder of its own and cannot be encoded.
func Pair(clip, vqgan *Manifest) *Manifest {
	m := &Manifest{Format: FormatVersion, Name: recipe.Pairing(clip.Name, vqgan.Name), Title: title(clip) + " + " + title(vqgan), Quant: clip.Quant,
		CLIP: clip.CLIP, Vocab: clip.Vocab, VQGAN: vqgan.VQGAN, Suggested: recipe.SuggestedByPair(clip.Suggested, vqgan.Suggested)}
	for _, name := range partOrder {
		from := clip
		if name == PartDecoder || name == PartEncoder {
			from = vqgan
		}
		if p := from.Part(name); p != nil {
			m.Parts = append(m.Parts, *p)
		}
	}
	return m
}

func title(m *Manifest) string {
	if m.Title == "" {
		return m.Name
	}
	return m.Title
}

// Parse reads manifest.json and validates it.
func Parse(data []byte) (*Manifest, error) {
	m := new(Manifest)
	if len(data) > MaxManifest {
		return nil, fmt.Errorf("weights: the manifest has %d bytes and must have at most %d", len(data), MaxManifest)
	}
	if err := foreign.JSON(data, m, "a manifest"); err != nil {
		return nil, fmt.Errorf("weights: the manifest cannot be read: %w", err)
	}
	if err := m.Validate(); err != nil {
		return nil, err
	}
	return m, nil
}

// Encode writes the manifest as JSON with one shard or tensor per line, so that it can be read and compared. It refuses a manifest
// that Parse would refuse.
func (m *Manifest) Encode() ([]byte, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	head := *m
	head.Parts = nil
	b, err := json.Marshal(head)
	if err != nil {
		return nil, fmt.Errorf("weights: %w", err)
	}
	b = append(bytes.TrimSuffix(b, []byte("null}")), '[') // parts is the last field
	for i, p := range m.Parts {
		if i > 0 {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, "\n{\"name\":%q,\"shards\":[", p.Name)
		if b, err = appendLines(b, p.Shards); err != nil {
			return nil, err
		}
		b = append(b, `],"tensors":[`...)
		if b, err = appendLines(b, p.Tensors); err != nil {
			return nil, err
		}
		b = append(b, "]}"...)
	}
	return append(b, "]}\n"...), nil
}

func appendLines[T any](b []byte, items []T) ([]byte, error) {
	for i, item := range items {
		line, err := json.Marshal(item)
		if err != nil {
			return nil, fmt.Errorf("weights: %w", err)
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(b, '\n'), line...)
	}
	return b, nil
}

// Find returns the tensor of that name in the part, or nil.
func (p *Part) Find(name string) *Tensor {
	for i := range p.Tensors {
		if p.Tensors[i].Name == name {
			return &p.Tensors[i]
		}
	}
	return nil
}

// Size is the length of the part's stream in bytes.
func (p *Part) Size() int64 {
	var n int64
	for _, s := range p.Shards {
		n += s.Size
	}
	return n
}

// Elements is the number of elements of a validated tensor.
func (t *Tensor) Elements() int {
	n := 1
	for _, d := range t.Shape {
		n *= d
	}
	return n
}
