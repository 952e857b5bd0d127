// Package kept knows the models of which a store has something: their manifests, their shards, and the journals of those that are being imported.
package kept

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"reverie/gpu/blob"
	"reverie/gpu/store"
	"reverie/weights"
)

// Model is one of which the store has something.
type Model struct {
	Name     string
	Manifest *weights.Manifest
	Stored   int64 // bytes of shards that are there
	Total    int64 // bytes of all shards
	CLIP     Half  // by themselves, as a pair takes them
	VQGAN    Half
}

// Half is what is there of one of a model's two.
type Half struct {
	Stored, Total int64 // bytes of shards; none where the model lacks it
}

// Complete says that the model works without the server.
func (k Model) Complete() bool { return k.Stored == k.Total }

const manifestSuffix = ".json"

// Manifest is the kept manifest of a model.
func Manifest(ctx context.Context, from store.Store, name string) (*weights.Manifest, error) {
	sizes, err := from.Sizes(ctx)
	if err != nil {
		return nil, err
	}
	size, ok := sizes[name+manifestSuffix]
	if !ok || size > weights.MaxManifest {
		return nil, errors.New("kept: no manifest is kept")
	}
	b := blob.New(int(size))
	if _, err := from.Read(ctx, name+manifestSuffix, b); err != nil {
		return nil, err
	}
	return weights.Parse(b.Bytes())
}

// Put keeps a manifest and drops the shards that only the one before it named.
func Put(ctx context.Context, to store.Store, name string, text []byte) error {
	unlock, err := to.Lock(ctx, name+manifestSuffix)
	if err != nil {
		return err
	}
	defer unlock()
	b := blob.Of(text)
	w, err := to.Write(ctx, name+manifestSuffix, 0)
	if err != nil {
		return err
	}
	err = w.Append(b)
	if err == nil {
		err = w.Finish(ctx, b)
	}
	w.Close()
	if err != nil {
		return err
	}
	return sweep(ctx, to)
}

// List returns the models that are kept, whole or in part, by name.
func List(ctx context.Context, in store.Store) ([]Model, error) {
	sizes, err := in.Sizes(ctx)
	if err != nil {
		return nil, err
	}
	var list []Model
	for _, file := range slices.Sorted(maps.Keys(sizes)) {
		name, ok := strings.CutSuffix(file, manifestSuffix)
		if !ok {
			continue
		}
		m, err := Manifest(ctx, in, name)
		if err != nil { // damaged, or of a later version: it is fetched anew when it is wanted
			continue
		}
		k := Model{Name: name, Manifest: m}
		whole := stored(m.Files(), sizes)
		k.Stored, k.Total, k.CLIP, k.VQGAN = whole.Stored, whole.Total, stored(m.CLIPFiles(), sizes), stored(m.VQGANFiles(), sizes)
		list = append(list, k)
	}
	return list, nil
}

// stored counts what is there of files.
func stored(files, sizes map[string]int64) (h Half) {
	for name, size := range files {
		h.Total += size
		h.Stored += min(size, sizes[name])
	}
	return h
}

// Forget removes a model from the store. What other models share with it stays.
func Forget(ctx context.Context, in store.Store, name string) error {
	if err := in.Remove(ctx, name+manifestSuffix); err != nil {
		return err
	}
	return sweep(ctx, in)
}

// sweep removes the shards that neither a kept manifest nor a journal names. One that another tab holds stays until the next sweep.
func sweep(ctx context.Context, in store.Store) error {
	sizes, err := in.Sizes(ctx)
	if err != nil {
		return err
	}
	list, err := List(ctx, in)
	if err != nil {
		return err
	}
	for _, k := range list {
		for shard := range k.Manifest.Files() {
			delete(sizes, shard)
		}
	}
	for file, size := range sizes {
		name, ok := strings.CutSuffix(file, journalSuffix)
		if !ok {
			continue
		}
		delete(sizes, file)
		if err := spare(ctx, in, name, size, sizes); err != nil {
			return err
		}
	}
	for file := range sizes {
		if strings.HasSuffix(file, manifestSuffix) {
			continue
		}
		if err := in.Remove(ctx, file); err != nil && !errors.Is(err, store.ErrBusy) {
			return err
		}
	}
	return nil
}
