package picture

import (
	"bytes"
	"cmp"
	"compress/zlib"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"reverie/recipe"
	"reverie/recipe/prompt"
)

// noise is a w×h picture without order; alpha is 255.
func noise(w, h int) []byte {
	r := rand.New(rand.NewPCG(7, uint64(w*h)))
	pix := make([]byte, 4*w*h)
	for i := range pix {
		pix[i] = byte(r.Uint32())
		if i%4 == 3 {
			pix[i] = 255
		}
	}
	return pix
}

func testMeta() Meta {
	s := recipe.Script{Recipe: recipe.New(
		recipe.Prompt.Is("schöne 🍎 äpfel:2|\"fog\" \\ <b>:-0.5:-0.2"), recipe.Seed.Is(math.MaxUint64), recipe.Width.Is(96), recipe.Height.Is(64),
		recipe.InitImage.Is("start.png"), recipe.InitWeight.Is(0.25), recipe.Smoothness.Is(0.5),
		recipe.ImagePrompts.Is([]prompt.Image{{Name: "köln.jpg", Weight: 0.5, Stop: prompt.NoStop}}),
	)}
	return Meta{Script: s, Step: 40, ModelTitle: "Mini", Build: "abc123", Weights: "0123456789abcdef"}
}

// stegano decodes the pixels as the description of the method says, bit by bit, from a picture decoded by image/png.
func stegano(t *testing.T, data []byte) string {
	t.Helper()
	m, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	var bits strings.Builder
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			c := color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA)
			for _, v := range []byte{c.R, c.G, c.B} {
				bits.WriteByte('0' + v&1)
			}
		}
	}
	var text []rune
	length := -1
	for b := bits.String(); len(b) >= 8; b = b[8:] {
		var r rune
		for _, bit := range b[:8] {
			r = 2*r + bit - '0'
		}
		if length < 0 && r == ':' {
			length = 0
			for _, digit := range text {
				length = 10*length + int(digit-'0')
			}
			text = nil
			continue
		}
		if text = append(text, r); len(text) == length {
			return string(text)
		}
	}
	t.Fatalf("no text of length %d in the pixels", length)
	return ""
}

// An encoder pauses often enough for a page, and writes the same file.
func TestEncoderPauses(t *testing.T) {
	const w, h = 256, 256
	pix := noise(w, h)
	want, _, err := Write(pix, w, h, testMeta())
	if err != nil {
		t.Fatal(err)
	}
	pauses := 0
	got, _, err := Encoder{Pause: func() { pauses++ }}.Write(pix, w, h, testMeta())
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("with pauses it writes %d bytes, %v; without, %d", len(got), err, len(want))
	}
	if least := len(want) >> 16; pauses < least {
		t.Errorf("%d pauses for %d bytes, want at least %d", pauses, len(want), least)
	}
}

