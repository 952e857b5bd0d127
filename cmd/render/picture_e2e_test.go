//go:build e2e

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/png"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"reverie/app/picture"
	"reverie/app/protocol"
	"reverie/recipe"
	"reverie/weights"
	"reverie/weights/folder"
	"reverie/weights/mini"
)

// What is said on the way: a size that the model does not have, and each step in the trace. That the same settings give the same bytes is TestRenderScripts' to show.
func TestRenderTells(t *testing.T) {
	dir := t.TempDir()
	out, trace := filepath.Join(dir, "out.png"), filepath.Join(dir, "trace.jsonl")
	var stderr bytes.Buffer
	args := []string{"-prompt", "a red apple", "-size", "60x64", "-steps", "2", "-cuts", "2", "-seed", "7", "-o", out, "-trace", trace}
	if err := run(context.Background(), args, &stderr); err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	if !strings.Contains(stderr.String(), "60x64 became 64x64") {
		t.Errorf("no notice of the rounded size in:\n%s", stderr.String())
	}
	checkTrace(t, trace)
	found, err := picture.Read(read(t, out))
	if err != nil || !found.Complete || found.Step != 2 || recipe.Width.In(found.Script.Recipe) != 64 {
		t.Errorf("the file tells %+v, %v", found, err)
	}
}

// A picture that goes from coarse to fine has its own size at the end, and on its way the smaller ones that it shows.
func TestRenderCoarseToFine(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out.png")
	var stderr bytes.Buffer
	if err := run(context.Background(), []string{"-prompt", "a red apple", "-size", "48x64", "-steps", "3", "-cuts", "2", "-coarse", "1 2", "-save-every", "1", "-o", out}, &stderr); err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	for file, want := range map[string][3]int{"out.png": {48, 64, 3}, "out-000003.png": {48, 64, 3}, "out-000002.png": {24, 32, 2}, "out-000001.png": {16, 16, 1}} {
		found, err := picture.Read(read(t, filepath.Join(filepath.Dir(out), file)))
		if err != nil || [3]int{found.Width, found.Height, found.Step} != want || recipe.Coarse.In(found.Script.Recipe) != "1 2" || recipe.Width.In(found.Script.Recipe) != 48 {
			t.Errorf("%s is %d×%d after %d steps of %+v, want %v (%v)", file, found.Width, found.Height, found.Step, found.Script.Recipe, want, err)
		}
	}
}

func checkTrace(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(lines) != 3 {
		t.Fatalf("the trace has %d lines, want 3:\n%s", len(lines), text)
	}
	var head struct{ Adapter, Model, Build string }
	if err := json.Unmarshal([]byte(lines[0]), &head); err != nil || head.Adapter == "" || head.Model != "mini" || head.Build == "" {
		t.Errorf("the first line is %s (%v)", lines[0], err)
	}
	for i, line := range lines[1:] { // with two losses: mini suggests a smoothness, and there is one prompt
		var step protocol.Step
		if err := json.Unmarshal([]byte(line), &step); err != nil || step.Step != i+1 || step.Loss == 0 || len(step.Losses) != 2 || step.Milliseconds <= 0 {
			t.Errorf("line %d is %s (%v)", i+2, line, err)
		}
	}
}

