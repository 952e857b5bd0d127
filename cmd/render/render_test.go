package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"reverie/app/picture"
	"reverie/recipe"
)

func TestBadFlagsGetOneSentence(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "out.png")
	damaged := filepath.Join(dir, "damaged")
	if err := os.Mkdir(damaged, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(damaged, "manifest.json"), []byte(`{"format":1`), 0o644); err != nil {
		t.Fatal(err)
	}
	full := filepath.Join(dir, "full")
	if err := os.Mkdir(full, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(full, "000001.png"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"no prompt", []string{"-o", out}, "Type what the picture should show"},
		{"a blank prompt", []string{"-prompt", " | ", "-o", out}, "Type what the picture should show"},
		{"no output", []string{"-prompt", "x"}, "-o"},
		{"size 0", []string{"-prompt", "x", "-size", "0x64", "-o", out}, "width is 0"},
		{"a negative size", []string{"-prompt", "x", "-size", "64x-8", "-o", out}, "height is -8"},
		{"an unknown quality", []string{"-prompt", "x", "-quality", "good", "-o", out}, `"good": write best, better, draft, normal, supreme`},
		{"an unknown easy size", []string{"-prompt", "x", "-ezsize", "huge", "-o", out}, `"huge": write large, medium, small`},
		{"a shape of no picture", []string{"-prompt", "x", "-aspect", "retain", "-o", out}, "name one with -init"},
		{"a negative scale", []string{"-prompt", "x", "-scale", "-2", "-o", out}, "-scale is -2"},
		{"a region of no prompt", []string{"-prompt", "x", "-region", "left.png", "-o", out}, "0=left.png"},
		{"a region in no folder", []string{"-prompt", "x", "-region", "0=none.png", "-o", out}, "cannot read none.png"},
		{"a mask that is no picture", []string{"-prompt", "x", "-hold-where", filepath.Join(damaged, "manifest.json"), "-o", out}, "is no PNG with transparent parts"},
		{"a coarse size", []string{"-prompt", "x", "-coarse", "64x64:5", "-o", out}, "like 50 75"},
		{"more coarse steps than steps", []string{"-prompt", "x", "-coarse", "5 10", "-steps", "10", "-o", out}, "enlarged after 10 steps, and the run ends after 10"},
		{"half a size", []string{"-prompt", "x", "-size", "64", "-o", out}, `"64"`},
		{"negative cuts", []string{"-prompt", "x", "-cuts", "-1", "-o", out}, "cutouts is -1"},
		{"cuts in words", []string{"-prompt", "x", "-cuts", "four", "-o", out}, `"four" for flag -cuts`},
		{"negative steps", []string{"-prompt", "x", "-steps", "-1", "-o", out}, "steps is -1"},
		{"a seed that is no number", []string{"-prompt", "x", "-seed", "-1", "-o", out}, "seed"},
		{"an unknown preset", []string{"-prompt", "x", "-preset", "best", "-o", out}, "best"},
		{"unknown augmentations", []string{"-prompt", "x", "-augment", "some", "-o", out}, "choose moves, all"},
		{"an unknown precision", []string{"-prompt", "x", "-precision", "double", "-o", out}, "choose full, half"},
		{"a script that is none", []string{"-script", filepath.Join(damaged, "manifest.json"), "-o", out}, "is no script"},
		{"a script in no folder", []string{"-script", filepath.Join(dir, "none"), "-o", out}, "cannot read"},
		{"a state that is none", []string{"-resume", filepath.Join(damaged, "manifest.json"), "-o", out}, "no state of a run"},
		{"an image prompt in no folder", []string{"-prompt", "x", "-image-prompts", "none.png:2", "-o", out}, "cannot read none.png"},
		{"a negative interval", []string{"-prompt", "x", "-save-every", "-3", "-o", out}, "-save-every is -3"},
		{"frames of nothing", []string{"-prompt", "x", "-frames", filepath.Join(dir, "frames"), "-o", out}, "nothing makes frames"},
		{"frames among others", []string{"-prompt", "x", "-motion-every", "2", "-frames", full, "-o", out}, "choose an empty one"},
		{"no frames in a second", []string{"-prompt", "x", "-rate", "0", "-o", out}, "-rate is 0"},
		{"a film no slower", []string{"-prompt", "x", "-motion-every", "2", "-slow", "0", "-o", "a.mp4"}, "-slow is 0"},
		{"a picture slowed", []string{"-prompt", "x", "-motion-every", "2", "-slow", "2", "-o", out}, "name one with -o, such as a.mp4"},
		{"an unknown way between", []string{"-prompt", "x", "-motion-every", "2", "-slow", "2", "-between", "rife", "-o", "a.mp4"}, `no way "rife": write fade, motion`},
		{"a video that is not there", []string{"-prompt", "x", "-video", filepath.Join(dir, "none"), "-frames", filepath.Join(dir, "f"), "-o", out}, "cannot read"},
		{"a video without pictures", []string{"-prompt", "x", "-video", damaged, "-frames", filepath.Join(dir, "f"), "-o", out}, "there are no pictures in"},
		{"a video that is none", []string{"-prompt", "x", "-video", filepath.Join(damaged, "manifest.json"), "-o", out}, "no film that ffmpeg can read"},
		{"more than all of the last frame", []string{"-prompt", "x", "-video", dir, "-blend", "1.5", "-o", out}, "-blend is 1.5"},
		{"a cropped frame mixed", []string{"-prompt", "x", "-video", dir, "-blend", "0.5", "-init-fit", "crop", "-o", out}, "leave out -init-fit"},
		{"an even window", []string{"-prompt", "x", "-video", dir, "-smooth", "2", "-o", out}, "write an odd number"},
		{"weights without end", []string{"-prompt", "x", "-video", dir, "-smooth-alpha", "1", "-o", out}, "-smooth-alpha is 1"},
		{"a stride of nothing", []string{"-prompt", "x", "-video", dir, "-frame-stride", "0", "-o", out}, "-frame-stride is 0"},
		{"a first frame before the first step", []string{"-prompt", "x", "-video", dir, "-first-steps", "-1", "-o", out}, "-first-steps is -1"},
		{"a video and a state", []string{"-prompt", "x", "-video", dir, "-state", filepath.Join(dir, "s"), "-o", out}, "leave out -resume, -state"},
		{"an unknown adapter", []string{"-prompt", "x", "-adapter", "cuda", "-o", out}, "cuda"},
		{"an unknown flag", []string{"-colour", "red"}, "-colour"},
		{"a word too much", []string{"-prompt", "x", "-o", out, "apple"}, "apple"},
		{"an output in no folder", []string{"-prompt", "x", "-o", filepath.Join(dir, "none", "out.png")}, "cannot write"},
		{"an output that is a folder", []string{"-prompt", "x", "-o", dir}, "cannot write"},
		{"a trace in no folder", []string{"-prompt", "x", "-o", out, "-trace", filepath.Join(dir, "none", "t")}, "cannot write"},
		{"no weights folder", []string{"-prompt", "x", "-o", out, "-weights", filepath.Join(dir, "none")}, "does not exist"},
		{"a damaged weights folder", []string{"-prompt", "x", "-o", out, "-weights", damaged}, "manifest"},
		{"an unknown model", []string{"-prompt", "x", "-o", out, "-model", "big"}, `"big"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := run(context.Background(), c.args, &bytes.Buffer{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want an error with %q", err, c.want)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("the error has several lines:\n%v", err)
			}
			if _, err := os.Stat(out); err == nil {
				t.Error("an output was written")
			}
		})
	}
}

// Pixray's words are numbers of the recipe, where no flag says them.
func TestEasySizes(t *testing.T) {
	dir := t.TempDir()
	init := filepath.Join(dir, "init.png")
	shot, _, err := picture.Write(make([]byte, 4*32*16), 32, 16, picture.Meta{})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(init, shot, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args                          string
		width, height, steps, cutouts int
	}{
		{"", 128, 128, 150, 16},
		{"-quality draft", 192, 108, 200, 32},
		{"-quality best -aspect square", 576, 576, 350, 80},
		{"-quality supreme -cuts 16 -steps 150 -size 64x32", 64, 32, 150, 16},
		{"-ezsize small -aspect portrait", 128, 160, 150, 16},
		{"-ezsize large -scale 1.5", 288, 162, 150, 16},
		{"-aspect square", 288, 288, 150, 16},
		{"-aspect retain -scale 1 -init " + init, 144, 72, 150, 16},
	} {
		j, err := parse(append(strings.Fields(c.args), "-prompt", "x", "-o", filepath.Join(dir, "o.png")), &bytes.Buffer{})
		r := j.script.Recipe
		if err != nil || recipe.Width.In(r) != c.width || recipe.Height.In(r) != c.height || recipe.Steps.In(r) != c.steps || recipe.Cutouts.In(r) != c.cutouts {
			t.Errorf("%s: %d×%d, %d steps, %d cutouts, %v; want %+v", c.args, recipe.Width.In(r), recipe.Height.In(r), recipe.Steps.In(r), recipe.Cutouts.In(r), err, c)
		}
	}
}

// What is not transparent in a file is a region, of rectangles.
func TestMasksOfPictures(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "mask.png")
	m := image.NewNRGBA(image.Rect(0, 0, 64, 32)) // the left half, and below the right quarter, too
	for y := range 32 {
		for x := range 64 {
			if x < 32 || y >= 16 && x >= 48 {
				m.SetNRGBA(x, y, color.NRGBA{A: 200})
			}
		}
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(png.Encode(f, m), f.Close()); err != nil {
		t.Fatal(err)
	}
	j, err := parse([]string{"-prompt", "x | y", "-regions", "0left", "-region", "1=" + path, "-hold-where", path, "-o", filepath.Join(dir, "o.png")}, &bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	const want = "r0_0_500_1000_0.r750_500_1000_1000_0"
	if got := recipe.Hold.Format(recipe.Hold.In(j.script.Recipe)); got != want {
		t.Errorf("held is %s", got)
	}
	if got := recipe.Regions.Format(recipe.Regions.In(j.script.Recipe)); got != "0r-1000_-1000_500_2000_0~1"+want {
		t.Errorf("the regions are %s", got)
	}
}

func TestParseOptions(t *testing.T) {
	j, err := parse([]string{"-prompt", "a|b:-1", "-size", "96×64", "-steps", "0", "-cuts", "3", "-seed", "18446744073709551615", "-preset", "zq",
		"-augment", "all", "-precision", "half", "-cut-pow", "0.5", "-model", "m", "-adapter", "hardware", "-o", filepath.Join(t.TempDir(), "o.png")}, &bytes.Buffer{})
	want := recipe.New(recipe.Prompt.Is("a|b:-1"), recipe.Width.Is(96), recipe.Height.Is(64), recipe.Steps.Is(0), recipe.Cutouts.Is(3), recipe.Seed.Is(1<<64-1),
		recipe.Preset.Is("zq"), recipe.Augment.Is("all"), recipe.Precision.Is("half"), recipe.CutPow.Is(0.5))
	if err != nil || !reflect.DeepEqual(j.script, recipe.Script{Recipe: want}) || j.model != "m" || j.adapter != "hardware" {
		t.Errorf("got %+v, %v", j, err)
	}
}

// A script comes from a file, or from a picture; flags change its recipe.
func TestParseScripts(t *testing.T) {
	dir := t.TempDir()
	script := recipe.Script{Recipe: recipe.New(recipe.Prompt.Is("a red apple"), recipe.Seed.Is(7), recipe.Steps.Is(9), recipe.Smoothness.Is(1))}.With(3, recipe.Cutouts.Is(4))
	text, err := json.Marshal(script)
	if err != nil {
		t.Fatal(err)
	}
	png, _, err := picture.Write(make([]byte, 4*64*64), 64, 64, picture.Meta{Script: script, Step: 5})
	if err != nil {
		t.Fatal(err)
	}
	want := script
	want.Recipe = want.Recipe.With(recipe.Steps.Is(11))
	for name, data := range map[string][]byte{"run.json": text, "a.png": png} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		j, err := parse([]string{"-script", path, "-steps", "11", "-o", filepath.Join(dir, "o.png")}, &bytes.Buffer{})
		if err != nil || !reflect.DeepEqual(j.script, want) {
			t.Errorf("%s: %+v, %v; want %+v", name, j.script, err, want)
		}
	}
}

// The examples are scripts of which nothing is left out, that the embedded model can run.
func TestExamples(t *testing.T) {
	files, err := filepath.Glob("examples/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		var told bytes.Buffer
		j, err := parse([]string{"-script", file, "-o", filepath.Join(t.TempDir(), "o.png")}, &told)
		if err == nil {
			_, _, err = j.script.Check(8)
		}
		if err != nil || told.Len() > 0 {
			t.Errorf("%s: %v; it says %q", file, err, told.String())
		}
	}
}

// Every option has a flag, and the help tells it.
func TestHelpListsEveryOption(t *testing.T) {
	var help bytes.Buffer
	if _, err := parse([]string{"-h"}, &help); !errors.Is(err, flag.ErrHelp) {
		t.Fatal(err)
	}
	for _, o := range recipe.Options() {
		if !strings.Contains(help.String(), "\n  -"+o.Flag()+" ") && !strings.Contains(help.String(), "\n  -"+o.Flag()+"\n") {
			t.Errorf("the help lacks -%s", o.Flag())
		}
	}
}

func TestCheckWritableLeavesFilesAlone(t *testing.T) {
	dir := t.TempDir()
	kept, fresh := filepath.Join(dir, "kept"), filepath.Join(dir, "fresh")
	if err := os.WriteFile(kept, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{kept, fresh} {
		if err := checkWritable(path); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(kept); err != nil || string(got) != "old" {
		t.Errorf("the file that was there now holds %q, %v", got, err)
	}
	if _, err := os.Stat(fresh); !os.IsNotExist(err) {
		t.Errorf("a file that was not there: %v", err)
	}
}

func TestWriteFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	for _, want := range []string{"one", "two"} {
		if err := writeFile(path, []byte(want)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
}