func TestWrite(t *testing.T) {
	meta, pix := testMeta(), noise(96, 64)
	before := bytes.Clone(pix)
	data, hidden, err := Write(pix, 96, 64, meta)
	if err != nil || hidden != HiddenAll || hidden.Notice() != "" {
		t.Fatalf("hidden %v, %v", hidden, err)
	}
	if !bytes.Equal(pix, before) {
		t.Error("the pixels given were changed")
	}
	hiddenText := stegano(t, data)
	for _, r := range hiddenText {
		if r > 0x7e {
			t.Fatalf("%q in the pixels", r)
		}
	}
	var tag map[string]any
	if err := json.Unmarshal([]byte(hiddenText), &tag); err != nil {
		t.Fatalf("%v in %s", err, hiddenText)
	}
	for key, want := range map[string]any{
		"title": `schöne 🍎 äpfel:2 | "fog" \ <b>:-0.5:-0.2`, "notebook": "VQGAN+CLIP", "i": 40.0, "model": "Mini",
		"seed": "18446744073709551615", "input_images": true,
	} {
		if tag[key] != want {
			t.Errorf("%s is %v, want %v", key, tag[key], want)
		}
	}
	m, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range m.(*image.RGBA).Pix {
		if v|1 != pix[i]|1 || i%4 == 3 && v != 255 {
			t.Fatalf("byte %d was %d and is %d", i, pix[i], v)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	meta := testMeta()
	data, _, err := Write(noise(96, 64), 96, 64, meta)
	if err != nil {
		t.Fatal(err)
	}
	want := Found{
		Tool: ToolReverie, Width: 96, Height: 64, Script: meta.Script, Complete: true,
		Title: `schöne 🍎 äpfel:2 | "fog" \ <b>:-0.5:-0.2`, Model: "Mini", Seed: "18446744073709551615", Step: 40,
		Build: "abc123", Weights: "0123456789abcdef",
	}
	decoded, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	var onlyPixels bytes.Buffer
	if err := png.Encode(&onlyPixels, decoded); err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string][]byte{
		"whole":            data,
		"pixels alone":     onlyPixels.Bytes(),
		"own chunk alone":  withText(t, 3, 3, "iTXt", ownKeyword+"\x00\x00\x00\x00\x00"+chunk(t, data, ownKeyword)),
		"packed chunk":     withText(t, 3, 3, "iTXt", ownKeyword+"\x00\x01\x00en\x00tag\x00"+deflate(chunk(t, data, ownKeyword))),
		"latin text chunk": withText(t, 3, 3, "tEXt", ownKeyword+"\x00"+chunk(t, data, ownKeyword)),
		"xmp alone":        withText(t, 3, 3, "iTXt", xmpKeyword+"\x00\x00\x00\x00\x00"+chunk(t, data, xmpKeyword)),
	} {
		found, err := Read(file)
		want := want
		if found.Width == 3 {
			want.Width, want.Height = 3, 3
		}
		if err != nil || !reflect.DeepEqual(found, want) {
			t.Errorf("%s: %+v, %v; want %+v", name, found, err, want)
		}
	}
}

// TestRoom writes into pictures that hold less and less.
func TestRoom(t *testing.T) {
	for _, test := range []struct {
		w, h   int
		hidden Hidden
	}{{64, 64, HiddenAll}, {32, 24, HiddenNotebook}, {8, 8, HiddenNothing}, {1, 1, HiddenNothing}} {
		data, hidden, err := Write(noise(test.w, test.h), test.w, test.h, testMeta())
		if err != nil || hidden != test.hidden || (hidden == HiddenAll) != (hidden.Notice() == "") {
			t.Errorf("%dx%d: %v (%q), %v; want %v", test.w, test.h, hidden, hidden.Notice(), err, test.hidden)
			continue
		}
		if found, err := Read(data); err != nil || !found.Complete || !reflect.DeepEqual(found.Script, testMeta().Script) {
			t.Errorf("%dx%d is read as %+v, %v", test.w, test.h, found, err)
		}
		if hidden == HiddenNotebook && !strings.HasSuffix(stegano(t, data), `"input_images":true}`) {
			t.Errorf("%dx%d hides %s", test.w, test.h, stegano(t, data))
		}
	}
}

func TestWriteErrors(t *testing.T) {
	for _, side := range [][2]int{{0, 4}, {4, 0}, {-1, -4}, {2, 3}, {1 << 40, 1 << 40}} {
		if _, _, err := Write(make([]byte, 16), side[0], side[1], testMeta()); err == nil {
			t.Errorf("16 bytes are written as %v", side)
		}
	}
	meta := testMeta()
	meta.Script.Recipe = meta.Script.Recipe.With(recipe.CutPow.Is(math.NaN()))
	if _, _, err := Write(make([]byte, 16), 2, 2, meta); err == nil {
		t.Error("a cut power that is no number is written")
	}
}

// TestNotebook reads a picture made, byte for byte, as the notebook makes it: testdata/make.py wrote it.
func TestNotebook(t *testing.T) {
	data := decodeBase64(t, notebookPNG)
	found, err := Read(data)
	if err != nil {
		t.Fatal(err)
	}
	const title = "schöne äpfel | fog:-1"
	r := recipe.New(recipe.Prompt.Is(title), recipe.Seed.Is(5476245293527641887), recipe.Width.Is(40), recipe.Height.Is(24), recipe.Steps.Is(300))
	want := Found{
		Tool: ToolNotebook, Width: 40, Height: 24, Script: recipe.Script{Recipe: r}, Title: title, Model: "ImageNet 16384",
		Seed: "5476245293527641887", Step: 300,
	}
	if !reflect.DeepEqual(found, want) {
		t.Errorf("%+v, want %+v", found, want)
	}
}

func TestReadOthers(t *testing.T) {
	for _, test := range []struct {
		name, kind, chunks string
		want               Found
		prompt             string
		seed               uint64
		notices            int
	}{
		{"nothing", "tEXt", "Software\x00paint", Found{}, "", 0, 0},
		{"nerdyrodent", "tEXt", "comment\x00['a cat', \"the dog's \\xe9t\\u00e9\\n\"]", Found{Tool: ToolNerdy}, "a cat | the dog's été", 0, 0},
		{"a comment", "tEXt", "comment\x00a cat:2 ", Found{}, "", 0, 0},
		{"a comment that begins as a list", "tEXt", "comment\x00['a cat'] by me", Found{}, "", 0, 0},
		{"a comment in brackets", "tEXt", "comment\x00[sic]", Found{}, "", 0, 0},
		{"a list of numbers", "tEXt", "comment\x00[1, 2]", Found{}, "", 0, 0},
		{"strings beside each other", "tEXt", "comment\x00['a' 'b']", Found{}, "", 0, 0},
		{"an empty list", "tEXt", "comment\x00[]", Found{}, "", 0, 0},
		{"nerdyrodent, a caret", "tEXt", "comment\x00['2^3']", Found{Tool: ToolNerdy, Title: "2^3"}, `2\^3`, 0, 0},
		{"nerdyrodent, packed", "zTXt", "comment\x00\x00" + deflate("['a cat']"), Found{Tool: ToolNerdy}, "a cat", 0, 0},
		{"nerdyrodent, no prompt", "tEXt", "comment\x00None", Found{}, "", 0, 0},
		{"a broken list", "tEXt", "comment\x00['a cat', \\", Found{}, "", 0, 0},
		{"pixray", "tEXt", "pixray_prompts\x00a cat|a dog\n--\npixray_seed_used\x0077\n--\npixray_iterations\x00200\n--\npixray_num_cuts\x009",
			Found{Tool: ToolPixray, Step: 200, Seed: "77"}, "a cat|a dog", 77, 0},
		{"pixray, seed of another kind", "tEXt", "pixray_prompts\x00a cat\n--\npixray_seed_used\x00-1", Found{Tool: ToolPixray, Seed: "-1"}, "a cat", 0, 1},
		{"xmp", "iTXt", xmpKeyword + "\x00\x00\x00\x00\x00" + xmpOf("a cat &amp; dog", "12", "99", "True"),
			Found{Tool: ToolNotebook, Model: "faceshq", Step: 12, Seed: "99"}, "a cat & dog", 99, 1},
		{"xmp with a caret", "iTXt", xmpKeyword + "\x00\x00\x00\x00\x00" + xmpOf("2^3", "12", "99", ""),
			Found{Tool: ToolNotebook, Model: "faceshq", Step: 12, Seed: "99", Title: "2^3"}, `2\^3`, 99, 0},
		{"xmp without prompt", "iTXt", xmpKeyword + "\x00\x00\x00\x00\x00" + xmpOf("None", "12", "99", ""),
			Found{Tool: ToolNotebook, Model: "faceshq", Step: 12, Seed: "99"}, "", 99, 0},
		{"xmp cut off", "iTXt", xmpKeyword + "\x00\x00\x00\x00\x00" + xmpOf("a cat", "12", "99", "")[:380], Found{Tool: ToolNotebook, Step: 12}, "a cat", 0, 0},
		{"xmp of another tool", "iTXt", xmpKeyword + "\x00\x00\x00\x00\x00<x/>", Found{}, "", 0, 0},
	} {
		found, err := Read(withText(t, 5, 4, test.kind, strings.Split(test.chunks, "\n--\n")...))
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if found.Tool != test.want.Tool || found.Step != test.want.Step || found.Seed != test.want.Seed || found.Model != test.want.Model || found.Complete {
			t.Errorf("%s: %+v, want %+v", test.name, found, test.want)
		}
		r, title := found.Script.Recipe, cmp.Or(test.want.Title, test.prompt)
		if found.Title != title || recipe.Prompt.In(r) != test.prompt || recipe.Seed.In(r) != test.seed || len(found.Notices) != test.notices {
			t.Errorf("%s: title %q, prompt %q, seed %d, notices %q", test.name, found.Title, recipe.Prompt.In(r), recipe.Seed.In(r), found.Notices)
		}
		if found.Tool != "" && (recipe.Width.In(r) != 5 || recipe.Height.In(r) != 4) {
			t.Errorf("%s: size %dx%d", test.name, recipe.Width.In(r), recipe.Height.In(r))
		}
	}
}

// Pictures of version 1 hold flat settings, in which a caret was text, no seed was 0 and no smoothness none.
func TestVersion1(t *testing.T) {
	const all = `{"version":1,"prompt":"2^3 apples | fog:-1","image_prompts":[{"name":"a.png","weight":0.5}],"model":"big","width":96,"height":64,"steps":300,` +
		`"seed":"18446744073709551615","cutouts":8,"cut_pow":0.3,"preset":"pool","augment":"all","learning_rate":0.15,"smoothness":0.5,"optimizer":"adam",` +
		`"init_image":"b.png","init_weight":0.25,"init_loss":"nerdyrodent","precision":"half"}`
	for _, test := range []struct {
		name, settings string
		want           recipe.Recipe
	}{
		{"every setting", all, recipe.New(
			recipe.Prompt.Is(`2\^3 apples | fog:-1`), recipe.ImagePrompts.Is([]prompt.Image{{Name: "a.png", Weight: 0.5, Stop: prompt.NoStop}}),
			recipe.Model.Is("big"), recipe.Width.Is(96), recipe.Height.Is(64), recipe.Steps.Is(300), recipe.Seed.Is(math.MaxUint64), recipe.Cutouts.Is(8),
			recipe.CutPow.Is(0.3), recipe.Preset.Is("pool"), recipe.Augment.Is("all"), recipe.LearningRate.Is(0.15), recipe.Smoothness.Is(0.5),
			recipe.InitImage.Is("b.png"), recipe.InitWeight.Is(0.25), recipe.InitLoss.Is("nerdyrodent"), recipe.Precision.Is("half"))},
		{"an early one", `{"version":1,"prompt":"a","cut_pow":1,"learning_rate":0.1}`, recipe.New(
			recipe.Prompt.Is("a"), recipe.Seed.Is(0), recipe.CutPow.Is(1), recipe.LearningRate.Is(0.1), recipe.Smoothness.Is(0))},
	} {
		tag := `{"title":"2^3 apples | fog:-1","notebook":"VQGAN+CLIP","i":40,"model":"Mini","seed":"7","input_images":"","reverie":{"settings":` + test.settings +
			`,"build":"abc","weights":"0123"}}`
		found, err := Read(withText(t, 3, 3, "iTXt", ownKeyword+"\x00\x00\x00\x00\x00"+tag))
		want := Found{
			Tool: ToolReverie, Width: 3, Height: 3, Script: recipe.Script{Recipe: test.want}, Complete: true,
			Title: "2^3 apples | fog:-1", Model: "Mini", Seed: "7", Step: 40, Build: "abc", Weights: "0123",
		}
		if err != nil || !reflect.DeepEqual(found, want) {
			t.Errorf("%s: %+v, %v; want %+v", test.name, found, err, want)
		}
	}
}

// changing is a run of two phases with a change at each of so many steps.
func changing(changes int) Meta {
	s := recipe.Script{Recipe: recipe.New(recipe.Prompt.Is("a seed|soil ^ a tree"), recipe.Seed.Is(7))}
	for step := 1; step < changes; step++ {
		s.Changes = append(s.Changes, recipe.Change{Step: step, Set: recipe.Settings{recipe.CutPow.Is(0.5)}})
	}
	s.Changes = append(s.Changes, recipe.Change{Step: changes, Set: recipe.Settings{recipe.Prompt.Is("a wood|fog ^ snow"), recipe.LearningRate.Is(0.2)}})
	return Meta{Script: s, Step: changes + 1, ModelTitle: "Mini"}
}

func TestScript(t *testing.T) {
	meta := changing(2)
	meta.Script.Recipe = meta.Script.Recipe.With(recipe.Smoothness.Is(0))
	for step, title := range map[int]string{0: "a seed | soil ^ a tree", 2: "a seed | soil ^ a tree", 3: "a wood | fog ^ snow"} {
		meta.Step = step
		data, hidden, err := Write(noise(96, 64), 96, 64, meta)
		if err != nil || hidden != HiddenAll {
			t.Fatalf("hidden %v, %v", hidden, err)
		}
		const script = `"reverie":{"script":{"version":2,"recipe":{"prompt":"a seed|soil ^ a tree","seed":"7","smoothness":0},"changes":[` +
			`{"step":1,"set":{"cut_pow":0.5}},{"step":2,"set":{"prompt":"a wood|fog ^ snow","learning_rate":0.2}}]}}}`
		if text := stegano(t, data); !strings.HasSuffix(text, script) {
			t.Errorf("%s in the pixels, want %s at the end", text, script)
		}
		found, err := Read(data)
		if err != nil || found.Title != title || found.Step != step || !reflect.DeepEqual(found.Script, meta.Script) {
			t.Errorf("step %d: %+v, %v; want the title %q and the script %+v", step, found, err, title, meta.Script)
		}
		if xmp := readXMP(chunk(t, data, xmpKeyword)); xmp["title"] != title {
			t.Errorf("step %d: the XMP's title is %q, want %q", step, xmp["title"], title)
		}
	}
}

// A script with many changes is longer than the pixels, or even the file's chunks, have room for.
func TestLongScript(t *testing.T) {
	for _, test := range []struct {
		changes  int
		hidden   Hidden
		complete bool
		notice   string
	}{
		{10, HiddenAll, true, ""},
		{1000, HiddenNotebook, true, "too small to hold all settings in its pixels; the file's text chunks hold them"},
		{30000, HiddenShort, false, "more changes than a file can hold"},
	} {
		meta := changing(test.changes)
		data, hidden, err := Write(noise(96, 64), 96, 64, meta)
		if err != nil || hidden != test.hidden || !strings.Contains(hidden.Notice(), test.notice) {
			t.Errorf("%d changes: %v (%q), %v; want %v", test.changes, hidden, hidden.Notice(), err, test.hidden)
			continue
		}
		if found, err := Read(data); err != nil || found.Complete != test.complete || test.complete && len(found.Script.Changes) != test.changes {
			t.Errorf("%d changes are read as %d of %q, %v", test.changes, len(found.Script.Changes), found.Tool, err)
		}
		decoded, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		var onlyPixels bytes.Buffer
		if err := png.Encode(&onlyPixels, decoded); err != nil {
			t.Fatal(err)
		}
		found, err := Read(onlyPixels.Bytes())
		if err != nil || found.Complete != (hidden == HiddenAll) || found.Title != "a wood | fog ^ snow" {
			t.Errorf("%d changes: the pixels alone tell %+v, %v", test.changes, found, err)
		}
		if r := found.Script.Recipe; hidden != HiddenAll && (recipe.Prompt.In(r) != "a wood | fog ^ snow" || recipe.Seed.In(r) != 7) {
			t.Errorf("%d changes: the pixels alone give the prompt %q and the seed %d", test.changes, recipe.Prompt.In(r), recipe.Seed.In(r))
		}
	}
}

func TestReadDamaged(t *testing.T) {
	data, _, err := Write(noise(96, 64), 96, 64, testMeta())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Read([]byte("GIF89a")); err == nil || !strings.Contains(err.Error(), "not a PNG") {
		t.Errorf("a GIF: %v", err)
	}
	if _, err := Read(data[:20]); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("half a header: %v", err)
	}
	found, err := Read(data[:len(data)/2])
	if err != nil || !found.Complete || len(found.Notices) != 1 {
		t.Errorf("half a file: %+v, %v; want the settings and a notice", found, err)
	}
	plain, err := WritePlain(noise(96, 64), 96, 64)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Read(plain[:len(plain)/2]); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("half a plain file: %v", err)
	}
	// Settings of another form: what can be read is read.
	file := withText(t, 3, 3, "tEXt", ownKeyword+"\x00"+`{"notebook":"VQGAN+CLIP","i":"7","seed":8,"reverie":{"settings":{"prompt":"a","turbo":1,"steps":"x"}}}`)
	found, err = Read(file)
	if err != nil || !found.Complete || recipe.Prompt.In(found.Script.Recipe) != "a" || !found.Script.Recipe.Says(recipe.Smoothness.Option) || recipe.Smoothness.In(found.Script.Recipe) != 0 || found.Step != 7 || found.Seed != "8" || len(found.Notices) != 2 {
		t.Errorf("settings of another form: %+v, %v", found, err)
	}
}