// A script with masks, keyframes and a second CLIP, whose picture is moved, is rendered again from its picture to the same bytes, as whatever is rendered twice, with pictures and frames
// on the way or without; half of it and the
// rest, from a state, give the same losses and the same last picture.
func TestRenderScripts(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	script := recipe.Script{Recipe: recipe.New(recipe.Prompt.Is("a red apple"), recipe.Width.Is(32), recipe.Height.Is(32), recipe.Steps.Is(6), recipe.Cutouts.Is(2), recipe.Seed.Is(7),
		recipe.MotionEvery.Is(3), recipe.MotionFirst.Is(1), recipe.Keyframes.Is("zoom 0:(1.3), 6:(1.1); learning_rate 0:(0.1), 2:(0.3)"), recipe.Perceptors.Is("eye:0.5"),
		recipe.Hold.Is(recipe.Mask{{Rectangle: []float64{0.5, 0.5, 1, 1}}}), recipe.Regions.Is([]recipe.Region{{Prompt: 0, Mask: recipe.Mask{{Rectangle: []float64{-1, -1, 0.5, 2}, Softness: 0.2}}}}))}.
		With(2, recipe.Prompt.Is("a blue heart | a tree:0.5")).With(4, recipe.Cutouts.Is(3), recipe.Optimizer.Is("adamw"))
	text, err := json.Marshal(script)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at("run.json"), text, 0o644); err != nil {
		t.Fatal(err)
	}
	rendered := func(args ...string) {
		t.Helper()
		var stderr bytes.Buffer
		if err := run(context.Background(), append(args, "-weights", "../../weights/testdata"), &stderr); err != nil {
			t.Fatalf("%v\n%s", err, stderr.String())
		}
	}
	rendered("-script", at("run.json"), "-save-every", "2", "-frames", at("frames"), "-o", at("a.png"), "-trace", at("a.jsonl"))
	rendered("-script", at("a.png"), "-o", at("b.png"))
	if !bytes.Equal(read(t, at("a.png")), read(t, at("b.png"))) {
		t.Error("the script inside a picture gives another one")
	}
	for file, step := range map[string]int{"a-000002.png": 2, "a-000004.png": 4, "a-000006.png": 6, "frames/000001.png": 1, "frames/000002.png": 4} {
		if found, err := picture.Read(read(t, at(file))); err != nil || found.Step != step {
			t.Errorf("%s is of step %d, %v", file, found.Step, err)
		}
	}
	if !bytes.Equal(read(t, at("a-000006.png")), read(t, at("a.png"))) {
		t.Error("the picture after the last step is not the last picture")
	}
	rendered("-script", at("run.json"), "-steps", "3", "-state", at("half.state"), "-o", at("half.png"))
	rendered("-resume", at("half.state"), "-steps", "6", "-o", at("c.png"), "-trace", at("c.jsonl"))
	if got, want := losses(t, at("c.jsonl")), losses(t, at("a.jsonl"))[3:]; !reflect.DeepEqual(got, want) {
		t.Errorf("resumed at step 3 the losses are %v, straight on they were %v", got, want)
	}
	if !bytes.Equal(shades(t, at("c.png")), shades(t, at("a.png"))) {
		t.Error("the resumed run ends with another picture")
	}
}

// A film becomes another one, with its sound: a run of every second frame, the first one longer, and as their latents are all mixed alike, one picture.
func TestStyledFilm(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	made := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=32x32:rate=6:duration=1", "-f", "lavfi", "-i", "sine=duration=1", at("source.mkv"))
	if out, err := made.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var stderr bytes.Buffer
	args := []string{"-prompt", "a red apple", "-size", "32x32", "-steps", "1", "-first-steps", "2", "-cuts", "2", "-seed", "7", "-video", at("source.mkv"), "-frame-stride", "2",
		"-blend", "0.5", "-source-prompt", "0.5", "-smooth", "5", "-smooth-alpha", "0", "-frames", at("frames"), "-trace", at("trace.jsonl"), "-o", at("out.mkv")}
	if err := run(context.Background(), args, &stderr); err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	if n := len(losses(t, at("trace.jsonl"))); n != 4 {
		t.Errorf("%d steps, want 2 of the first frame and 1 of the others", n)
	}
	first := shades(t, at("frames/000001.png"))
	for _, want := range []struct {
		file, source string
		steps        int
	}{{"frames/000001.png", "000001.png", 2}, {"frames/000002.png", "000003.png", 1}, {"frames/000003.png", "000005.png", 1}} {
		found, err := picture.Read(read(t, at(want.file)))
		if r := found.Script.Recipe; err != nil || found.Step != want.steps || recipe.InitImage.In(r) != want.source || recipe.ImagePrompts.In(r)[0].Name != want.source {
			t.Errorf("%s tells %+v, %v", want.file, found, err)
		}
		if !bytes.Equal(shades(t, at(want.file)), first) {
			t.Errorf("%s is not of the mean latent", want.file)
		}
	}
	out, err := exec.Command("ffprobe", "-v", "error", "-count_frames", "-show_entries", "stream=codec_type,r_frame_rate,nb_read_frames:format_tags", "-of", "default=nk=1:nw=1", at("out.mkv")).Output()
	for _, want := range []string{"video\n3/1\n3\n", "audio\n", "a red apple"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the film lacks %q:\n%s%v", want, out, err)
		}
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// losses are those of the steps of a trace.
func losses(t *testing.T, path string) (list [][]float64) {
	t.Helper()
	for i, line := range strings.Split(strings.TrimSpace(string(read(t, path))), "\n") {
		var step protocol.Step
		if err := json.Unmarshal([]byte(line), &step); err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			list = append(list, step.Losses)
		}
	}
	return list
}

