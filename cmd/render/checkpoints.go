package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"reverie/recipe"
	"reverie/weights"
	"reverie/weights/catalogue"
	"reverie/weights/convert"
	"reverie/weights/fetch"
	"reverie/weights/folder"
	"reverie/weights/foreign"
	"reverie/weights/importer"
	"reverie/weights/vocab"
)

// checkpoints are published files, of the disk or behind an address, of which a run's model is made: a CLIP, a VQGAN, or both. What is not
// named is the model's own half.
type checkpoints struct {
	clip, vqgan checkpoint
	quant       string
}

// checkpoint is one of the two with its configuration, where that is named.
type checkpoint struct{ file, config string }

func (c *checkpoints) add(flags *flag.FlagSet) {
	flags.StringVar(&c.clip.file, "clip", "", "checkpoint of a CLIP in place of the model's, `FILE` or http address; it is converted once and kept in the user's cache")
	flags.StringVar(&c.clip.config, "clip-config", "", "its configuration, `FILE` or http address (default: the one beside it)")
	flags.StringVar(&c.vqgan.file, "vqgan", "", "checkpoint of a VQGAN in place of the model's, `FILE` or http address; likewise")
	flags.StringVar(&c.vqgan.config, "vqgan-config", "", "its configuration, `FILE` or http address (default: the one beside it, or what the shapes tell)")
	flags.StringVar(&c.quant, "quant", weights.TypeQ4, "element `TYPE` of the large tensors of -clip and -vqgan: f32, f16, q8 or q4")
}

// check says what is wrong with the flags, in a sentence.
func (c *checkpoints) check(modelSaid bool) error {
	switch {
	case c.clip.file == "" && c.clip.config != "":
		return errors.New("-clip-config is about a checkpoint: name that with -clip")
	case c.vqgan.file == "" && c.vqgan.config != "":
		return errors.New("-vqgan-config is about a checkpoint: name that with -vqgan")
	case c.clip.file != "" && c.vqgan.file != "" && modelSaid:
		return errors.New("-clip and -vqgan are a model already: leave out -model")
	case !weights.ValidQuant(c.quant):
		return fmt.Errorf("-quant %q is unknown: write one of %s", c.quant, strings.Join(weights.Quants, ", "))
	}
	return nil
}

// over is a model with the names of folders in place of its own halves, where there are any.
func over(model, clipFolder, vqganFolder string) string {
	clip, vqgan := recipe.Halves(model)
	if clipFolder != "" {
		clip = filepath.Base(clipFolder)
	}
	if vqganFolder != "" {
		vqgan = filepath.Base(vqganFolder)
	}
	return recipe.Pairing(clip, vqgan)
}

// converted are the folders of what was made of the checkpoints, "" for what is not named. What was made before of the same bytes is there already.
func (c *checkpoints) converted(ctx context.Context, stderr io.Writer) (clip, vqgan string, err error) {
	if c.clip.file != "" {
		clip, err = c.clip.converted(ctx, c.quant, stderr, func(o *convert.Options, c checkpoint) { o.CLIP, o.CLIPConfig = c.file, c.config })
	}
	if c.vqgan.file != "" && err == nil {
		vqgan, err = c.vqgan.converted(ctx, c.quant, stderr, func(o *convert.Options, c checkpoint) { o.VQGAN, o.VQGANConfig = c.file, c.config })
	}
	return clip, vqgan, err
}

// converted is the folder of what was made of the checkpoint, which set puts into a conversion.
func (c checkpoint) converted(ctx context.Context, quant string, stderr io.Writer, set func(*convert.Options, checkpoint)) (string, error) {
	kept, err := cacheFolder()
	if err != nil {
		return "", err
	}
	local, err := c.fetched(ctx, filepath.Join(kept, "downloads"), stderr)
	if err != nil {
		return "", err
	}
	name, err := local.name(quant)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(kept, "converted", name)
	if _, err := folder.Verify(os.DirFS(dir)); err == nil {
		return dir, nil
	}
	fmt.Fprintf(stderr, "Converting %s to %s, once; it stays in %s.\n", local.file, quant, dir)
	o := convert.Options{Out: dir, Model: convert.Model{Vocab: vocab.CLIP, Quant: quant, Name: name, Title: filepath.Base(local.file)}}
	set(&o, local)
	if _, _, err := convert.Run(o); err != nil {
		return "", fmt.Errorf("%s cannot be used: %w", c.file, err)
	}
	return dir, nil
}