// TestLargeDimensions gives a small file that claims a picture of gigabytes.
func TestLargeDimensions(t *testing.T) {
	data := hugePNG(t)
	if _, err := Read(data); err == nil || !strings.Contains(err.Error(), "million pixels") {
		t.Errorf("Read: %v", err)
	}
	if _, err := Open(data); err == nil || !strings.Contains(err.Error(), "million pixels") {
		t.Errorf("Open: %v", err)
	}
	bomb := withText(t, 3, 3, "zTXt", "comment\x00\x00"+deflate(strings.Repeat("a", 10*maxText)))
	if found, err := Read(bomb); err != nil || found.Tool != "" {
		t.Errorf("a text of %d bytes: %+v, %v", 10*maxText, found.Tool, err)
	}
}

func TestOpen(t *testing.T) {
	m := image.NewNRGBA(image.Rect(0, 0, 3, 2))
	for i, c := range []color.NRGBA{{255, 0, 0, 255}, {0, 255, 0, 255}, {0, 0, 255, 255}, {9, 8, 7, 255}, {200, 0, 0, 0}, {0, 0, 0, 128}} {
		m.SetNRGBA(i%3, i/3, c)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	got, err := Open(b.Bytes())
	want := RGBA{3, 2, []byte{255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255, 9, 8, 7, 255, 255, 255, 255, 255, 127, 127, 127, 255}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
	for file, want := range map[string]string{"": "no picture", "%PDF": "no picture", b.String()[:60]: "damaged", "\xff\xd8\xff": "damaged", "GIF89a": "damaged"} {
		if _, err := Open([]byte(file)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Open(%q): %v, want an error with %q", file, err, want)
		}
	}
}

// Every kind of PNG that image/png decodes: 16 bits, grey and palettes, with and without alpha.
func TestOpenKinds(t *testing.T) {
	r := image.Rect(0, 0, 2, 1)
	deep, clear, grey, light := image.NewRGBA64(r), image.NewNRGBA64(r), image.NewGray16(r), image.NewGray(r)
	deep.SetRGBA64(0, 0, color.RGBA64{0x12ff, 0x3400, 0x5680, 0xffff})
	clear.SetNRGBA64(0, 0, color.NRGBA64{0, 0, 0, 0x8000})
	clear.SetNRGBA64(1, 0, color.NRGBA64{0xffff, 0, 0, 0xffff})
	grey.SetGray16(1, 0, color.Gray16{0xabcd})
	light.SetGray(0, 0, color.Gray{0x77})
	palette := image.NewPaletted(r, color.Palette{color.NRGBA{1, 2, 3, 255}, color.NRGBA{9, 9, 9, 0}})
	palette.Pix[1] = 1
	for name, test := range map[string]struct {
		m    image.Image
		want string
	}{
		"16 bits": {deep, "123456ff "}, "16 bits and alpha": {clear, "7f7f7fff ff0000ff"}, "16 bits of grey": {grey, "000000ff abababff"},
		"grey": {light, "777777ff 000000ff"}, "palette": {palette, "010203ff ffffffff"},
	} {
		var b bytes.Buffer
		if err := png.Encode(&b, test.m); err != nil {
			t.Fatal(err)
		}
		p, err := Open(b.Bytes())
		if err != nil || len(p.Pix) != 8 {
			t.Errorf("%s: %+v, %v", name, p, err)
			continue
		}
		if got := fmt.Sprintf("%x %x", p.Pix[:4], p.Pix[4:]); !strings.HasPrefix(got, test.want) {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

// A file of 68 bytes must not take the memory of the picture that it claims: it is refused before its pixels are.
func TestMemoryByClaim(t *testing.T) {
	plain, err := WritePlain(make([]byte, 4), 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	for name, header := range map[string]string{
		"16 bits in one row":      "\x04\x00\x00\x00\x00\x00\x00\x01\x10\x06\x00\x00\x00",
		"8 bits in one row":       "\x04\x00\x00\x00\x00\x00\x00\x01\x08\x02\x00\x00\x00",
		"8 bits, square":          "\x00\x00\x20\x00\x00\x00\x20\x00\x08\x06\x00\x00\x00",
		"1 bit, interlaced":       "\x00\x00\x20\x00\x00\x00\x20\x00\x01\x00\x00\x00\x01",
		"a colour type unknown":   "\x00\x00\x20\x00\x00\x00\x20\x00\x08\x05\x00\x00\x00",
		"a sample of many bits":   "\x00\x00\x20\x00\x00\x00\x20\x00\xff\x02\x00\x00\x00",
		"one column of 2^26":      "\x00\x00\x00\x01\x04\x00\x00\x00\x10\x06\x00\x00\x00",
		"palette without colours": "\x00\x00\x20\x00\x00\x00\x20\x00\x08\x03\x00\x00\x00",
	} {
		for _, padding := range []int{0, 1 << 20} { // what is no pixels holds none
			data := appendChunk(appendChunk([]byte(signature), "IHDR", []byte(header)), "juNk", make([]byte, padding))
			data = append(data, plain[afterHeader:]...)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			if _, err := Open(data); err == nil {
				t.Errorf("%s: opens", name)
			}
			_, _ = Read(data)
			runtime.ReadMemStats(&after)
			if took := after.TotalAlloc - before.TotalAlloc; took > 1<<20 {
				t.Errorf("%s: %d bytes take %d bytes of memory", name, len(data), took)
			}
		}
	}
}

// orientedTIFF is an EXIF block that says that the camera was held upside down.
var orientedTIFF = []byte("II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x03\x00\x00\x00")

// A picture beyond the memory that decoding may take is left to others.
func TestMemoryOfDecoding(t *testing.T) {
	for _, test := range []struct {
		h    header
		want bool // whether image/png decodes it
	}{
		{header{width: 8000, height: 8000, depth: 8, colour: trueColour}, true},
		{header{width: 8000, height: 8000, depth: 8, colour: trueColour, interlaced: true}, false},
		{header{width: 8000, height: 8000, depth: 16, colour: trueColour}, false},
		{header{width: 4000, height: 6000, depth: 16, colour: trueColourAlpha}, true},
		{header{width: 4000, height: 8000, depth: 16, colour: trueColourAlpha}, false}, // and 4 bytes a pixel of what it becomes
		{header{width: 8000, height: 8000, depth: 8, colour: 0}, true},
		{header{width: 8000, height: 8000, depth: 8, colour: trueColour, exif: orientedTIFF}, false}, // turned, it is there twice
		{header{width: 1 << 26, height: 1, depth: 8, colour: trueColour}, false},
	} {
		if got := test.h.memory() <= maxMemory; got != test.want {
			t.Errorf("%+v takes %d bytes", test.h, test.h.memory())
		}
	}
}

// corners are the colours of a picture's corners, from the top left by rows.
func corners(p RGBA) string {
	var colours []string
	for _, y := range []int{0, p.Height - 1} {
		for _, x := range []int{0, p.Width - 1} {
			colours = append(colours, fmt.Sprintf("%x", p.Pix[4*(y*p.Width+x):][:3]))
		}
	}
	return strings.Join(colours, " ")
}

// What opens the same in a browser and outside.
func TestOpenFiles(t *testing.T) {
	for name, want := range map[string]string{
		"exif_orient.png": "6x8 0000ff ff0000 ffffff 00ff00",   // the eXIf chunk turns it
		"offset.gif":      "16x12 ffffff ffffff ffffff ffffff", // its frame does not fill it
	} {
		p, err := Open(file(t, name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := fmt.Sprintf("%dx%d %s", p.Width, p.Height, corners(p)); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}

// TestUpright compares each EXIF orientation with what the standard says of the stored first row and first column.
func TestUpright(t *testing.T) {
	stored := RGBA{3, 2, nil}
	for _, v := range "abcdef" {
		stored.Pix = append(stored.Pix, byte(v), byte(v), byte(v), 255)
	}
	for orientation, want := range map[int]string{
		1: "abc def", 2: "cba fed", 3: "fed cba", 4: "def abc", 5: "ad be cf", 6: "da eb fc", 7: "fc eb da", 8: "cf be ad", 9: "abc def",
	} {
		p := Decoder{}.upright(stored, orientation)
		var got strings.Builder
		for i := 0; i < len(p.Pix); i += 4 {
			if i > 0 && i/4%p.Width == 0 {
				got.WriteByte(' ')
			}
			got.WriteByte(p.Pix[i])
		}
		if got.String() != want {
			t.Errorf("orientation %d: %s, want %s", orientation, &got, want)
		}
	}
}

func TestOpenTurnsPhotos(t *testing.T) {
	m := image.NewGray(image.Rect(0, 0, 32, 16))
	for i := range m.Pix {
		m.Pix[i] = byte(i % 32 * 8) // dark on the left
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	for _, directory := range []string{"II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00", "MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00"} {
		segment := "Exif\x00\x00" + directory
		for _, fill := range []string{"", "\xff", "\xff\xff\xff"} { // any number may stand before a marker
			file := "\xff\xd8" + fill + "\xff\xe1\x00" + string(rune(len(segment)+2)) + segment + fill + b.String()[2:]
			p, err := Open([]byte(file))
			if err != nil || p.Width != 16 || p.Height != 32 || p.Pix[0] > 16 || p.Pix[len(p.Pix)-2] < 240 {
				t.Errorf("%q, fill %q: %dx%d, %v", directory[:2], fill, p.Width, p.Height, err)
			}
			if found, err := Read([]byte(file)); err != nil || found.Width != 32 || found.Height != 16 {
				t.Errorf("%q, fill %q: Read finds %dx%d, %v", directory[:2], fill, found.Width, found.Height, err)
			}
		}
	}
}

// A decoder pauses often enough for a page, and finds the same: image/png takes the file in pieces, and the rows of what it gives are
// converted in bands.
func TestDecoderPauses(t *testing.T) {
	const w, h = 256, 384
	pix := noise(w, h)
	own, _, err := Write(pix, w, h, testMeta())
	if err != nil {
		t.Fatal(err)
	}
	pix[3] = 0 // a picture with alpha is converted
	clear, err := WritePlain(pix, w, h)
	if err != nil {
		t.Fatal(err)
	}
	pauses := 0
	d := Decoder{Pause: func() { pauses++ }}
	opened, err := Open(clear)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := d.Open(clear); err != nil || !reflect.DeepEqual(got, opened) {
		t.Errorf("with pauses it gives another picture, %v", err)
	}
	if least := len(clear)>>12 + h/band; pauses < least {
		t.Errorf("%d pauses for %d bytes and %d rows, want at least %d", pauses, len(clear), h, least)
	}
	pauses = 0
	want, err := Read(own)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := (Decoder{Pause: func() { pauses++ }}).Read(own); err != nil || !reflect.DeepEqual(got, want) || pauses < len(own)>>12 {
		t.Errorf("with %d pauses %d bytes tell %+v, %v", pauses, len(own), got, err)
	}
}

func FuzzRead(f *testing.F) {
	data, _, err := Write(make([]byte, 4*20*20), 20, 20, Meta{ModelTitle: "Mini"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(data[:len(data)/2])
	f.Add([]byte(signature))
	f.Add(decodeBase64(f, notebookPNG))
	f.Add(withText(f, 3, 3, "tEXt", "comment\x00['a\\x41', \"b\"]"))
	f.Add(withText(f, 3, 3, "iTXt", xmpKeyword+"\x00\x00\x00\x00\x00"+xmpOf("a", "b", "c", "d")))
	f.Fuzz(func(t *testing.T, data []byte) {
		if h, _, ok := readChunks(data); len(data) > 1<<11 || ok && h.width*h.height > 1<<10 {
			return // sound, but slow
		}
		_, found, _ := Decoder{}.OpenWithSettings(data)
		if found.Width < 0 || (found.Width > 0) != (found.Height > 0) || found.Complete != (found.Tool == ToolReverie) {
			t.Errorf("%+v", found)
		}
	})
}

// FuzzText reads texts as they come in chunks, without a checksum in the way, of a picture whose pixels hide nothing and need not be decoded.
func FuzzText(f *testing.F) {
	grey := blank(2, 2, 8, 0, 0)(f)
	f.Add("comment", "['a', 'b\\", "x")
	f.Add(ownKeyword, `{"notebook":"VQGAN+CLIP","seed":1e99,"i":[],"reverie":{"settings":{"seed":"-1","image_prompts":[{"weight":"x"}]}}}`, "")
	f.Add(ownKeyword, `{"notebook":"VQGAN+CLIP","title":"a^b","reverie":{"script":{"version":2,"recipe":{"prompt":"a^b"},"changes":[{"step":1,"set":{"seed":"2"}}]}}}`, "")
	f.Add(xmpKeyword, xmpOf("a", "1", "2", "True"), "pixray_prompts")
	f.Add("text_prompts", "[['a^', 'b'], [\"c", "iterations")
	f.Fuzz(func(t *testing.T, keyword, value, second string) {
		if strings.Contains(keyword+second, "\x00") || len(value) > 1<<12 {
			return
		}
		data := appendInternationalText(bytes.Clone(grey[:afterHeader]), keyword, value)
		data = append(appendInternationalText(data, second, value), grey[afterHeader:]...)
		if _, err := Read(data); err != nil {
			t.Error(err)
		}
	})
}

func FuzzStego(f *testing.F) {
	f.Add(noise(5, 5), "a")
	f.Add(noise(30, 30), "äöü")
	f.Add([]byte{}, "")
	f.Fuzz(func(t *testing.T, pix []byte, text string) {
		pix = pix[:len(pix)/4*4]
		_, _ = reveal(pix)
		if !hide(pix, text) {
			return
		}
		if got, ok := reveal(pix); !ok || got != strings.ToValidUTF8(text, "\ufffd") {
			t.Errorf("%q is hidden and %q revealed, %v", text, got, ok)
		}
	})
}

// A text in the pixels is no longer than one in a chunk.
func TestLongStego(t *testing.T) {
	pix := make([]byte, 4*(8*(maxText+20)/3+1))
	for n, want := range map[int]bool{maxText: true, maxText + 1: false} {
		if !hide(pix, strings.Repeat("x", n)) {
			t.Fatal("no room")
		}
		if text, ok := reveal(pix); ok != want || want && len(text) != n {
			t.Errorf("of a text of %d bytes %d are revealed, %v", n, len(text), ok)
		}
	}
}

// An opened picture is what Open gives, and its settings what Read does, though pixels with alpha are converted in their place.
func TestOpenWithSettings(t *testing.T) {
	pix := noise(96, 64)
	for i := len(pix) - 1; i > len(pix)/2; i -= 4 {
		pix[i] = byte(i)
	}
	data, _, err := Write(pix, 96, 64, testMeta())
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string][]byte{
		"with alpha": onlyPixels(t, data), "cut off": data[:len(data)/2], "JPEG": file(t, "rk.jpg"), "turned": file(t, "exif_orient.png"), "nothing": []byte("GIF8"),
	} {
		p, found, err := Decoder{}.OpenWithSettings(file)
		wantPicture, wantErr := Open(file)
		wantFound, _ := Read(file)
		if !reflect.DeepEqual(p, wantPicture) || !reflect.DeepEqual(found, wantFound) || err != wantErr {
			t.Errorf("%s: %dx%d, %+v, %v; want %dx%d, %+v, %v", name, p.Width, p.Height, found, err, wantPicture.Width, wantPicture.Height, wantFound, wantErr)
		}
		if name == "with alpha" && !found.Complete {
			t.Error("nothing is found in the pixels")
		}
	}
}

// A picture is decoded once for its pixels and its settings.
func TestDecodedOnce(t *testing.T) {
	data, _, err := Write(noise(96, 64), 96, 64, testMeta())
	if err != nil {
		t.Fatal(err)
	}
	count := func(read func(d Decoder)) int {
		pauses := 0
		read(Decoder{Pause: func() { pauses++ }})
		return pauses
	}
	once := count(func(d Decoder) { _, _ = d.Read(data) })
	if got := count(func(d Decoder) { _, _, _ = d.OpenWithSettings(data) }); once == 0 || got != once {
		t.Errorf("%d pauses, want the %d of one decoding", got, once)
	}
}

// onlyPixels is a picture without its texts.
func onlyPixels(t testing.TB, data []byte) []byte {
	t.Helper()
	m, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Once nothing is left, no text is unpacked.
func TestNothingLeft(t *testing.T) {
	r, data := textReader{left: textCost}, []byte("x\x00\x00"+deflate("a"))
	for i, want := range []int{-1, -1} {
		if _, ok := r.read("zTXt", data); ok || r.left != want {
			t.Errorf("text %d: %v, %d bytes left, want %d", i, ok, r.left, want)
		}
	}
}

// A keyword is no longer than PNG allows.
func TestLongKeyword(t *testing.T) {
	for n, want := range map[int]int{maxKeyword: 1, maxKeyword + 1: 0} {
		if _, texts, _ := readChunks(withText(t, 3, 3, "tEXt", strings.Repeat("k", n)+"\x00a")); len(texts) != want {
			t.Errorf("with a keyword of %d bytes %d texts are read, want %d", n, len(texts), want)
		}
	}
}

// Of many texts those at the beginning are read, up to the limit of all together.
func TestManyTexts(t *testing.T) {
	long := deflate(strings.Repeat("a", maxText))
	for n, want := range map[int]bool{maxTexts/maxText - 1: true, maxTexts/maxText + 1: false} {
		chunks := append(slices.Repeat([]string{"x\x00\x00" + long}, n), "comment\x00\x00"+deflate("['a cat']"))
		if found, err := Read(withText(t, 3, 3, "zTXt", chunks...)); err != nil || (found.Tool == ToolNerdy) != want {
			t.Errorf("behind %d texts of 1 MiB: %q, %v", n, found.Tool, err)
		}
	}
}

func decodeBase64(t testing.TB, s string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// chunk returns the text of one chunk of a PNG.
func chunk(t testing.TB, data []byte, keyword string) string {
	t.Helper()
	_, texts, _ := readChunks(data)
	for _, c := range texts {
		if c.keyword == keyword {
			return c.value
		}
	}
	t.Fatalf("no chunk %s", keyword)
	return ""
}

// withText is a black PNG with chunks of one kind.
func withText(t testing.TB, w, h int, kind string, chunks ...string) []byte {
	t.Helper()
	plain, err := WritePlain(make([]byte, 4*w*h), w, h)
	if err != nil {
		t.Fatal(err)
	}
	data := bytes.Clone(plain[:afterHeader])
	for _, c := range chunks {
		data = appendChunk(data, kind, []byte(c))
	}
	return append(data, plain[afterHeader:]...)
}

// blank is a PNG of one colour, of the given size, depth, colour type and interlacing; every chunk before its pixels is given.
func blank(w, h, depth, colour, interlaced int, before ...string) func(t testing.TB) []byte {
	return func(t testing.TB) []byte {
		be := func(n int) string { return string([]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}) }
		data := appendChunk([]byte(signature), "IHDR", []byte(be(w)+be(h)+string([]byte{byte(depth), byte(colour), 0, 0, byte(interlaced)})))
		for i := 0; i < len(before); i += 2 {
			data = appendChunk(data, before[i], []byte(before[i+1]))
		}
		var idat bytes.Buffer
		z, _ := zlib.NewWriterLevel(&idat, zlib.BestSpeed)
		row := make([]byte, header{width: w, depth: depth, colour: byte(colour)}.row())
		for range h {
			_, _ = z.Write(row)
		}
		_ = z.Close()
		return appendChunk(appendChunk(data, "IDAT", idat.Bytes()), "IEND", nil)
	}
}

func deflate(s string) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, _ = w.Write([]byte(s))
	_ = w.Close()
	return b.String()
}

func xmpOf(title, i, seed, images string) string {
	item := func(name, value string) string {
		return "<dc:" + name + "><rdf:Seq><rdf:li>" + value + "</rdf:li></rdf:Seq></dc:" + name + ">"
	}
	return `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="` + resources + `"><rdf:Description rdf:about="" xmlns:dc="` + dublinCore + `">` +
		item("creator", notebookName) + item("title", title) + item("i", i) + item("model", "faceshq") + item("seed", seed) + item("input_images", images) +
		"</rdf:Description></rdf:RDF></x:xmpmeta>"
}

// hugePNG is a sound header of 65535×65535 pixels with almost nothing behind it.
func hugePNG(t testing.TB) []byte {
	t.Helper()
	plain, err := WritePlain(make([]byte, 4), 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	data := appendChunk([]byte(signature), "IHDR", []byte("\x00\x00\xff\xff\x00\x00\xff\xff\x08\x02\x00\x00\x00"))
	return append(data, plain[afterHeader:]...)
}

// A picture that was made bare tells nothing, and differs in the lowest bits only.
func TestBare(t *testing.T) {
	pix := bytes.Repeat([]byte{200, 101, 50, 255}, 96*96)
	file, hidden, err := Write(pix, 96, 96, Meta{Script: recipe.Script{Recipe: recipe.New(recipe.Prompt.Is("a red apple"))}})
	if err != nil || hidden != HiddenAll {
		t.Fatal(hidden, err)
	}
	p, err := Open(file)
	if err != nil {
		t.Fatal(err)
	}
	Bare(p.Pix)
	plain, err := WritePlain(p.Pix, p.Width, p.Height)
	if err != nil {
		t.Fatal(err)
	}
	if found, err := Read(plain); err != nil || found.Tool != "" || bytes.Contains(plain, []byte("apple")) {
		t.Errorf("it tells %+v, %v", found, err)
	}
	if want := []byte{200, 100, 50, 255}; !bytes.Equal(p.Pix[:4], want) || !bytes.Equal(p.Pix[len(p.Pix)-4:], want) {
		t.Errorf("its pixels are %v, want %v", p.Pix[:4], want)
	}
}
