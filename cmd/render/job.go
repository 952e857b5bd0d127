package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"reverie/app/settings"
	"reverie/tools/chromium"
)

// job is what the flags ask for.
type job struct {
	settings settings.Settings
	big      bool   // the model is one that the page downloads only when it is asked to
	model    string // "" for the only one of the weights folder, or mini
	weights  string
	adapter  chromium.Adapter
	out      string
	trace    string // "" for none
}

// parse reads the flags. Its errors are sentences.
func parse(args []string, stderr io.Writer) (job, error) {
	standard := settings.Default()
	flags := flag.NewFlagSet("render", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	prompt := flags.String("prompt", "", "what the picture should show")
	model := flags.String("model", "", "name of the model (default mini, or the one in the weights folder)")
	weights := flags.String("weights", "", "folder of models")
	size := flags.String("size", fmt.Sprintf("%dx%d", standard.Width, standard.Height), "width x height in pixels")
	steps := flags.String("steps", strconv.Itoa(standard.Steps), "number of updates")
	seed := flags.String("seed", "0", "whole number that the random draws come from")
	cuts := flags.String("cuts", strconv.Itoa(standard.Cutouts), "number of cutouts per step")
	preset := flags.String("preset", standard.Preset, "upd, zq or pool")
	augment := flags.String("augment", standard.Augment, "what of the preset is done to the cutouts: moves, or all for sharpness, colour jitter and erasing, too")
	precision := flags.String("precision", standard.Precision, "full, or half for less memory")
	adapter := flags.String("adapter", os.Getenv("REVERIE_ADAPTER"), "software or hardware (default software, or REVERIE_ADAPTER)")
	out := flags.String("o", "", "PNG file to write")
	trace := flags.String("trace", "", "JSON lines file to write, one line per step")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			flags.SetOutput(stderr)
			flags.Usage()
			return job{}, err
		}
		return job{}, fmt.Errorf("%w: render -h lists the flags", err)
	}
	if flags.NArg() > 0 {
		return job{}, fmt.Errorf("%q is no flag: put the prompt after -prompt, in quotes", flags.Arg(0))
	}
	j := job{settings: standard, model: *model, weights: *weights, out: *out, trace: *trace}
	s := &j.settings
	s.Prompt, s.Preset, s.Augment, s.Precision = *prompt, *preset, *augment, *precision
	var err error
	if s.Width, s.Height, err = parseSize(*size); err != nil {
		return j, err
	}
	if s.Steps, err = parseCount("-steps", *steps); err != nil {
		return j, err
	}
	if s.Cutouts, err = parseCount("-cuts", *cuts); err != nil {
		return j, err
	}
	if s.Seed, err = settings.ParseSeed(*seed); err != nil {
		return j, err
	}
	if j.adapter, err = chromium.ParseAdapter(*adapter); err != nil {
		return j, err
	}
	// The model is not known yet, but what no model can run is found here; the model's own limits follow.
	if _, _, err = s.Normalise(1); err != nil {
		return j, err
	}
	return j, j.checkOutputs()
}

func parseSize(text string) (width, height int, err error) {
	w, h, ok := strings.Cut(strings.ToLower(strings.ReplaceAll(text, "×", "x")), "x")
	width, errW := strconv.Atoi(strings.TrimSpace(w))
	height, errH := strconv.Atoi(strings.TrimSpace(h))
	if !ok || errW != nil || errH != nil {
		return 0, 0, fmt.Errorf("the size is %q: write it as WIDTHxHEIGHT in pixels, like 128x128", text)
	}
	return width, height, nil
}

func parseCount(name, text string) (int, error) {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%s is %q: write a whole number", name, text)
	}
	return int(n), nil
}

// checkOutputs finds out before the run whether its results can be written.
func (j job) checkOutputs() error {
	if j.out == "" {
		return errors.New("no file to write: name a PNG with -o")
	}
	for _, path := range []string{j.out, j.trace} {
		if path == "" {
			continue
		}
		if err := checkWritable(path); err != nil {
			return err
		}
	}
	return nil
}

// checkWritable opens path for writing and leaves it as it was.
func checkWritable(path string) error {
	_, before := os.Stat(path)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		var p *fs.PathError
		if errors.As(err, &p) {
			err = p.Err
		}
		return fmt.Errorf("cannot write %s (%w): choose another file", path, err)
	}
	f.Close()
	if errors.Is(before, fs.ErrNotExist) {
		os.Remove(path)
	}
	return nil
}

// writeFile replaces path in one go, so that a picture is there whole or not at all.
func writeFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".render-*")
	if err != nil {
		return os.WriteFile(path, data, 0o644) // the folder is closed but the file is open
	}
	defer os.Remove(f.Name())
	if _, err := f.Write(data); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Chmod(f.Name(), 0o644); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
