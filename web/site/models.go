//go:build !js

package site

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"reverie/app/ui"
	"reverie/recipe"
	"reverie/weights"
	"reverie/weights/folder"
	"reverie/weights/mini"
)

// model is a folder in the weights' format.
type model struct {
	ui.Model
	files fs.FS
}

// findModels returns the embedded model and those of dir. A folder in dir that is no sound model is left out with a warning; dir itself
// must be usable.
func findModels(dir string) (models []model, warnings []string, err error) {
	embedded, err := newModel("mini", mini.FS)
	if err != nil {
		return nil, nil, err
	}
	embedded.About = "Clip art, drawn in a moment: colours and where they are come out right, shapes only roughly."
	models = []model{embedded}
	add := func(m model) {
		if i := slices.IndexFunc(models, func(o model) bool { return o.Name == m.Name }); i >= 0 {
			models[i] = m
			return
		}
		models = append(models, m)
	}
	if dir == "" {
		return models, nil, nil
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, nil, fmt.Errorf("site: the weights folder %s does not exist: give a folder that cmd/weights wrote, or one that holds such folders", dir)
	}
	if _, err := os.Stat(filepath.Join(dir, weights.ManifestFile)); err == nil {
		m, err := newModel("", os.DirFS(dir))
		if err != nil {
			return nil, nil, fmt.Errorf("site: the weights folder %s: %w", dir, err)
		}
		add(m)
		return models, nil, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("site: the weights folder %s: %w", dir, err)
	}
	found := false
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if _, err := os.Stat(filepath.Join(path, weights.ManifestFile)); err != nil {
			continue
		}
		if err := recipe.CheckName(e.Name()); err != nil {
			warnings = append(warnings, fmt.Sprintf("%s is left out, because %v: rename the folder", path, err))
			continue
		}
		m, err := newModel(e.Name(), os.DirFS(path))
		if err != nil {
			warnings = append(warnings, fmt.Sprintf("%s is left out: %v", path, err))
			continue
		}
		found = true
		add(m)
	}
	if !found {
		warnings = append(warnings, fmt.Sprintf("%s holds no model: write one there with go run ./cmd/weights", dir))
	}
	return models, warnings, nil
}

// newModel reads a model's manifest. Its name is the manifest's unless one is given.
func newModel(name string, files fs.FS) (model, error) {
	m, err := folder.Manifest(files)
	if err != nil {
		return model{}, err
	}
	if !m.HasCLIP() || !m.HasVQGAN() {
		return model{}, errors.New("it is not a pair of CLIP and VQGAN")
	}
	if name == "" {
		name = m.Name
	}
	sizes := map[string]int64{m.Vocab.SHA256: m.Vocab.Size} // equal shards are one file
	for _, part := range m.Parts {
		for _, shard := range part.Shards {
			sizes[shard.SHA256] = shard.Size
		}
	}
	bytes := int64(0)
	for _, size := range sizes {
		bytes += size
	}
	return model{ui.Model{Name: name, Title: m.Title, About: about(m), Factor: m.VQGAN.Factor(), Bytes: bytes, Suggested: m.Suggested}, files}, nil
}

// about says what a model is good at, or else what can be known from its configuration.
func about(m *weights.Manifest) string {
	if m.About != "" {
		return m.About
	}
	f, side := m.VQGAN.Factor(), m.CLIP.ImageSize
	return fmt.Sprintf("It paints with %d kinds of patches of %d×%d pixels, and CLIP looks at them %d×%d pixels at a time.", m.VQGAN.NEmbed, f, f, side, side)
}

// Models are the models that the site serves, the embedded one first.
func (s *Site) Models() []ui.Model {
	var list []ui.Model
	for _, m := range s.models {
		list = append(list, m.Model)
	}
	return list
}

// Verify reads all weights of a model and returns what is wrong with them.
func (s *Site) Verify(name string) error {
	m := s.model(name)
	if m == nil {
		return fmt.Errorf("site: there is no model %q", name)
	}
	_, err := folder.Verify(m.files)
	return err
}

func (s *Site) model(name string) *model {
	if i := slices.IndexFunc(s.models, func(m model) bool { return m.Name == name }); i >= 0 {
		return &s.models[i]
	}
	return nil
}

func (s *Site) serveIndex(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-cache")
	json.NewEncoder(w).Encode(s.Models())
}

var shardName = regexp.MustCompile(`^[0-9a-f]{64}$`)

// serveWeights serves manifests, which are asked for anew each time, and shards, which are named by their content and never change.
func (s *Site) serveWeights(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	m := s.model(r.PathValue("model"))
	isShard := shardName.MatchString(name)
	if m == nil || !isShard && name != weights.ManifestFile {
		http.NotFound(w, r)
		return
	}
	f, err := m.files.Open(name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer f.Close()
	content, ok := f.(io.ReadSeeker)
	if !ok {
		http.Error(w, "the file cannot be read", http.StatusInternalServerError)
		return
	}
	if isShard {
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		w.Header().Set("ETag", `"`+name+`"`)
	} else {
		text, err := io.ReadAll(content)
		if err != nil {
			http.Error(w, "the file cannot be read", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-cache")
		w.Header().Set("ETag", newAsset(name, text).etag)
		content = strings.NewReader(string(text))
	}
	http.ServeContent(w, r, "", time.Time{}, content)
}
