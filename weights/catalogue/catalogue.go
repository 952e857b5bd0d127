// Package catalogue lists the published models that can be fetched: data, because sources rot.
package catalogue

import (
	"bytes"
	_ "embed"
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"reverie/recipe"
	"reverie/weights"
	"reverie/weights/foreign"
)

//go:embed catalogue.yaml
var own []byte

// MaxSize is more than any catalogue takes, in bytes.
const MaxSize = 256 << 10

// Catalogue is what can be fetched.
type Catalogue struct {
	Hosts  []Host  `yaml:"hosts"`
	Files  []File  `yaml:"files"`
	Models []Model `yaml:"models"`
}

// Host is an origin that lets pages of other origins read its files by ranges.
type Host struct {
	Origin string   `yaml:"origin"` // such as https://example.org
	SendOn []string `yaml:"sendon"` // where it sends a page on to, as a Content-Security-Policy names it: an origin, or https://*.example.org
}

// File is one published checkpoint.
type File struct {
	Name    string   `yaml:"name"`    // under which it is kept
	Sources []string `yaml:"sources"` // URLs, tried in order
	SHA256  string   `yaml:"sha256"`  // empty where no source states one
	Size    int      `yaml:"size"`    // in millions of bytes, approximate
	Needed  int      `yaml:"needed"`  // how many of these a page fetches, where they are fewer
	Licence string   `yaml:"licence"`
	Notice  string   `yaml:"notice"` // what its publisher wants users to know
	Config  string   `yaml:"config"` // of a VQGAN, as taming-transformers writes it

	ID      string            `yaml:"id"`      // under which it is fetched by itself; may be empty
	Kind    string            `yaml:"kind"`    // clip or vqgan; empty: what its configuration tells
	Title   string            `yaml:"title"`   // for people
	About   string            `yaml:"about"`   // what it is good at
	Bytes   int64             `yaml:"bytes"`   // exactly, where it is known
	MB      map[string]int    `yaml:"mb"`      // what it takes converted, by quantisation, in millions of bytes
	Digests map[string]string `yaml:"digests"` // convert.Digest of its parts, by quantisation
}

// The kinds of files.
const (
	CLIP  = "clip"
	VQGAN = "vqgan"
)

// IsVQGAN reports whether the file is a VQGAN.
func (f File) IsVQGAN() bool { return f.Kind == VQGAN || f.Kind == "" && f.Config != "" }

// Model is a pair to convert, or one of the two alone.
type Model struct {
	Name  string `yaml:"name"`
	Title string `yaml:"title"`
	About string `yaml:"about"` // what it is good at
	CLIP  string `yaml:"clip"`  // names of files
	VQGAN string `yaml:"vqgan"`

	Suggested bool `yaml:"suggested"` // to whoever has not chosen
}

// Own is the catalogue of this program.
func Own() (*Catalogue, error) { return Parse(own) }

// Parse reads a catalogue and checks all that can be known without the network.
func Parse(data []byte) (*Catalogue, error) {
	if err := foreign.Recognise(data[:min(len(data), foreign.HeadSize)], "a catalogue"); err != nil {
		return nil, fmt.Errorf("catalogue: %w", err)
	}
	c := new(Catalogue)
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(c); err != nil {
		return nil, fmt.Errorf("catalogue: %w", foreign.YAML(err, "a catalogue"))
	}
	for _, h := range c.Hosts {
		if err := h.validate(); err != nil {
			return nil, err
		}
	}
	seen := map[string]bool{}
	for _, f := range c.Files {
		if err := f.validate(); err != nil {
			return nil, err
		}
		if seen[f.Name] {
			return nil, fmt.Errorf("catalogue: file %s is there twice", f.Name)
		}
		seen[f.Name] = true
	}
	names := map[string]bool{}
	for _, f := range c.Files {
		if names[f.ID] {
			return nil, fmt.Errorf("catalogue: the id %s is there twice", f.ID)
		}
		names[f.ID] = f.ID != ""
	}
	for _, m := range c.Models {
		if err := recipe.CheckName(m.Name); err != nil {
			return nil, fmt.Errorf("catalogue: %w", err)
		}
		switch {
		case names[m.Name]:
			return nil, fmt.Errorf("catalogue: model %s is there twice", m.Name)
		case !seen[m.CLIP] || !seen[m.VQGAN]:
			return nil, fmt.Errorf("catalogue: model %s wants the files %.80q and %.80q, which must both be listed", m.Name, m.CLIP, m.VQGAN)
		case !c.file(m.VQGAN).IsVQGAN():
			return nil, fmt.Errorf("catalogue: file %s needs a config, because it is the VQGAN of model %s", m.VQGAN, m.Name)
		case c.file(m.CLIP).IsVQGAN():
			return nil, fmt.Errorf("catalogue: file %s is a VQGAN, and model %s has it as its CLIP", m.CLIP, m.Name)
		}
		names[m.Name] = true
	}
	return c, nil
}

