package folder

import (
	"fmt"
	"slices"

	"reverie/weights"
)

// Place is where the files of a model are put while it is written: a folder of the disk, or what a browser keeps. Before Finish no reader takes
// them for a model.
type Place interface {
	// Put writes a file, which may be there already.
	Put(name string, data []byte) error
	// Finish makes the files a model, whose manifest comes last.
	Finish(manifest []byte) error
	// Abort removes what was put.
	Abort() error
}

// Journal is a Place that remembers what was written of a model, so that after an interruption the writing goes on behind the last tensor.
type Journal interface {
	Place
	// Marks are those of the writing that was interrupted, in their order, and the tail of the last one.
	Marks() (marks []weights.Mark, tail []byte, err error)
	// Mark remembers that a tensor is written. Tail is all that its part has behind the last shard; its first bytes, so many as kept, are those of the
	// mark before.
	Mark(m weights.Mark, tail []byte, kept int) error
}

// Writer writes a model to a place.
type Writer struct {
	place   Place
	journal Journal // the place, or nil
	shards  map[string]bool
	parts   map[string]weights.Part // what was written before an interruption
	open    string                  // the part of them that is not complete, or ""
	tail    []byte                  // of that part
	buffer  []byte                  // of the stream that is written
}

// To is a writer to a place.
func To(p Place) *Writer { return &Writer{place: p, shards: map[string]bool{}} }

// Resume is a writer that goes on where one was interrupted.
func Resume(j Journal) (*Writer, error) {
	w := To(j)
	w.journal, w.parts = j, map[string]weights.Part{}
	marks, tail, err := j.Marks()
	if err != nil {
		return nil, err
	}
	for _, m := range marks {
		p := w.parts[m.Part]
		p.Name = m.Part
		p.Shards = append(p.Shards, m.Shards...)
		w.open = ""
		if m.Tensor != nil {
			p.Tensors = append(p.Tensors, *m.Tensor)
			w.open = m.Part
		}
		w.parts[m.Part] = p
		for _, s := range m.Shards {
			w.shards[s.SHA256] = true
		}
	}
	if w.open != "" {
		w.tail = tail
	}
	return w, nil
}

// Shard writes one shard.
func (w *Writer) Shard(data []byte) (weights.Shard, error) {
	s := weights.Shard{SHA256: Sum(data), Size: int64(len(data))}
	if w.shards[s.SHA256] {
		return s, nil
	}
	if err := w.place.Put(s.SHA256, data); err != nil {
		return s, err
	}
	w.shards[s.SHA256] = true
	return s, nil
}

// Commit makes what was written the model of the manifest.
func (w *Writer) Commit(m *weights.Manifest) error {
	data, err := m.Encode()
	if err != nil {
		return err
	}
	return w.place.Finish(data)
}

// Abort removes what was written and not committed.
func (w *Writer) Abort() error { return w.place.Abort() }

// Stream cuts a part's tensors into shards as they come.
type Stream struct {
	w      *Writer
	part   weights.Part
	buffer []byte
	offset int64
	marked int             // bytes of the buffer that were there at the last mark
	fresh  []weights.Shard // since the last mark
}

// Part begins a part, or goes on with it where it was interrupted. One part is written at a time.
func (w *Writer) Part(name string) *Stream {
	if w.buffer == nil {
		w.buffer = make([]byte, 0, weights.MaxShardSize)
	}
	s := &Stream{w: w, buffer: w.buffer, part: weights.Part{Name: name, Shards: []weights.Shard{}, Tensors: []weights.Tensor{}}}
	if before, ok := w.parts[name]; ok {
		s.part.Shards = append(s.part.Shards, before.Shards...)
		s.part.Tensors = append(s.part.Tensors, before.Tensors...)
		last := before.Tensors[len(before.Tensors)-1]
		s.offset = weights.Align(last.Offset + last.Size)
	}
	if name == w.open {
		s.buffer, s.marked = append(s.buffer, w.tail...), len(w.tail)
	}
	return s
}

// Has reports whether the tensor was written before an interruption.
func (s *Stream) Has(name string) bool {
	return slices.ContainsFunc(s.part.Tensors, func(t weights.Tensor) bool { return t.Name == name })
}

// Tensor appends an encoded tensor.
func (s *Stream) Tensor(name string, shape []int, typ string, data []byte) error {
	t := weights.Tensor{Name: name, Shape: shape, Type: typ, Offset: s.offset, Size: int64(len(data))}
	s.part.Tensors = append(s.part.Tensors, t)
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
	return s.mark(&t)
}

// mark remembers a tensor or, without one, the end of the part.
func (s *Stream) mark(t *weights.Tensor) error {
	if s.w.journal == nil {
		return nil
	}
	err := s.w.journal.Mark(weights.Mark{Part: s.part.Name, Tensor: t, Shards: s.fresh, Tail: len(s.buffer)}, s.buffer, s.marked)
	s.marked, s.fresh = len(s.buffer), nil
	return err
}

func (s *Stream) flush() error {
	shard, err := s.w.Shard(s.buffer)
	s.part.Shards = append(s.part.Shards, shard)
	s.fresh = append(s.fresh, shard)
	s.buffer, s.marked = s.buffer[:0], 0
	return err
}

// Close writes the last shard and returns the part.
func (s *Stream) Close() (weights.Part, error) {
	if len(s.buffer) == 0 {
		return s.part, nil
	}
	if err := s.flush(); err != nil {
		return s.part, err
	}
	return s.part, s.mark(nil)
}

// Digest names what parts hold: the SHA-256 of the names of all their shards in order. Conversions of one file by the same rules have the same.
func Digest(parts []weights.Part) string {
	var names []byte
	for _, p := range parts {
		for _, s := range p.Shards {
			names = fmt.Appendf(names, "%s\n", s.SHA256)
		}
	}
	return Sum(names)
}
