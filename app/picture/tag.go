package picture

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"reverie/recipe"
	"reverie/recipe/prompt"
)

// notebookName is what the notebooks, and Reverie after them, call the tool in a picture.
const notebookName = "VQGAN+CLIP"

// tag is the JSON in the pixels and in the chunk: the notebook's members, which old readers show, then Reverie's own.
type tag struct {
	Title       *string     `json:"title"` // the prompt
	Notebook    string      `json:"notebook"`
	I           int         `json:"i"` // the step
	Model       string      `json:"model"`
	Seed        string      `json:"seed"`
	InputImages any         `json:"input_images"` // true or ""
	Reverie     *reverieTag `json:"reverie,omitempty"`
}

type reverieTag struct {
	Script  *recipe.Script `json:"script,omitempty"`
	Build   string         `json:"build,omitempty"`
	Weights string         `json:"weights,omitempty"`
}

// complete reports whether t is Reverie's and whole.
func (t tag) complete() bool { return t.Reverie != nil && t.Reverie.Script != nil }

// phased reports whether carets in the title separate phases, as they do in Reverie's. In the notebooks' they are text.
func (t tag) phased() bool { return t.Reverie != nil }

// newTag is the tag of a picture. Without the script it holds the notebook's members only, and an empty one of Reverie's if the title needs it.
func newTag(meta Meta, withScript bool) tag {
	r := meta.Script.At(max(meta.Step-1, 0)) // that of the last update: what the picture shows
	t := tag{Notebook: notebookName, I: meta.Step, Model: meta.ModelTitle, Seed: fmt.Sprint(recipe.Seed.In(r)), InputImages: ""}
	if title := title(recipe.Prompt.In(r)); title != "" {
		t.Title = &title
	}
	if recipe.InitImage.In(r) != "" || len(recipe.ImagePrompts.In(r)) > 0 {
		t.InputImages = true
	}
	switch {
	case withScript:
		t.Reverie = &reverieTag{Script: &meta.Script, Build: meta.Build, Weights: meta.Weights}
	case t.Title != nil && strings.Contains(*t.Title, "^"):
		t.Reverie = &reverieTag{}
	}
	return t
}

// title is the prompt in its usual form, "p1 | p2 ^ p3".
func title(s string) string {
	phases, err := prompt.Parse(s)
	if err != nil {
		return strings.TrimSpace(s)
	}
	return prompt.Format(phases)
}

// ascii is the tag as JSON with everything outside ASCII escaped, for the pixels hold eight bits per character.
func (t tag) ascii() (string, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(t); err != nil {
		return "", fmt.Errorf("picture: settings as JSON: %w", err)
	}
	var s strings.Builder
	for _, r := range strings.TrimSuffix(b.String(), "\n") {
		switch {
		case r < 0x80:
			s.WriteRune(r)
		case r < 0x10000:
			fmt.Fprintf(&s, `\u%04x`, r)
		default:
			r -= 0x10000
			fmt.Fprintf(&s, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		}
	}
	return s.String(), nil
}

// Namespaces of the XMP packet.
const (
	dublinCore  = "http://purl.org/dc/elements/1.1/"
	resources   = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
	reverieXMP  = "urn:reverie:1:"
	xmpKeyword  = "XML:com.adobe.xmp"
	ownKeyword  = "reverie"
	reverieName = "Reverie"
)

// xmp is the packet that the notebook writes (each value an ordered array of one, all in Dublin Core's namespace, which
// knows only some of them) with the whole tag added in Reverie's namespace.
func (t tag) xmp(json string) string {
	title, images := "None", ""
	if t.Title != nil {
		title = *t.Title
	}
	if t.InputImages == true {
		images = "True"
	}
	var b strings.Builder
	b.WriteString("<?xpacket begin=\"\ufeff\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n" +
		`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="` + resources + `">` +
		`<rdf:Description rdf:about="" xmlns:dc="` + dublinCore + `" xmlns:reverie="` + reverieXMP + `">`)
	for _, item := range []text{
		{"creator", t.Notebook}, {"title", title}, {"i", fmt.Sprint(t.I)}, {"model", t.Model}, {"seed", t.Seed}, {"input_images", images},
	} {
		b.WriteString("<dc:" + item.keyword + "><rdf:Seq><rdf:li>")
		escapeXML(&b, item.value)
		b.WriteString("</rdf:li></rdf:Seq></dc:" + item.keyword + ">")
	}
	b.WriteString("<reverie:run>")
	escapeXML(&b, json)
	b.WriteString("</reverie:run></rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end=\"w\"?>")
	return b.String()
}

// escapeXML writes to a strings.Builder, which does not fail.
func escapeXML(b *strings.Builder, s string) { _ = xml.EscapeText(b, []byte(s)) }

// readXMP returns the values of a packet by local name: of Dublin Core, and of Reverie under ownKeyword. A value may be an
// attribute, an element's text, or the first item of an array. A packet that is not XML gives what came before the fault.
func readXMP(packet string) map[string]string {
	values := map[string]string{}
	decoder := xml.NewDecoder(strings.NewReader(packet))
	decoder.Strict = false
	decoder.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	var open string // the property that we are in
	for {
		token, err := decoder.Token()
		if err != nil {
			return values
		}
		switch t := token.(type) {
		case xml.StartElement:
			if key, ok := xmpKey(t.Name); ok {
				open = key
			}
			for _, a := range t.Attr {
				if key, ok := xmpKey(a.Name); ok {
					values[key] = a.Value
				}
			}
		case xml.CharData:
			if s := strings.TrimSpace(string(t)); open != "" && s != "" && values[open] == "" {
				values[open] = s
			}
		case xml.EndElement:
			if _, ok := xmpKey(t.Name); ok {
				open = ""
			}
		}
	}
}

func xmpKey(name xml.Name) (string, bool) {
	switch {
	case name.Space == dublinCore:
		return name.Local, true
	case name.Space == reverieXMP && name.Local == "run":
		return ownKeyword, true
	}
	return "", false
}