// originPattern is what may stand in a policy: nothing else could end the directive, or widen it to any host.
var originPattern = regexp.MustCompile(`^https?://(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:[0-9]+)?$`)

func (h Host) validate() error {
	for _, o := range append([]string{h.Origin}, h.SendOn...) {
		if !originPattern.MatchString(o) || strings.Contains(h.Origin, "*") {
			return fmt.Errorf("catalogue: the host %.100q is no origin such as https://example.org", o)
		}
	}
	return nil
}

// Origins are those that a page has to reach to fetch what Readable lists: the hosts and where they send pages on to, each once.
func (c *Catalogue) Origins() []string {
	var list []string
	for _, h := range c.Hosts {
		for _, o := range append([]string{h.Origin}, h.SendOn...) {
			if !slices.Contains(list, o) {
				list = append(list, o)
			}
		}
	}
	return list
}

// Readable are the sources of a file that pages may read, in their order.
func (c *Catalogue) Readable(f File) []string {
	var list []string
	for _, s := range f.Sources {
		if slices.ContainsFunc(c.Hosts, func(h Host) bool { return strings.HasPrefix(s, h.Origin+"/") }) {
			list = append(list, s)
		}
	}
	return list
}

func (f File) validate() error {
	if f.Name == "" || f.Name != filepath.Base(f.Name) || strings.HasPrefix(f.Name, ".") || strings.ContainsAny(f.Name, `/\`) {
		return fmt.Errorf("catalogue: the file's name %.80q cannot be used", f.Name)
	}
	if f.SHA256 != "" && (len(f.SHA256) != 64 || strings.Trim(f.SHA256, "0123456789abcdef") != "") {
		return fmt.Errorf("catalogue: file %s has the SHA-256 %.80q, which is not 64 lower-case hexadecimal digits", f.Name, f.SHA256)
	}
	if f.ID != "" {
		if err := recipe.CheckName(f.ID); err != nil {
			return fmt.Errorf("catalogue: file %s: its id %w", f.Name, err)
		}
	}
	if f.Kind != "" && f.Kind != CLIP && f.Kind != VQGAN {
		return fmt.Errorf("catalogue: file %s is of kind %.20q, and must be %s or %s", f.Name, f.Kind, CLIP, VQGAN)
	}
	for quant := range f.Digests {
		if !weights.ValidQuant(quant) {
			return fmt.Errorf("catalogue: file %s has a digest for %.20q, which is no quantisation", f.Name, quant)
		}
	}
	for _, s := range f.Sources {
		if u, err := url.Parse(s); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
			return fmt.Errorf("catalogue: file %s has the source %.200q, which is not an http address", f.Name, s)
		}
	}
	return nil
}

func (c *Catalogue) file(name string) File {
	for _, f := range c.Files {
		if f.Name == name {
			return f
		}
	}
	return File{}
}

// Find returns a model and its two files. The name of one may be a file's id: then the other is empty.
func (c *Catalogue) Find(name string) (m Model, clip, vqgan File, err error) {
	names := make([]string, len(c.Models))
	for i, m := range c.Models {
		if m.Name == name {
			return m, c.file(m.CLIP), c.file(m.VQGAN), nil
		}
		names[i] = m.Name
	}
	for _, f := range c.Files {
		switch {
		case f.ID == "":
		case f.ID != name:
			names = append(names, f.ID)
		case f.IsVQGAN():
			return Model{Name: f.ID, Title: f.Title, About: f.About, VQGAN: f.Name}, File{}, f, nil
		default:
			return Model{Name: f.ID, Title: f.Title, About: f.About, CLIP: f.Name}, f, File{}, nil
		}
	}
	return m, clip, vqgan, fmt.Errorf("catalogue: there is no model %.80q; there are %s", name, strings.Join(names, ", "))
}
