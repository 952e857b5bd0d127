//go:build !js

package load

import (
	"context"
	"errors"
	"io/fs"
	"reflect"
	"strings"
	"testing"

	"reverie/gpu/kept"
	"reverie/gpu/store"
	"reverie/weights"
	"reverie/weights/mini"
)

// miniServer has the embedded model's files.
func miniServer(t *testing.T) *server {
	t.Helper()
	s := &server{files: map[string][]byte{}}
	names, err := fs.Glob(mini.FS, "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if s.files[name], err = fs.ReadFile(mini.FS, name); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func list(t *testing.T, keep *memoryStore) map[string]kept.Model {
	t.Helper()
	models, err := kept.List(context.Background(), keep)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]kept.Model{}
	for _, k := range models {
		found[k.Name] = k
	}
	return found
}

func TestKeptModels(t *testing.T) {
	ctx := context.Background()
	s, keep := miniServer(t), &memoryStore{files: map[string][]byte{}}
	one, two := source(s, keep), source(s, keep)
	two.clip.name = "two"
	m, err := one.Manifest(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if k := list(t, keep)["test"]; k.Stored != 0 || k.Total < 1<<20 || k.Complete() {
		t.Errorf("a model of which only the manifest is kept: %d of %d bytes", k.Stored, k.Total)
	}
	if err := one.Keep(ctx); err != nil {
		t.Fatal(err)
	}
	if k := list(t, keep)["test"]; !k.Complete() {
		t.Errorf("a kept model has %d of %d bytes", k.Stored, k.Total)
	}

	// Without the server the manifest is the kept one.
	s.script = []answer{{refuse: true}}
	if again, err := one.Manifest(ctx); err != nil || again.Name != m.Name {
		t.Errorf("without a server: %v", err)
	}

	// What two models share stays when one goes.
	if _, err := two.Manifest(ctx); err != nil {
		t.Fatal(err)
	}
	if err := kept.Forget(ctx, keep, "test"); err != nil {
		t.Fatal(err)
	}
	if left := list(t, keep); len(left) != 1 || !left["two"].Complete() {
		t.Errorf("after one of two went: %v", left)
	}
	if err := kept.Forget(ctx, keep, "two"); err != nil {
		t.Fatal(err)
	}
	if len(keep.files) != 0 {
		t.Errorf("after both went, %d files are left", len(keep.files))
	}
}

// A model that the server replaces under the same name leaves nothing behind.
func TestReplacedModel(t *testing.T) {
	ctx := context.Background()
	s, keep := miniServer(t), &memoryStore{files: map[string][]byte{}}
	from := source(s, keep)
	m, err := from.Manifest(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := from.Keep(ctx); err != nil {
		t.Fatal(err)
	}
	before := len(keep.files)
	s.files[weights.ManifestFile] = vqganOnly(t, m)
	if _, err := from.Manifest(ctx); err != nil {
		t.Fatal(err)
	}
	if left := list(t, keep)["test"]; !left.Complete() || len(keep.files) >= before {
		t.Errorf("%d files before, %d after; %d of %d bytes of the new model", before, len(keep.files), left.Stored, left.Total)
	}
}

// vqganOnly is the manifest of the model without its CLIP.
func vqganOnly(t *testing.T, m *weights.Manifest) []byte {
	t.Helper()
	half := *m
	half.CLIP, half.Vocab, half.Parts = weights.CLIPConfig{}, weights.Shard{}, []weights.Part{*m.Part(weights.PartDecoder), *m.Part(weights.PartEncoder)}
	text, err := half.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Packs of one model each make a pair: its parts come from their own folders, and are kept under their own names.
func TestPair(t *testing.T) {
	ctx := context.Background()
	s, keep := miniServer(t), &memoryStore{files: map[string][]byte{}}
	m, err := sourceOf("mini", s, keep).Look(ctx)
	if err != nil {
		t.Fatal(err)
	}
	s.files["eye/manifest.json"], s.files["hand/manifest.json"] = clipOnly(t, m), vqganOnly(t, m)
	for name := range m.VQGANFiles() {
		s.files["hand/"+name] = s.files[name]
		delete(s.files, name)
	}
	for name := range m.CLIPFiles() {
		s.files["eye/"+name] = s.files[name]
		delete(s.files, name)
	}
	pair := sourceOf("eye+hand", s, keep)
	found, err := pair.Manifest(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(found.Parts, m.Parts) || !reflect.DeepEqual(found.CLIP, m.CLIP) || !reflect.DeepEqual(found.VQGAN, m.VQGAN) || found.Vocab != m.Vocab {
		t.Error("the pair is not made of its halves")
	}
	if pair.Name != "eye+hand" || found.Name != m.Name {
		t.Errorf("it is called %q, its manifest %q", pair.Name, found.Name)
	}
	if err := pair.Keep(ctx); err != nil {
		t.Fatal(err)
	}
	models := list(t, keep)
	eye, hand := models["eye"], models["hand"]
	if !eye.Complete() || !hand.Complete() || len(models) != 2 || eye.VQGAN.Total != 0 || hand.CLIP.Total != 0 || eye.CLIP.Stored != eye.Total || hand.VQGAN.Stored != hand.Total {
		t.Errorf("kept are %+v and %+v of %d", eye, hand, len(models))
	}
	s.files["other/manifest.json"] = s.files["eye/manifest.json"]
	for name, want := range map[string]string{"hand+eye": "hand holds no CLIP", "eye+eye": "", "eye+other": "other holds no VQGAN"} {
		if _, err := sourceOf(name, s, store.Nothing{}).Look(ctx); want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}

// clipOnly is the manifest of the model without its VQGAN.
func clipOnly(t *testing.T, m *weights.Manifest) []byte {
	t.Helper()
	half := *m
	half.VQGAN, half.Parts = weights.VQGANConfig{}, []weights.Part{*m.Part(weights.PartText), *m.Part(weights.PartImage)}
	text, err := half.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// A manifest that the store does not take is read nevertheless, unless there is no room.
func TestManifestThatIsNotKept(t *testing.T) {
	broken := &brokenStore{memoryStore: memoryStore{files: map[string][]byte{}}, at: "write"}
	if m, err := source(miniServer(t), broken).Manifest(context.Background()); err != nil || m.Name == "" {
		t.Errorf("a store that fails: %+v, %v", m, err)
	}
	full := &memoryStore{files: map[string][]byte{}, room: 1}
	if _, err := source(miniServer(t), full).Manifest(context.Background()); !errors.Is(err, store.ErrFull) {
		t.Errorf("a full store: %v", err)
	}
}
