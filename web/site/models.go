//go:build !js

package site

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"reverie/app/ui"
	"reverie/recipe"
	"reverie/weights"
	"reverie/weights/folder"
	"reverie/weights/mini"
)

// model is a folder in the weights' format.
type model struct {
	ui.Model
	files    fs.FS
	manifest []byte
	shards   []string // those that the manifest lists, once each
}

// shard is one file of a model, as it is served.
type shard struct {
	files  fs.FS
	name   string
	fields []field
}

// findModels returns the embedded model, those of dir, and those of further folders. A folder in dir that is no sound model is left out with a
// warning; dir itself and the further folders must be usable.
func findModels(dir string, further []string) (models []model, warnings []string, err error) {
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
	one := func(root *os.Root) error {
		m, err := newModel("", contained{root})
		if err != nil {
			return fmt.Errorf("site: the weights folder %s: %w", root.Name(), err)
		}
		add(m)
		return nil
	}
	for _, dir := range further {
		root, err := os.OpenRoot(dir)
		if err == nil {
			err = one(root)
		}
		if err != nil {
			return nil, nil, err
		}
	}
	if dir == "" {
		return models, nil, nil
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("site: the weights folder %s does not exist: give a folder that cmd/weights wrote, or one that holds such folders", dir)
	}
	if _, err := root.Lstat(weights.ManifestFile); err == nil {
		return models, nil, one(root)
	}
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return nil, nil, fmt.Errorf("site: the weights folder %s: %w", dir, err)
	}
	found := false
	for _, e := range entries {
		m, err := inside(root, e)
		if err != nil {
			warnings = append(warnings, fmt.Sprintf("%s is left out: %v", filepath.Join(dir, e.Name()), err))
		} else if m != nil {
			found = true
			add(*m)
		}
	}
	if !found {
		warnings = append(warnings, fmt.Sprintf("%s holds no model: write one there with go run ./cmd/weights", dir))
	}
	return models, warnings, nil
}

// inside returns the model that an entry of a weights folder is, if it is one.
func inside(root *os.Root, e fs.DirEntry) (*model, error) {
	if !e.IsDir() && e.Type() != fs.ModeSymlink {
		return nil, nil
	}
	folder, err := root.OpenRoot(e.Name())
	if err != nil {
		if e.Type() == fs.ModeSymlink {
			return nil, errors.New("it is a link that leads out of the weights folder or to no folder: move the model here, or give its own folder with -weights")
		}
		return nil, err
	}
	if _, err := folder.Lstat(weights.ManifestFile); err != nil {
		return nil, folder.Close()
	}
	if err := recipe.CheckName(e.Name()); err != nil {
		return nil, fmt.Errorf("%w: rename the folder", err)
	}
	m, err := newModel(e.Name(), contained{folder})
	return &m, err
}

// contained is a folder out of which no name and no link leads, and in which there are only regular files. It is open until the program ends.
type contained struct{ root *os.Root }

// Open does not wait for whoever might write to a pipe.
func (c contained) Open(name string) (fs.File, error) {
	f, err := c.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: name, Err: errors.New("it is no regular file")}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// newModel reads a model's manifest. Its name is the manifest's unless one is given.
func newModel(name string, files fs.FS) (model, error) {
	m, err := folder.Manifest(files)
	if err != nil {
		return model{}, err
	}
	text, err := fs.ReadFile(files, weights.ManifestFile)
	if err != nil {
		return model{}, err
	}
	if name == "" {
		name = m.Name
	}
	listed := ui.Model{Name: name, Title: m.Title, About: about(m), Bytes: sum(m.Files()), CLIP: sum(m.CLIPFiles()), VQGAN: sum(m.VQGANFiles()), Suggested: m.Suggested}
	if m.HasVQGAN() {
		listed.Factor = m.VQGAN.Factor()
	}
	return model{listed, files, text, slices.Sorted(maps.Keys(m.Files()))}, nil
}

// sum is the size of files in bytes.
func sum(files map[string]int64) (bytes int64) {
	for _, size := range files {
		bytes += size
	}
	return bytes
}

// about says what a model is good at, or else what can be known from its configuration.
func about(m *weights.Manifest) string {
	if m.About != "" {
		return m.About
	}
	var says []string
	if m.HasVQGAN() {
		f := m.VQGAN.Factor()
		says = append(says, fmt.Sprintf("It paints with %d kinds of patches of %d×%d pixels", m.VQGAN.NEmbed, f, f))
	}
	if m.HasCLIP() {
		says = append(says, fmt.Sprintf("CLIP looks at them %d×%d pixels at a time", m.CLIP.ImageSize, m.CLIP.ImageSize))
	}
	return strings.Join(says, ", and ") + "."
}

// Models are the models that the site serves, the embedded one first.
func (s *Site) Models() []ui.Model {
	var list []ui.Model
	for _, m := range s.models {
		list = append(list, m.Model)
	}
	return list
}

// Verify reads all weights of a model, or of both folders of a pair, and returns what is wrong with them.
func (s *Site) Verify(name string) error {
	clip, vqgan := recipe.Halves(name)
	for _, half := range slices.Compact([]string{clip, vqgan}) {
		m := s.model(half)
		if m == nil {
			return fmt.Errorf("site: there is no model %q", half)
		}
		if _, err := folder.Verify(m.files); err != nil {
			return err
		}
	}
	return nil
}

func (s *Site) model(name string) *model {
	if i := slices.IndexFunc(s.models, func(m model) bool { return m.Name == name }); i >= 0 {
		return &s.models[i]
	}
	return nil
}

// addModels adds the list of models, their manifests as they are now, and the shards that these list.
func (s *Site) addModels(common []field) error {
	index, err := json.Marshal(s.Models())
	if err != nil {
		return fmt.Errorf("site: %w", err)
	}
	s.assets["/weights/index.json"] = newAsset("index.json", append(index, '\n')).pack()
	s.shards = map[string]shard{}
	for _, m := range s.models {
		folder := "/weights/" + m.Name + "/"
		s.assets[folder+weights.ManifestFile] = newAsset(weights.ManifestFile, m.manifest).pack()
		for _, name := range m.shards {
			s.shards[folder+name] = shard{m.files, name, with(common, newField("Content-Type", "application/octet-stream"), newField("Cache-Control", forGood),
				newField("Accept-Ranges", "bytes"), newField("ETag", strconv.Quote(name)))}
		}
	}
	return nil
}

// open returns the shard's bytes and how many they are.
func (s shard) open() (fs.File, int64, error) {
	f, err := s.files.Open(s.name)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}

// answer sends the shard. It says no when the file is not there or is no file.
func (s shard) answer(w http.ResponseWriter, r *http.Request) bool {
	f, size, err := s.open()
	if err != nil {
		return false
	}
	defer f.Close()
	content, ok := f.(io.ReadSeeker)
	if !ok {
		return false
	}
	send(w, r, s.fields, strconv.Quote(s.name), []string{strconv.FormatInt(size, 10)}, file{content, size})
	return true
}
