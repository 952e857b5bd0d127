package picture

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"strconv"
	"strings"

	"reverie/recipe"
	"reverie/recipe/prompt"
)

// Limits against small files that unpack to gigabytes.
const (
	maxPixels = 1 << 26             // of a picture
	maxMemory = 5*maxPixels + 1<<20 // bytes for decoding one here: that many pixels at 8 bits, of grey and of palettes too, which are converted
)

// The tools whose pictures Read knows.
const (
	ToolReverie  = reverieName
	ToolNotebook = "VQGAN+CLIP notebook"
	ToolNerdy    = "nerdyrodent/VQGAN-CLIP"
	ToolPixray   = "pixray"
	ToolRKH      = "rkhamilton/vqgan-clip-generator"
)

// Found is what a PNG or JPEG tells of its making.
type Found struct {
	Tool          string // one of the Tool constants; "" for a picture that tells nothing
	Width, Height int    // pixels

	// Script is a whole run's if Complete, that is, if the picture is Reverie's. Otherwise its recipe says what the picture tells: the
	// prompt, its size and, where they can be used, seed, steps and other options.
	Script   recipe.Script
	Complete bool

	Title   string // the prompt as the tool shows it
	Model   string // as the tool shows it
	Seed    string // as the tool wrote it
	Step    int    // 0 where the picture does not tell
	Build   string
	Weights string

	Notices []string // sentences on what could not be read or used
}

// Errors of Read and Open: sentences for the person.
var (
	errNotPNG  = errors.New("This file is not a PNG, so it carries no settings: choose a PNG that Reverie or a VQGAN+CLIP notebook saved.")
	errDamaged = errors.New("The PNG is damaged and cannot be opened: choose another copy of it.")
	errLarge   = fmt.Errorf("The picture has more than %d million pixels: choose a smaller one.", maxPixels/1000000)
)

// Read is Decoder.Read without pauses.
func Read(data []byte) (Found, error) { return Decoder{}.Read(data) }

// Read looks for the settings of a run in a PNG: in the pixels first, then in Reverie's chunk, in XMP, and in the chunks of pixray,
// nerdyrodent and rkhamilton; and in a JPEG's EXIF, where rkhamilton's tool puts them. A sound picture without any is no error: its Tool
// is "".
func (d Decoder) Read(data []byte) (Found, error) {
	if bytes.HasPrefix(data, []byte(jpegStart)) {
		return readJPEG(data)
	}
	if !bytes.HasPrefix(data, []byte(signature)) {
		return Found{}, errNotPNG
	}
	return d.readPNG(data).settings()
}

// pngFile is a PNG whose chunks are read, and whose pixels are decoded when they are asked for, once.
type pngFile struct {
	header
	data    []byte
	texts   []text
	ok      bool // whether the header can be read
	decoder Decoder
	decoded image.Image // see pixels
	err     error       // of decoding
}

func (d Decoder) readPNG(data []byte) *pngFile {
	f := &pngFile{data: data, decoder: d}
	f.header, f.texts, f.ok = readChunks(data)
	return f
}

// settings is Read of the file.
func (f *pngFile) settings() (Found, error) {
	if !f.ok {
		return Found{}, errDamaged
	}
	found := Found{Width: f.width, Height: f.height}
	pix, pixErr := f.hiding()
	byKeyword := map[string]string{}
	for _, t := range f.texts {
		byKeyword[t.keyword] = t.value
	}
	xmp := readXMP(byKeyword[xmpKeyword])

	hidden, _ := reveal(pix)
	best := tag{}
	for _, candidate := range []string{hidden, byKeyword[ownKeyword], xmp[ownKeyword]} {
		if t, ok := found.readTag(candidate); ok && (best.Notebook == "" || t.complete()) {
			if best = t; t.complete() {
				break
			}
		}
	}
	switch {
	case best.complete():
		found.fromReverie(best)
	case best.Notebook != "":
		found.fromNotebook(best)
	case xmp["creator"] == notebookName:
		found.fromNotebook(tagOfXMP(xmp))
	default:
		found.fromTool(byKeyword)
	}
	if pixErr != nil && found.Tool == "" {
		return Found{}, pixErr
	}
	if pixErr != nil {
		found.notice("The pixels of the PNG could not be read: the settings come from the file's text chunks.")
	}
	return found, nil
}

// readJPEG looks at the size and the EXIF; whether the pixels can be decoded is for Open to say.
func readJPEG(data []byte) (Found, error) {
	w, h, ok := jpegSize(data)
	if !ok {
		return Found{}, errOpen
	}
	found := Found{Width: w, Height: h}
	if members := rkhOfEXIF(jpegTIFF(data)); members != nil {
		found.fromRKH(members)
	}
	return found, nil
}

// hiding returns the RGBA bytes of an 8-bit RGB or RGBA picture and nil for another one, which it leaves alone: nothing hides there.
func (f *pngFile) hiding() ([]byte, error) {
	if !f.hides() {
		return nil, nil
	}
	decoded, err := f.pixels()
	if err != nil {
		return nil, err
	}
	switch m := decoded.(type) {
	case *image.RGBA:
		return m.Pix, nil
	case *image.NRGBA:
		return m.Pix, nil
	}
	return nil, nil
}

