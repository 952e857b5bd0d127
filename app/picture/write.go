// Package picture writes a run's picture as a PNG that carries everything needed to get the run back, reads such pictures
// again (and those of the tools Reverie descends from), and opens the pictures that a person starts from.
//
// The run's script lies in three places, because each is lost in another way: in the lowest bits of the pixels, where any
// decoder of the Stegano tool finds them and where they survive programs that drop metadata; in an iTXt chunk "reverie",
// which survives a change of pixels; and in an XMP packet, which catalogues read. None survives JPEG.
//
// Pictures that may carry settings never pass through a browser's canvas: premultiplied alpha and colour management would destroy the bits.
// Those that a person starts from may: the browser then decodes whatever it can show.
package picture

import (
	"bytes"
	"fmt"
	"image"
	"image/png"

	"reverie/recipe"
)

// Meta is what a picture carries.
type Meta struct {
	Script     recipe.Script // of the whole run, with nothing left open
	Step       int           // the updates made before this picture
	ModelTitle string        // as shown to people, like "ImageNet 16384"
	Build      string        // the identity of the program
	Weights    string        // the identity of the weights
}

// Hidden says what found room in a picture's pixels. The chunks hold everything, but for a script that is too long for any chunk.
type Hidden int

const (
	HiddenAll      Hidden = iota // the notebook's keys and the script
	HiddenNotebook               // the notebook's keys only
	HiddenNothing
	HiddenShort // the notebook's keys at most, and no more in the chunks
)

// Notice is a sentence for the person, or "" when all is well.
func (h Hidden) Notice() string {
	switch h {
	case HiddenNotebook:
		return "The picture is too small to hold all settings in its pixels; the file's text chunks hold them."
	case HiddenNothing:
		return "The picture is too small to hold its settings in its pixels; the file's text chunks hold them."
	case HiddenShort:
		return "The run has more changes than a file can hold; the picture carries its prompt and its seed only."
	}
	return ""
}

// Encoder writes pictures. The zero value is ready.
type Encoder struct {
	// Pause, if not nil, is called after every few rows: a page that encodes can draw and answer meanwhile.
	Pause func()
}

// Write is Encoder.Write without pauses.
func Write(rgba []byte, w, h int, meta Meta) ([]byte, Hidden, error) {
	return Encoder{}.Write(rgba, w, h, meta)
}

// WritePlain is Encoder.WritePlain without pauses.
func WritePlain(rgba []byte, w, h int) ([]byte, error) { return Encoder{}.WritePlain(rgba, w, h) }

// Write encodes w×h pixels of 4 bytes (red, green, blue, alpha not premultiplied) row by row with the tag of meta. The
// pixels given are not changed; those written differ from them in the lowest bits only.
func (e Encoder) Write(rgba []byte, w, h int, meta Meta) ([]byte, Hidden, error) {
	if err := checkPixels(rgba, w, h); err != nil {
		return nil, HiddenNothing, err
	}
	whole, err := newTag(meta, true).ascii()
	if err != nil {
		return nil, HiddenNothing, err
	}
	short, err := newTag(meta, false).ascii()
	if err != nil {
		return nil, HiddenNothing, err
	}
	pix := bytes.Clone(rgba)
	hidden := HiddenNothing
	switch {
	case len(whole) > maxText:
		hide(pix, short)
		whole, hidden = short, HiddenShort
	case hide(pix, whole):
		hidden = HiddenAll
	case hide(pix, short):
		hidden = HiddenNotebook
	}
	plain, err := e.WritePlain(pix, w, h)
	if err != nil {
		return nil, HiddenNothing, err
	}
	tagged := append([]byte(nil), plain[:afterHeader]...)
	tagged = appendInternationalText(tagged, ownKeyword, whole)
	tagged = appendInternationalText(tagged, xmpKeyword, newTag(meta, true).xmp(whole))
	return append(tagged, plain[afterHeader:]...), hidden, nil
}

// WritePlain encodes the pixels of Write without any tag.
func (e Encoder) WritePlain(rgba []byte, w, h int) ([]byte, error) {
	if err := checkPixels(rgba, w, h); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := png.Encode(pausing{&b, e.Pause}, &image.NRGBA{Pix: rgba, Stride: 4 * w, Rect: image.Rect(0, 0, w, h)}); err != nil {
		return nil, fmt.Errorf("picture: %w", err)
	}
	return b.Bytes(), nil
}

// pausing is the file as it grows: image/png hands over some ten thousand bytes at a time.
type pausing struct {
	*bytes.Buffer
	pause func()
}

func (p pausing) Write(b []byte) (int, error) {
	if p.pause != nil {
		p.pause()
	}
	return p.Buffer.Write(b)
}

func checkPixels(rgba []byte, w, h int) error {
	if w < 1 || h < 1 || w > maxPixels || h > maxPixels || w*h > maxPixels || len(rgba) != 4*w*h {
		return fmt.Errorf("picture: %d bytes are not %dx%d pixels", len(rgba), w, h)
	}
	return nil
}
