//go:build !js

package convert

import (
	"errors"
	"fmt"
	"path/filepath"

	"reverie/weights"
	"reverie/weights/folder"
	"reverie/weights/foreign"
	"reverie/weights/importer"
)

// Options says what to convert of the disk. An empty CLIP or VQGAN leaves that model out.
type Options struct {
	Model
	CLIP        string // checkpoint: OpenAI's .pt, a state_dict, or safetensors
	CLIPConfig  string // config.json or open_clip_config.json; empty: the one beside the checkpoint where its format needs one
	VQGAN       string // checkpoint of taming-transformers or a relative
	VQGANConfig string // its .yaml or config.json; empty: the one beside the checkpoint or, without one, what the shapes tell
	CLIPDigest  string // Digest of its parts in this quantisation, where somebody has told it; another is refused
	VQGANDigest string
	Out         string // folder
}

// Run converts and writes the folder. On an error nothing is left behind, and a model that was in the folder stays.
func Run(o Options) (*weights.Manifest, Report, error) {
	if o.CLIP == "" && o.VQGAN == "" {
		_, err := Prepare(o.Model, nil, nil)
		return nil, Report{}, err
	}
	clip, closeCLIP, err := open(o.CLIP, o.CLIPConfig, o.CLIPDigest)
	if err != nil {
		return nil, Report{}, err
	}
	defer closeCLIP()
	vqgan, closeVQGAN, err := open(o.VQGAN, o.VQGANConfig, o.VQGANDigest)
	if err != nil {
		return nil, Report{}, err
	}
	defer closeVQGAN()
	c, err := Prepare(o.Model, clip, vqgan)
	if err != nil {
		return nil, Report{}, err
	}
	if o.Out == "" {
		return nil, Report{}, errors.New("convert: give -o DIR, the folder to write")
	}
	w, err := folder.Create(o.Out)
	if err != nil {
		return nil, Report{}, err
	}
	c.Measure = true
	m, report, err := c.Write(w)
	if err != nil {
		w.Abort()
		return nil, Report{}, err
	}
	return m, report, nil
}

// open opens a checkpoint of the disk, or nothing where there is no path. A configuration that was chosen lies in a folder of its own, perhaps.
func open(path, config, digest string) (*Checkpoint, func(), error) {
	if path == "" {
		return nil, func() {}, nil
	}
	f, size, err := foreign.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("convert: %s: %w", filepath.Base(path), err)
	}
	c := &Checkpoint{Source: foreign.Source{Name: filepath.Base(path), Size: size, ReaderAt: f}, Digest: digest}
	dir := filepath.Dir(path)
	if config != "" {
		data, err := readConfig(config)
		if err != nil {
			f.Close()
			return nil, nil, fmt.Errorf("convert: %s: %w", filepath.Base(config), err)
		}
		c.Configs.Chosen, dir = &importer.Text{Name: filepath.Base(config), Data: data}, filepath.Dir(config)
	}
	c.Configs.Beside = func(name string) ([]byte, error) { return readConfig(filepath.Join(dir, name)) }
	return c, func() { f.Close() }, nil
}

func readConfig(path string) ([]byte, error) {
	return foreign.ReadFile(path, "a configuration", importer.MaxConfig)
}