// keptModels are the folders of models that were converted before and that a script names, which needs its checkpoints no more.
func keptModels(models ...string) (folders []string) {
	kept, err := cacheFolder()
	if err != nil {
		return nil
	}
	for _, model := range models {
		clip, vqgan := recipe.Halves(model)
		for _, name := range slices.Compact([]string{clip, vqgan}) {
			dir := filepath.Join(kept, "converted", name)
			if _, err := os.Stat(filepath.Join(dir, weights.ManifestFile)); err == nil && recipe.CheckName(name) == nil {
				folders = append(folders, dir)
			}
		}
	}
	return folders
}

func cacheFolder() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("this user has no folder for what is kept (%w): set XDG_CACHE_HOME", err)
	}
	return filepath.Join(cache, "reverie"), nil
}

// mostCheckpoint is how many bytes of an address are taken; the largest known checkpoint has 5 GB.
const mostCheckpoint = 16 << 30

// fetched is the checkpoint on the disk: what lies behind addresses is downloaded into a folder, where it stays.
func (c checkpoint) fetched(ctx context.Context, dir string, stderr io.Writer) (checkpoint, error) {
	for _, one := range []struct {
		file *string
		most int64
	}{{&c.file, mostCheckpoint}, {&c.config, importer.MaxConfig}} {
		u, err := url.Parse(*one.file)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" {
			continue
		}
		sum := sha256.Sum256([]byte(*one.file))
		f := fetch.Fetcher{Dir: filepath.Join(dir, hex.EncodeToString(sum[:4])), Most: one.most, Tell: func(line string) { fmt.Fprintln(stderr, line) }}
		if *one.file, err = f.File(ctx, catalogue.File{Name: modelName(path.Base(u.Path)), Sources: []string{*one.file}}); err != nil {
			return c, err
		}
	}
	return c, nil
}

// mostName is how much of a file's name the model's has.
const mostName = 60

// modelName is a file's name in the letters that a model's may have.
func modelName(file string) string {
	name := strings.Map(func(r rune) rune {
		if recipe.CheckName("m"+string(r)) != nil {
			return '-'
		}
		return r
	}, strings.TrimLeft(file, "./"))
	return cmp.Or(name[max(0, len(name)-mostName):], "checkpoint")
}

// name is that of the model that comes of the checkpoint: the file's, how it is stored, and a part of the SHA-256 of all that is read, so that it is the
// same wherever the same bytes are.
func (c checkpoint) name(quant string) (string, error) {
	h := sha256.New()
	files := []string{c.file, c.config}
	stem := strings.TrimSuffix(c.file, filepath.Ext(c.file))
	if c.config == "" {
		files = []string{c.file, stem + ".yaml", stem + ".yml", filepath.Join(filepath.Dir(c.file), "config.json"), filepath.Join(filepath.Dir(c.file), "open_clip_config.json")}
	}
	for i, path := range files {
		f, _, err := foreign.Open(path)
		if errors.Is(err, foreign.ErrAbsent) && i > 0 && c.config == "" {
			continue // it need not be there
		}
		if err == nil {
			_, err = io.Copy(h, f)
			f.Close()
		}
		if err != nil {
			return "", fmt.Errorf("cannot read %s (%w): choose another file", path, err)
		}
		h.Write([]byte{byte(i)}) // so that what one file has is not another's
	}
	return fmt.Sprintf("%s-%s-%s", strings.Trim(modelName(filepath.Base(stem)), "."), quant, hex.EncodeToString(h.Sum(nil)[:4])), nil
}
