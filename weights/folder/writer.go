package folder

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"reverie/weights"
)

// partial begins the name of the folder, inside the model's, that holds shards until the model is complete.
const partial = ".partial-"

// Writer writes a model so that a reader never sees half of one: shards are collected aside, moved in place when all are there, and
// the manifest comes last.
type Writer struct {
	dir, aside string
	created    bool // dir did not exist before
	old        *weights.Manifest
	shards     map[string]bool
}

// Create begins to write into dir, which must be absent, empty, or the folder of a model; that model is replaced.
func Create(dir string) (*Writer, error) {
	w := &Writer{dir: dir, shards: map[string]bool{}}
	_, err := os.Stat(dir)
	w.created = os.IsNotExist(err)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("weights: cannot write to %s: %w", dir, err)
	}
	if err := w.examine(); err != nil {
		return nil, err
	}
	if w.aside, err = os.MkdirTemp(dir, partial); err != nil {
		w.Abort()
		return nil, fmt.Errorf("weights: cannot write to %s: %w", dir, err)
	}
	return w, nil
}

// examine refuses folders of something else, and clears what an interrupted run left behind.
func (w *Writer) examine() error {
	entries, err := os.ReadDir(w.dir)
	if err != nil {
		return fmt.Errorf("weights: cannot read %s: %w", w.dir, err)
	}
	foreign, model := "", false
	for _, e := range entries {
		switch {
		case strings.HasPrefix(e.Name(), partial):
			os.RemoveAll(filepath.Join(w.dir, e.Name()))
		case e.Name() == weights.ManifestFile:
			model = true
		default:
			foreign = e.Name()
		}
	}
	if foreign != "" && !model {
		return fmt.Errorf("weights: %s holds %s but no model; choose a new or empty folder", w.dir, foreign)
	}
	if model {
		if files, err := Open(w.dir); err == nil {
			w.old, _ = Manifest(files) // a damaged one is replaced too; its shards stay
		}
	}
	return nil
}

// Shard writes one shard.
func (w *Writer) Shard(data []byte) (weights.Shard, error) {
	s := weights.Shard{SHA256: Sum(data), Size: int64(len(data))}
	if w.shards[s.SHA256] {
		return s, nil
	}
	if err := os.WriteFile(filepath.Join(w.aside, s.SHA256), data, 0o644); err != nil {
		return s, fmt.Errorf("weights: cannot write to %s: %w", w.dir, err)
	}
	w.shards[s.SHA256] = true
	return s, nil
}

// Commit moves the shards in place, writes the manifest and removes the shards of the model that was there before.
func (w *Writer) Commit(m *weights.Manifest) error {
	data, err := m.Encode()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(w.aside, weights.ManifestFile), data, 0o644); err != nil {
		return fmt.Errorf("weights: cannot write to %s: %w", w.dir, err)
	}
	for name := range w.shards {
		if err := w.place(name); err != nil {
			return err
		}
	}
	if err := w.place(weights.ManifestFile); err != nil {
		return err
	}
	w.removeOld()
	w.created = false // it stays
	return w.Abort()
}

func (w *Writer) place(name string) error {
	if err := os.Rename(filepath.Join(w.aside, name), filepath.Join(w.dir, name)); err != nil {
		return fmt.Errorf("weights: cannot write to %s: %w", w.dir, err)
	}
	return nil
}

func (w *Writer) removeOld() {
	if w.old == nil {
		return
	}
	old := []weights.Shard{w.old.Vocab}
	for _, p := range w.old.Parts {
		old = append(old, p.Shards...)
	}
	for _, s := range old {
		if s.SHA256 != "" && !w.shards[s.SHA256] {
			os.Remove(filepath.Join(w.dir, s.SHA256))
		}
	}
}

// Abort removes what was written and not committed.
func (w *Writer) Abort() error {
	if w.aside != "" {
		if err := os.RemoveAll(w.aside); err != nil {
			return fmt.Errorf("weights: cannot tidy %s: %w", w.dir, err)
		}
	}
	if w.created {
		os.Remove(w.dir)
	}
	return nil
}

// Stream cuts a part's tensors into shards as they come.
type Stream struct {
	w      *Writer
	part   weights.Part
	buffer []byte
	offset int64
}

// Part begins a part.
func (w *Writer) Part(name string) *Stream {
	return &Stream{w: w, part: weights.Part{Name: name, Shards: []weights.Shard{}, Tensors: []weights.Tensor{}}}
}

// Tensor appends an encoded tensor.
func (s *Stream) Tensor(name string, shape []int, typ string, data []byte) error {
	s.part.Tensors = append(s.part.Tensors, weights.Tensor{Name: name, Shape: shape, Type: typ, Offset: s.offset, Size: int64(len(data))})
	padding := make([]byte, weights.Align(int64(len(data)))-int64(len(data)))
	s.offset += int64(len(data) + len(padding))
	for _, piece := range [][]byte{data, padding} {
		for len(piece) > 0 {
			n := min(len(piece), weights.MaxShardSize-len(s.buffer))
			s.buffer = append(s.buffer, piece[:n]...)
			piece = piece[n:]
			if len(s.buffer) == weights.MaxShardSize {
				if err := s.flush(); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (s *Stream) flush() error {
	shard, err := s.w.Shard(s.buffer)
	s.part.Shards = append(s.part.Shards, shard)
	s.buffer = s.buffer[:0]
	return err
}

// Close writes the last shard and returns the part.
func (s *Stream) Close() (weights.Part, error) {
	if len(s.buffer) == 0 {
		return s.part, nil
	}
	err := s.flush()
	return s.part, err
}
