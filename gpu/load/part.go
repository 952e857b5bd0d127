package load

import (
	"context"
	"slices"
	"sync"

	"reverie/gpu"
	"reverie/gpu/blob"
	"reverie/weights"
)

// parallel is how many shards are in memory at a time.
const parallel = 4

// piece is a shard and where it lies in its part.
type piece struct {
	weights.Shard
	part  *weights.Part
	first int64
	last  bool // of its part
}

// pieces are the shards of parts, one after another.
func pieces(parts []*weights.Part) []piece {
	var list []piece
	for _, p := range parts {
		first := int64(0)
		for i, shard := range p.Shards {
			list = append(list, piece{Shard: shard, part: p, first: first, last: i == len(p.Shards)-1})
			first += shard.Size
		}
	}
	return list
}

// Parts brings parts of a model onto the device, one after another, and calls arrive for each as soon as it is there; arrive owns the
// weights. The parts in keep then go to the store and no further. Shards are fetched some at a time across the parts' borders.
func (s *Source) Parts(ctx context.Context, d *gpu.Device, parts, keep []*weights.Part, tell Progress, arrive func(*Weights) error) error {
	var w *Weights
	defer func() {
		if w != nil {
			w.Close()
		}
	}()
	return s.pieces(ctx, pieces(parts), pieces(keep), tell, func(p piece, b blob.Blob) error {
		if w == nil {
			w = newWeights(ctx, d, p.part)
		}
		w.take(p, b)
		if err := d.Err(); err != nil || !p.last {
			return err
		}
		arrived := w
		w = nil
		return arrive(arrived)
	})
}

// Part is Parts for one.
func (s *Source) Part(ctx context.Context, d *gpu.Device, p *weights.Part, tell Progress) (*Weights, error) {
	var w *Weights
	err := s.Parts(ctx, d, []*weights.Part{p}, nil, tell, func(arrived *Weights) error {
		w = arrived
		return nil
	})
	return w, err
}

// Keep brings the whole model into the store without using it.
func (s *Source) Keep(ctx context.Context) error {
	m, err := s.Manifest(ctx)
	if err != nil {
		return err
	}
	if m.HasCLIP() {
		if _, err := s.clip.file(ctx, m.Vocab); err != nil {
			return err
		}
	}
	var parts []*weights.Part
	for i := range m.Parts {
		parts = append(parts, &m.Parts[i])
	}
	return s.pieces(ctx, nil, pieces(parts), nil, nil)
}

// pieces fetches the pieces of list and calls use for each, then those of keep. What the store has of keep is believed to be right: it
// is checked when it is used.
func (s *Source) pieces(ctx context.Context, list, keep []piece, tell Progress, use func(piece, blob.Blob) error) error {
	sizes, err := s.Store.Sizes(ctx)
	if err != nil {
		return err
	}
	wanted := len(list)
	var read, stored, total int64
	for i, p := range slices.Concat(list, keep) {
		have := min(p.Size, sizes[p.SHA256])
		total += p.Size
		stored += have
		switch {
		case i < wanted:
			read += p.Size
		case have < p.Size:
			list = append(list, p)
		}
	}
	if err := s.fits(ctx, total-stored); err != nil {
		return err
	}
	m := &meter{total: read, tell: tell}
	if stored < total {
		m = &meter{done: stored, total: total, download: true, tell: tell}
	}
	m.report()
	return s.inOrder(ctx, list, m, func(i int, b blob.Blob) error {
		if i < wanted {
			return use(list[i], b)
		}
		return nil
	})
}

// inOrder fetches shards in parallel and calls use for one after another. Memory is taken for as many as are fetched at a time, and used
// again.
func (s *Source) inOrder(ctx context.Context, list []piece, m *meter, use func(i int, b blob.Blob) error) error {
	ctx, cancel := context.WithCancel(ctx)
	var fetching sync.WaitGroup
	defer fetching.Wait() // files are closed when this returns
	defer cancel()
	free := make(chan *memory, parallel)
	for range parallel {
		free <- new(memory)
	}
	type result struct {
		memory *memory
		shard  blob.Blob
		err    error
	}
	results := make([]chan result, len(list))
	for i := range results {
		results[i] = make(chan result, 1)
	}
	fetching.Go(func() {
		for i, p := range list {
			var mem *memory
			select {
			case mem = <-free:
			case <-ctx.Done():
				return
			}
			fetching.Go(func() {
				shard := mem.first(int(p.Size))
				results[i] <- result{mem, shard, s.of(p.part.Name).fetch(ctx, p.Shard, shard, m)}
			})
		}
	})
	for i := range list {
		select {
		case r := <-results[i]:
			if r.err != nil {
				return r.err
			}
			if err := use(i, r.shard); err != nil {
				return err
			}
			free <- r.memory
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// memory is a blob that is used for one shard after another.
type memory struct {
	bytes blob.Blob
	size  int
}

// first is the first n bytes of memory, which grows when it is too short.
func (m *memory) first(n int) blob.Blob {
	if m.size < n {
		m.bytes, m.size = blob.New(n), n
	}
	return m.bytes.Slice(0, n)
}

// Planned is a part on a planner, which counts its tensors and has no bytes of them.
func Planned(ctx context.Context, d *gpu.Device, p *weights.Part) *Weights {
	return newWeights(ctx, d, p)
}

func newWeights(ctx context.Context, d *gpu.Device, p *weights.Part) *Weights {
	w := &Weights{device: d, part: p, stored: map[string]slabs{}, ctx: ctx}
	for _, t := range p.Tensors {
		w.stored[t.Name] = newSlabs(d, t)
	}
	return w
}

// take hands a shard's bytes to the tensors that lie in it.
func (w *Weights) take(p piece, b blob.Blob) {
	for _, t := range w.part.Tensors {
		s := w.stored[t.Name]
		for i, buffer := range s.buffers {
			first := t.Offset + int64(i)*s.size
			from, to := max(first, p.first), min(first+s.size, t.Offset+t.Size, p.first+p.Size)
			if from < to {
				w.device.WriteBlob(buffer, int(from-first), b, int(from-p.first), int(to-from))
			}
		}
	}
}
