package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"reverie/app/picture"
	"reverie/gpu/guide"
	"reverie/recipe"
	"reverie/tools/chromium"
)

// job is what the flags ask for.
type job struct {
	script    recipe.Script
	given     bool // by a script or a state: model and seed are said
	init      *file
	images    []file // of the script's image prompts
	state     []byte // to go on from, or nil
	factor    int    // pixels along a token's side
	big       bool   // the model is one that the page downloads only when it is asked to
	model     string // "" for the only one of the weights folder, or mini
	named     checkpoints
	weights   string
	adapter   chromium.Adapter
	out       string
	trace     string // "" for none
	saveState string // "" for none
	saveEvery int    // 0 for never
	frames    string // folder of the frames, "" for none
	rate      int    // of a film, in frames per second
	slow      int    // times that a film is longer than its frames
	between   string // how frames between are made
	styling   *styling
	following following
	quality   string // pixray's word, "" for none
}

// maxRate is the most frames per second of a film.
const maxRate = 240

// file is a picture that a run takes, by the name that the script has for it.
type file struct {
	name string
	data []byte
}

// parse reads the flags. Its errors are sentences.
func parse(args []string, stderr io.Writer) (job, error) {
	var said recipe.Recipe
	var j job
	var words easy
	var shown masks
	var size, adapter, script, resume, initFile string
	var style styling
	flags := flag.NewFlagSet("render", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	recipe.AddFlags(flags, &said, slices.DeleteFunc(slices.Clone(recipe.Options()), func(o *recipe.Option) bool { return o == recipe.Model.Option }))
	flags.StringVar(&j.model, "model", "", "name of the model (default mini, or the one in the weights folder)")
	flags.StringVar(&j.weights, "weights", "", "folder of models, `DIR`")
	j.named.add(flags)
	flags.StringVar(&size, "size", "", "width and height in pixels, `WxH`")
	words.add(flags)
	flags.Func("region", "prompt N, from 0, pulls where a PNG is not transparent, `N=FILE`; may be said for several", shown.region)
	flags.Func("hold-where", "the picture is held still where a PNG is not transparent, `FILE`", shown.held)
	flags.Func("cuts", "the same as -cutouts, `N`", func(text string) error { return flags.Set(recipe.Cutouts.Flag(), text) })
	flags.StringVar(&script, "script", "", "run this script, JSON `FILE`, or the one inside a picture of Reverie's; flags for options change its recipe")
	flags.StringVar(&initFile, "init", "", "picture to start from, `FILE`")
	flags.StringVar(&resume, "resume", "", "go on from a state that -state wrote, `FILE`; flags for options take effect from there")
	flags.StringVar(&j.saveState, "state", "", "write the state at the end, `FILE`")
	flags.IntVar(&j.saveEvery, "save-every", 0, "write the picture after every `N` steps, too, beside the PNG")
	flags.StringVar(&j.frames, "frames", "", "write the frames of a picture that is moved, or of -video, to a folder, `DIR`")
	flags.IntVar(&j.rate, "rate", 24, "frames per second of a film")
	flags.IntVar(&j.slow, "slow", 1, "with -o FILM, make it `N` times as long, with pictures between the frames")
	flags.StringVar(&j.between, "between", "motion", "with -slow, how pictures between two frames are made: `motion` follows what moves, fade mixes the two")
	addStyling(flags, &style)
	j.following.add(flags)
	flags.StringVar(&adapter, "adapter", os.Getenv("REVERIE_ADAPTER"), "software or hardware (default software, or REVERIE_ADAPTER)")
	flags.StringVar(&j.out, "o", "", "PNG `FILE` to write, or a film of the frames (mp4, webm, mkv, mov, gif), which takes ffmpeg")
	flags.StringVar(&j.trace, "trace", "", "JSON lines `FILE` to write, one line per step")
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
	if err := j.named.check(j.model != ""); err != nil {
		return job{}, err
	}
	if j.saveEvery < 0 {
		return job{}, fmt.Errorf("-save-every is %d: write 1 or more", j.saveEvery)
	}
	var err error
	if said, err = sized(said, size); err != nil {
		return j, err
	}
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	j.quality = words.quality
	if said, err = words.apply(said, given, initFile); err != nil {
		return j, err
	}
	if err := j.read(script, resume, shown.apply(said), stderr); err != nil {
		return j, err
	}
	if err := j.readPictures(initFile); err != nil {
		return j, err
	}
	if j.rate < 1 || j.rate > maxRate {
		return j, fmt.Errorf("-rate is %d: write 1 to %d", j.rate, maxRate)
	}
	if err := j.checkSlow(); err != nil {
		return j, err
	}
	if err := j.following.check(&j); err != nil {
		return j, err
	}
	if style.video != "" {
		j.styling = &style
		if err := style.check(&j); err != nil {
			return j, err
		}
	}
	if j.adapter, err = chromium.ParseAdapter(adapter); err != nil {
		return j, err
	}
	// The model is not known yet, but what no model can run is found here; the model's own limits follow.
	if _, _, err = j.script.Check(1); err != nil {
		return j, err
	}
	return j, j.checkOutputs()
}

// sized is a recipe with a size, written as WIDTHxHEIGHT.
func sized(r recipe.Recipe, size string) (recipe.Recipe, error) {
	if size == "" {
		return r, nil
	}
	width, height, err := parseSize(size)
	return r.With(recipe.Width.Is(width), recipe.Height.Is(height)), err
}

// read makes the script: of a file, of a state, or of what the flags said alone.
func (j *job) read(script, resume string, said recipe.Recipe, stderr io.Writer) error {
	if script != "" {
		s, err := readScript(script, stderr)
		if err != nil {
			return err
		}
		j.script, j.given = s, true
	}
	if resume == "" {
		j.script.Recipe = j.script.Recipe.With(said.Said()...)
		return nil
	}
	data, err := os.ReadFile(resume)
	if err != nil {
		return unreadable(resume, err)
	}
	state, err := guide.ParseState(data)
	if err != nil {
		return fmt.Errorf("%s: %w", resume, err)
	}
	j.state = data
	if !j.given {
		j.script, j.given = state.Script, true
	}
	if set := said.Said(); len(set) > 0 {
		j.script = j.script.With(state.Step, set...)
	}
	return nil
}

// readScript reads a script, or a picture that carries one.
func readScript(path string, stderr io.Writer) (recipe.Script, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return recipe.Script{}, unreadable(path, err)
	}
	if found, err := picture.Read(data); err == nil && found.Tool != "" {
		return found.Script, nil
	}
	s, notices, err := recipe.FromJSON(data)
	if err != nil {
		return s, fmt.Errorf("%s is no script: write one as docs/options.md tells", path)
	}
	for _, notice := range notices {
		fmt.Fprintln(stderr, notice)
	}
	return s, nil
}

// readPictures reads the start picture and the image prompts, whose names are those of files.
func (j *job) readPictures(initFile string) error {
	if initFile != "" {
		data, err := os.ReadFile(initFile)
		if err != nil {
			return unreadable(initFile, err)
		}
		j.init = &file{filepath.Base(initFile), data}
		j.script.Recipe = j.script.Recipe.With(recipe.InitImage.Is(j.init.name))
	}
	for _, image := range j.script.ImageNames() {
		data, err := os.ReadFile(image)
		if err != nil && j.state == nil { // a state has those that it needs
			return unreadable(image, err)
		}
		if err == nil {
			j.images = append(j.images, file{image, data})
		}
	}
	return nil
}

func unreadable(path string, err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	return fmt.Errorf("cannot read %s (%w): choose another file", path, err)
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

// checkOutputs finds out before the run whether its results can be written.
func (j job) checkOutputs() error {
	if j.out == "" {
		return errors.New("no file to write: name a PNG with -o")
	}
	for _, path := range []string{j.out, j.trace, j.saveState} {
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
