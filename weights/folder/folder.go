// Package folder keeps a model in a folder: manifest.json and one file per shard.
package folder

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"reverie/weights"
	"reverie/weights/foreign"
)

// read reads a regular file whole if it has at most max bytes. Folders, devices and pipes, which could keep a reader waiting for ever, are
// refused before they are opened.
func read(fsys fs.FS, name string, max int64) ([]byte, error) {
	info, err := fs.Stat(fsys, name)
	if err != nil {
		if link, lerr := fs.Lstat(fsys, name); lerr == nil && link.Mode()&fs.ModeSymlink != 0 {
			return nil, errors.New("it is a link that leads out of the folder or nowhere")
		}
		return nil, foreign.Problem(err)
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is no file")
	}
	if info.Size() > max {
		return nil, fmt.Errorf("it has %d bytes and must have at most %d", info.Size(), max)
	}
	f, err := fsys.Open(name)
	if err != nil {
		return nil, foreign.Problem(err)
	}
	defer f.Close()
	data := make([]byte, info.Size())
	if _, err := io.ReadFull(f, data); err != nil { // it shrank
		return nil, foreign.Problem(err)
	}
	return data, nil
}

// Manifest reads and validates the manifest of a model's folder.
func Manifest(fsys fs.FS) (*weights.Manifest, error) {
	data, err := read(fsys, weights.ManifestFile, weights.MaxManifest)
	if errors.Is(err, foreign.ErrAbsent) {
		return nil, fmt.Errorf("weights: there is no %s, so this is not a model's folder", weights.ManifestFile)
	}
	if err != nil {
		return nil, fmt.Errorf("weights: %s is not a model's: %w", weights.ManifestFile, err)
	}
	return weights.Parse(data)
}

// Shard reads one shard and checks its size and SHA-256. The owner ("part decoder") is for the error.
func Shard(fsys fs.FS, s weights.Shard, owner string) ([]byte, error) {
	data, err := read(fsys, s.SHA256, weights.MaxShardSize)
	switch {
	case errors.Is(err, foreign.ErrAbsent):
		return nil, fmt.Errorf("weights: shard %s of %s is missing", s.SHA256, owner)
	case err != nil:
		return nil, fmt.Errorf("weights: shard %s of %s: %w", s.SHA256, owner, err)
	case int64(len(data)) != s.Size:
		return nil, fmt.Errorf("weights: shard %s of %s has %d bytes and must have %d; it is damaged", s.SHA256, owner, len(data), s.Size)
	case Sum(data) != s.SHA256:
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
		merges, err := ParseVocab(data)
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