// pixels decodes the pixels exactly, where they take no more memory than they may.
func (f *pngFile) pixels() (image.Image, error) {
	if f.decoded == nil && f.err == nil {
		f.decoded, f.err = f.decode()
	}
	return f.decoded, f.err
}

func (f *pngFile) decode() (image.Image, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	if f.memory() > maxMemory {
		return nil, errLarge
	}
	m, err := png.Decode(f.decoder.file(f.data))
	if err != nil {
		return nil, errDamaged
	}
	return m, nil
}

// check refuses what nobody is to decode: a picture that is too large, or larger than the file can hold.
func (f *pngFile) check() error {
	switch {
	case !f.ok:
		return errDamaged
	case f.width > maxPixels/f.height:
		return errLarge
	case !f.fits():
		return errDamaged
	}
	return nil
}

// anyTag is tag as other versions and tools write it: no member is sure to have its type.
type anyTag struct {
	Title       any             `json:"title"`
	Notebook    any             `json:"notebook"`
	I           any             `json:"i"`
	Model       any             `json:"model"`
	Seed        any             `json:"seed"`
	InputImages any             `json:"input_images"`
	Reverie     json.RawMessage `json:"reverie"`
}

// readTag reads the JSON of a tag. It reports false where s is not the tag of any VQGAN+CLIP.
func (found *Found) readTag(s string) (tag, bool) {
	var a anyTag
	decoder := json.NewDecoder(strings.NewReader(s))
	decoder.UseNumber() // a seed has up to 20 digits
	if decoder.Decode(&a) != nil {
		return tag{}, false
	}
	t := tag{Notebook: word(a.Notebook), Model: word(a.Model), Seed: word(a.Seed), InputImages: a.InputImages}
	if t.Notebook == "" {
		return tag{}, false
	}
	t.I, _ = strconv.Atoi(word(a.I))
	if title := word(a.Title); title != "" {
		t.Title = &title
	}
	if a.Reverie != nil {
		t.Reverie = &reverieTag{}
	}
	var own struct {
		Script   json.RawMessage `json:"script"`
		Settings json.RawMessage `json:"settings"` // in version 1
		Build    any             `json:"build"`
		Weights  any             `json:"weights"`
	}
	if json.Unmarshal(a.Reverie, &own) == nil {
		script := own.Script
		if script == nil {
			script = own.Settings
		}
		if s, notices, err := recipe.FromJSON(script); err == nil {
			if !s.Recipe.Says(recipe.Smoothness.Option) {
				s.Recipe = s.Recipe.With(recipe.Smoothness.Is(0)) // a picture keeps all that its run took; only from before this option it is missing
			}
			t.Reverie = &reverieTag{Script: &s, Build: word(own.Build), Weights: word(own.Weights)}
			found.Notices = notices
		}
	}
	return t, true
}

// word is a JSON string or number as text, and "" for anything else.
func word(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

func (found *Found) fromReverie(t tag) {
	found.Tool, found.Complete = ToolReverie, true
	found.describe(t)
	found.Script = *t.Reverie.Script
	found.Build, found.Weights = t.Reverie.Build, t.Reverie.Weights
}

func (found *Found) fromNotebook(t tag) {
	found.Tool = ToolNotebook
	found.describe(t)
	text := found.Title
	if !t.phased() {
		text = prompt.Unphased(text) // the notebooks have no phases
	}
	found.prefill(text, t.Seed)
	found.steps(t.I)
	if t.InputImages != nil && t.InputImages != "" && t.InputImages != false {
		found.notice(inputImages)
	}
}

func (found *Found) describe(t tag) {
	found.Model, found.Seed, found.Step = t.Model, t.Seed, max(t.I, 0)
	if t.Title != nil {
		found.Title = *t.Title
	}
}

// prefill sets what every tool's picture can tell.
func (found *Found) prefill(prompt, seed string) {
	found.say(recipe.Prompt.Is(prompt), recipe.Width.Is(found.Width), recipe.Height.Is(found.Height))
	if found.Seed = seed; seed == "" {
		return
	}
	value, err := strconv.ParseUint(strings.TrimSpace(seed), 10, 64) // another tool's words are another number than ours
	if err != nil {
		found.notice("The picture's seed is %.30q, which is no whole number from 0 to 18446744073709551615: it is left out.", seed)
		return
	}
	found.say(recipe.Seed.Is(value))
}

func (found *Found) say(settings ...recipe.Setting) {
	found.Script.Recipe = found.Script.Recipe.With(settings...)
}

func (found *Found) notice(format string, args ...any) {
	found.Notices = append(found.Notices, fmt.Sprintf(format, args...))
}

func (found *Found) steps(i int) {
	if i > 0 {
		found.Step = i
		found.say(recipe.Steps.Is(min(i, recipe.MaxSteps)))
	}
}

func tagOfXMP(values map[string]string) tag {
	t := tag{Notebook: notebookName, Model: values["model"], Seed: values["seed"], InputImages: values["input_images"]}
	t.I, _ = strconv.Atoi(values["i"])
	if title := values["title"]; title != "None" {
		t.Title = &title
	}
	if values["input_images"] == "False" {
		t.InputImages = ""
	}
	return t
}
