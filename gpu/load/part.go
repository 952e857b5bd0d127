package load

import (
	"context"
	"fmt"

	"reverie/gpu"
	"reverie/weights"
)

// Manifest fetches and checks base + "manifest.json". Base ends in a slash.
func Manifest(ctx context.Context, base string) (*weights.Manifest, error) {
	blob, err := gpu.Fetch(ctx, base+weights.ManifestFile)
	if err != nil {
		return nil, err
	}
	return weights.Parse(blob.Bytes())
}

// Shard fetches one file and checks its digest.
func Shard(ctx context.Context, base string, s weights.Shard) (gpu.Blob, error) {
	blob, err := gpu.Fetch(ctx, base+s.SHA256)
	if err != nil {
		return gpu.Blob{}, err
	}
	if int64(blob.Len()) != s.Size {
		return gpu.Blob{}, fmt.Errorf("load: %s%s has %d bytes instead of %d; the model's folder is damaged, fetch or convert it again", base, s.SHA256, blob.Len(), s.Size)
	}
	sum, err := blob.SHA256(ctx)
	if err != nil {
		return gpu.Blob{}, err
	}
	if sum != s.SHA256 {
		return gpu.Blob{}, fmt.Errorf("load: %s%s holds other bytes than its name says; the model's folder is damaged, fetch or convert it again", base, s.SHA256)
	}
	return blob, nil
}

// Part fetches a part, shard by shard, and hands its bytes to the device. Progress, if not nil, counts the part's bytes.
func Part(ctx context.Context, d *gpu.Device, base string, p *weights.Part, progress func(done, total int64)) (*Weights, error) {
	w := &Weights{device: d, part: p, stored: map[string]*gpu.Buffer{}, ctx: ctx}
	for _, t := range p.Tensors {
		w.stored[t.Name] = d.NewBuffer(t.Name, int(t.Size))
	}
	first := int64(0)
	for _, s := range p.Shards {
		blob, err := Shard(ctx, base, s)
		if err != nil {
			w.Close()
			return nil, err
		}
		for _, t := range p.Tensors {
			from, to := max(t.Offset, first), min(t.Offset+t.Size, first+s.Size)
			if from < to {
				d.WriteBlob(w.stored[t.Name], int(from-t.Offset), blob, int(from-first), int(to-from))
			}
		}
		first += s.Size
		if progress != nil {
			progress(first, p.Size())
		}
	}
	return w, d.Err()
}
