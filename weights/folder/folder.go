// Package folder keeps a model in a folder: manifest.json and one file per shard.
package folder

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"

	"reverie/weights"
)

// Manifest reads and validates the manifest of a model's folder.
func Manifest(fsys fs.FS) (*weights.Manifest, error) {
	info, err := fs.Stat(fsys, weights.ManifestFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("weights: there is no %s, so this is not a model's folder", weights.ManifestFile)
	}
	if err != nil {
		return nil, fmt.Errorf("weights: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() > weights.MaxManifest {
		return nil, fmt.Errorf("weights: %s is no file of at most %d bytes, so it is not a model's", weights.ManifestFile, weights.MaxManifest)
	}
	data, err := fs.ReadFile(fsys, weights.ManifestFile)
	if err != nil {
		return nil, fmt.Errorf("weights: %w", err)
	}
	return weights.Parse(data)
}

// Shard reads one shard and checks its size and SHA-256. The owner ("part decoder") is for the error.
func Shard(fsys fs.FS, s weights.Shard, owner string) ([]byte, error) {
	info, err := fs.Stat(fsys, s.SHA256)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("weights: shard %s of %s is missing", s.SHA256, owner)
	}
	if err != nil {
		return nil, fmt.Errorf("weights: %w", err)
	}
	if info.Size() != s.Size {
		return nil, fmt.Errorf("weights: shard %s of %s has %d bytes and must have %d; it is damaged", s.SHA256, owner, info.Size(), s.Size)
	}
	data, err := fs.ReadFile(fsys, s.SHA256)
	if err != nil {
		return nil, fmt.Errorf("weights: %w", err)
	}
	if Sum(data) != s.SHA256 {
		return nil, fmt.Errorf("weights: shard %s of %s is damaged (its SHA-256 is %s)", s.SHA256, owner, Sum(data))
	}
	return data, nil
}

// Sum is a shard's name: the SHA-256 of its bytes in lower-case hexadecimal.
func Sum(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Verify reads a model's folder whole and checks its manifest, every shard and the vocabulary.
func Verify(fsys fs.FS) (*weights.Manifest, error) {
	m, err := Manifest(fsys)
	if err != nil {
		return nil, err
	}
	for _, p := range m.Parts {
		for _, s := range p.Shards {
			if _, err := Shard(fsys, s, "part "+p.Name); err != nil {
				return nil, err
			}
		}
	}
	if m.HasCLIP() {
		data, err := Shard(fsys, m.Vocab, "the vocabulary")
		if err != nil {
			return nil, err
		}
		merges, err := weights.ParseVocab(data)
		if err != nil {
			return nil, err
		}
		if len(merges) != m.CLIP.Merges() {
			return nil, fmt.Errorf("weights: the vocabulary has %d merges, and the configuration wants %d", len(merges), m.CLIP.Merges())
		}
	}
	return m, nil
}

// Tensor reads one tensor as float32, checking the shards that it lies in.
func Tensor(fsys fs.FS, p *weights.Part, name string) ([]float32, error) {
	t := p.Find(name)
	if t == nil {
		return nil, fmt.Errorf("weights: part %s has no tensor %s", p.Name, name)
	}
	var data []byte
	var at int64
	for _, s := range p.Shards {
		from, to := max(t.Offset, at), min(t.Offset+t.Size, at+s.Size)
		if from < to {
			shard, err := Shard(fsys, s, "part "+p.Name)
			if err != nil {
				return nil, err
			}
			data = append(data, shard[from-at:to-at]...)
		}
		at += s.Size
	}
	values := make([]float32, t.Elements())
	return values, weights.Decode(values, t.Type, data, len(values), 0)
}