// shades are a picture's pixels without the lowest bits, which tell another script.
func shades(t *testing.T, path string) []byte {
	t.Helper()
	p, err := picture.Open(read(t, path))
	if err != nil {
		t.Fatal(err)
	}
	for i := range p.Pix {
		p.Pix[i] &^= 1
	}
	return p.Pix
}

// Packs of one half each draw what the pair draws that they were cut from, to the bit, and go with halves of other models.
func TestRenderPairs(t *testing.T) {
	dir := t.TempDir()
	cut(t, filepath.Join(dir, "sight"), weights.PartText, weights.PartImage)
	cut(t, filepath.Join(dir, "hand"), weights.PartDecoder, weights.PartEncoder)
	if err := os.CopyFS(filepath.Join(dir, "eye"), os.DirFS("../../weights/testdata/eye")); err != nil {
		t.Fatal(err)
	}
	pixels := map[string][]byte{}
	for _, model := range []string{"mini+mini", "sight+hand", "eye+mini"} {
		out := filepath.Join(t.TempDir(), "out.png")
		var stderr bytes.Buffer
		args := []string{"-prompt", "a red apple", "-size", "32x32", "-steps", "2", "-cuts", "2", "-seed", "7", "-learning-rate", "0.3", "-weights", dir, "-model", model, "-o", out}
		if err := run(context.Background(), args, &stderr); err != nil {
			t.Fatalf("%s: %v\n%s", model, err, stderr.String())
		}
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		found, err := picture.Read(data)
		if err != nil || recipe.Model.In(found.Script.Recipe) != recipe.Pairing(recipe.Halves(model)) {
			t.Errorf("the file of %s tells %+v, %v", model, found, err)
		}
		img, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		pixels[model] = shown(img)
	}
	if !bytes.Equal(pixels["sight+hand"], pixels["mini+mini"]) {
		t.Error("the halves of mini draw another picture than mini")
	}
	if bytes.Equal(pixels["eye+mini"], pixels["mini+mini"]) {
		t.Error("another CLIP draws the same picture")
	}
}

// shown are a picture's colours without their lowest bit, where its settings are hidden.
func shown(img image.Image) []byte {
	var b []byte
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			r, g, b8, _ := img.At(x, y).RGBA()
			b = append(b, byte(r>>8)&^1, byte(g>>8)&^1, byte(b8>>8)&^1)
		}
	}
	return b
}

// cut writes two parts of the embedded model into a folder.
func cut(t *testing.T, dir string, parts ...string) {
	t.Helper()
	m, err := folder.Manifest(mini.FS)
	if err != nil {
		t.Fatal(err)
	}
	kept := *m
	kept.Parts = nil
	files := m.CLIPFiles()
	if parts[0] == weights.PartText {
		kept.VQGAN = weights.VQGANConfig{}
	} else {
		kept.CLIP, kept.Vocab, files = weights.CLIPConfig{}, weights.Shard{}, m.VQGANFiles()
	}
	for _, name := range parts {
		kept.Parts = append(kept.Parts, *m.Part(name))
	}
	text, err := kept.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	write := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(weights.ManifestFile, text)
	for name := range files {
		data, err := fs.ReadFile(mini.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		write(name, data)
	}
}
