//go:build !js

package folder

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"reverie/weights"
	"reverie/weights/foreign"
)

// Open opens a model's folder on the disk. What it gives never lies outside the folder: a link that leads out is refused.
func Open(dir string) (fs.FS, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("weights: %s is not a model's folder: %w", dir, foreign.Problem(err))
	}
	return root.FS(), nil
}

// partial begins the name of the folder, inside the model's, that holds files until the model is complete.
const partial = ".partial-"

// disk is a Place on the disk. Files are collected aside, moved in place when all are there, and the manifest comes last.
type disk struct {
	dir, aside string
	created    bool // dir did not exist before
	old        *weights.Manifest
	files      map[string]bool
}

// Create begins to write into dir, which must be absent, empty, or the folder of a model; that model is replaced.
func Create(dir string) (*Writer, error) {
	d := &disk{dir: dir, files: map[string]bool{}}
	_, err := os.Stat(dir)
	d.created = os.IsNotExist(err)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, d.cannotWrite(err)
	}
	if err := d.examine(); err != nil {
		return nil, err
	}
	if d.aside, err = os.MkdirTemp(dir, partial); err != nil {
		d.Abort()
		return nil, d.cannotWrite(err)
	}
	return To(d), nil
}

func (d *disk) cannotWrite(err error) error {
	return fmt.Errorf("weights: cannot write to %s: %w", d.dir, err)
}

// examine refuses folders of something else, and clears what an interrupted run left behind.
func (d *disk) examine() error {
	entries, err := os.ReadDir(d.dir)
	if err != nil {
		return fmt.Errorf("weights: cannot read %s: %w", d.dir, err)
	}
	foreign, model := "", false
	for _, e := range entries {
		switch {
		case strings.HasPrefix(e.Name(), partial):
			os.RemoveAll(filepath.Join(d.dir, e.Name()))
		case e.Name() == weights.ManifestFile:
			model = true
		default:
			foreign = e.Name()
		}
	}
	if foreign != "" && !model {
		return fmt.Errorf("weights: %s holds %s but no model; choose a new or empty folder", d.dir, foreign)
	}
	if model {
		if files, err := Open(d.dir); err == nil {
			d.old, _ = Manifest(files) // a damaged one is replaced too; its shards stay
		}
	}
	return nil
}

func (d *disk) Put(name string, data []byte) error {
	if err := os.WriteFile(filepath.Join(d.aside, name), data, 0o644); err != nil {
		return d.cannotWrite(err)
	}
	d.files[name] = true
	return nil
}

// Finish also removes the shards of the model that was there before.
func (d *disk) Finish(manifest []byte) error {
	if err := os.WriteFile(filepath.Join(d.aside, weights.ManifestFile), manifest, 0o644); err != nil {
		return d.cannotWrite(err)
	}
	for name := range d.files {
		if err := d.place(name); err != nil {
			return err
		}
	}
	if err := d.place(weights.ManifestFile); err != nil {
		return err
	}
	d.removeOld()
	d.created = false // it stays
	return d.Abort()
}

func (d *disk) place(name string) error {
	if err := os.Rename(filepath.Join(d.aside, name), filepath.Join(d.dir, name)); err != nil {
		return d.cannotWrite(err)
	}
	return nil
}

func (d *disk) removeOld() {
	if d.old == nil {
		return
	}
	old := []weights.Shard{d.old.Vocab}
	for _, p := range d.old.Parts {
		old = append(old, p.Shards...)
	}
	for _, s := range old {
		if s.SHA256 != "" && !d.files[s.SHA256] {
			os.Remove(filepath.Join(d.dir, s.SHA256))
		}
	}
}

func (d *disk) Abort() error {
	if d.aside != "" {
		if err := os.RemoveAll(d.aside); err != nil {
			return fmt.Errorf("weights: cannot tidy %s: %w", d.dir, err)
		}
	}
	if d.created {
		os.Remove(d.dir)
	}
	return nil
}
