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

	"reverie/app/settings"
)

// maxPixels is the largest picture that is opened. It guards against small files that unpack to gigabytes.
const maxPixels = 1 << 26

// The tools whose pictures Read knows.
const (
	ToolReverie  = reverieName
	ToolNotebook = "VQGAN+CLIP notebook"
	ToolNerdy    = "nerdyrodent/VQGAN-CLIP"
	ToolPixray   = "pixray"
)

// Found is what a PNG tells of its making.
type Found struct {
	Tool          string // one of the Tool constants; "" for a picture that tells nothing
	Width, Height int    // pixels

	// Settings are a whole run's if Complete, that is, if the picture is Reverie's. Otherwise they are the defaults with what the
	// picture tells: the prompt, its size and, where they can be used, seed, steps and cutouts.
	Settings settings.Settings
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

// Read looks for the settings of a run in a PNG: in the pixels first, then in Reverie's chunk, in XMP, and in the chunks of
// pixray and nerdyrodent. A sound picture without any is no error: its Tool is "".
func (d Decoder) Read(data []byte) (Found, error) {
	h, texts, ok := readChunks(data)
	if !bytes.HasPrefix(data, []byte(signature)) {
		return Found{}, errNotPNG
	}
	if !ok {
		return Found{}, errDamaged
	}
	found := Found{Width: h.width, Height: h.height, Settings: settings.Default()}
	pix, pixErr := d.pixels(data, h)
	byKeyword := map[string]string{}
	for _, t := range texts {
		byKeyword[t.keyword] = t.value
	}
	xmp := readXMP(byKeyword[xmpKeyword])

	hidden, _ := reveal(pix)
	best := tag{}
	for _, candidate := range []string{hidden, byKeyword[ownKeyword], xmp[ownKeyword]} {
		if t, ok := found.readTag(candidate); ok && (best.Notebook == "" || t.Reverie != nil) {
			if best = t; t.Reverie != nil {
				break
			}
		}
	}
	switch {
	case best.Reverie != nil:
		found.fromReverie(best)
	case best.Notebook != "":
		found.fromNotebook(best)
	case xmp["creator"] == notebookName:
		found.fromNotebook(tagOfXMP(xmp))
	case byKeyword["pixray_prompts"] != "" || byKeyword["pixray_seed_used"] != "":
		found.fromPixray(byKeyword)
	case byKeyword["comment"] != "" && byKeyword["comment"] != "None":
		found.Tool = ToolNerdy
		found.prefill(pythonPrompts(byKeyword["comment"]), "")
	case pixErr != nil:
		return Found{}, pixErr
	}
	if pixErr != nil {
		found.Notices = append(found.Notices, pixErr.Error())
	}
	return found, nil
}

// pixels returns the RGBA bytes of an 8-bit RGB or RGBA picture and nil for another sound one: nothing hides there.
func (d Decoder) pixels(data []byte, h header) ([]byte, error) {
	if h.width > maxPixels/h.height {
		return nil, errLarge
	}
	decoded, err := png.Decode(d.file(data))
	if err != nil {
		return nil, errDamaged
	}
	switch m := decoded.(type) {
	case *image.RGBA:
		return m.Pix, nil
	case *image.NRGBA:
		return m.Pix, nil
	}
	return nil, nil
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
	var own struct {
		Settings json.RawMessage `json:"settings"`
		Build    any             `json:"build"`
		Weights  any             `json:"weights"`
	}
	if json.Unmarshal(a.Reverie, &own) == nil {
		if s, notices, err := settings.FromJSON(own.Settings); err == nil {
			if s.Smoothness == nil {
				s.Smoothness = new(0.0) // a picture keeps all that its run took; only from before this setting it is missing
			}
			t.Reverie = &reverieTag{Settings: s, Build: word(own.Build), Weights: word(own.Weights)}
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
	found.Settings = t.Reverie.Settings
	found.Build, found.Weights = t.Reverie.Build, t.Reverie.Weights
}

func (found *Found) fromNotebook(t tag) {
	found.Tool = ToolNotebook
	found.describe(t)
	found.prefill(found.Title, t.Seed)
	found.steps(t.I)
	if t.InputImages != nil && t.InputImages != "" && t.InputImages != false {
		found.Notices = append(found.Notices, "The picture was made with input images, which its file does not hold: choose them again.")
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
	found.Title = prompt
	found.Settings.Prompt = prompt
	found.Settings.Width, found.Settings.Height = found.Width, found.Height
	if found.Seed = seed; seed == "" {
		return
	}
	value, err := settings.ParseSeed(seed)
	if err != nil {
		found.Notices = append(found.Notices, err.Error())
		return
	}
	found.Settings.Seed = value
}

func (found *Found) steps(i int) {
	if i > 0 {
		found.Step = i
		found.Settings.Steps = min(i, settings.MaxSteps)
	}
}

func (found *Found) fromPixray(byKeyword map[string]string) {
	found.Tool = ToolPixray
	found.prefill(pythonPrompts(byKeyword["pixray_prompts"]), byKeyword["pixray_seed_used"])
	if n, err := strconv.Atoi(byKeyword["pixray_iterations"]); err == nil {
		found.steps(n)
	}
	if n, err := strconv.Atoi(byKeyword["pixray_num_cuts"]); err == nil && n > 0 {
		found.Settings.Cutouts = min(n, settings.MaxCutouts)
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
