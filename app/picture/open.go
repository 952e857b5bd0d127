package picture

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"io"
)

// RGBA is an opaque picture of 4 bytes per pixel, row by row.
type RGBA struct {
	Width, Height int
	Pix           []byte
}

// Decoder reads pictures. The zero value is ready.
type Decoder struct {
	// Pause, if not nil, is called after every few thousand bytes of a file and every few rows of a picture: a page that opens a
	// photograph can draw and answer meanwhile.
	Pause func()
}

func (d Decoder) pause() {
	if d.Pause != nil {
		d.Pause()
	}
}

// file hands out a file's bytes with pauses.
func (d Decoder) file(data []byte) io.Reader { return &pausedFile{bytes.NewReader(data), d} }

type pausedFile struct {
	io.Reader
	decoder Decoder
}

func (f *pausedFile) Read(b []byte) (int, error) {
	f.decoder.pause()
	return f.Reader.Read(b[:min(len(b), 1<<12)])
}

// Open is Decoder.Open without pauses.
func Open(data []byte) (RGBA, error) { return Decoder{}.Open(data) }

// Open decodes a picture that a person chose, upright as the camera held it: PNGs here, because their alpha is then exact, and whatever
// else the browser knows, or image/jpeg and image/gif outside a browser. A browser shows PNGs that image/png finds faulty, so that it has a
// try at those, too. What is transparent becomes white. Its error is a sentence.
//
// In a browser Open blocks, so it must not run on the goroutine of a JavaScript callback.
func (d Decoder) Open(data []byte) (RGBA, error) {
	if !bytes.HasPrefix(data, []byte(signature)) {
		return d.openElsewhere(data)
	}
	return d.openPNG(d.readPNG(data))
}

// OpenWithSettings is Open and Read of one file, whose pixels are decoded once. The error is Open's: a file that Read cannot read tells nothing.
func (d Decoder) OpenWithSettings(data []byte) (RGBA, Found, error) {
	if !bytes.HasPrefix(data, []byte(signature)) {
		found, _ := d.Read(data)
		p, err := d.openElsewhere(data)
		return p, found, err
	}
	f := d.readPNG(data)
	found, _ := f.settings() // before the pixels are converted in their place
	p, err := d.openPNG(f)
	return p, found, err
}

func (d Decoder) openPNG(f *pngFile) (RGBA, error) {
	if err := f.check(); err != nil {
		return RGBA{}, err
	}
	m, err := f.pixels()
	if err != nil {
		return d.openElsewhere(f.data)
	}
	return d.upright(d.onWhite(m, f.width, f.height), newTIFF(f.exif).orientation()), nil
}

var errOpen = errors.New("The picture is damaged and cannot be opened: choose another copy of it.")

// band is how many rows are converted between two pauses.
const band = 32

// onWhite converts any decoded picture, in its place where it has 4 bytes per pixel. Of the w×h pixels those outside the picture's bounds are white.
func (d Decoder) onWhite(m image.Image, w, h int) RGBA {
	var pix []byte
	switch m := m.(type) {
	case *image.RGBA:
		if pix = m.Pix; m.Opaque() && len(pix) == 4*w*h {
			return RGBA{w, h, pix}
		}
	case *image.NRGBA:
		pix = m.Pix
	}
	if len(pix) != 4*w*h || m.Bounds() != image.Rect(0, 0, w, h) {
		pix = make([]byte, 4*w*h)
		for i := range pix {
			pix[i] = 0xff
		}
	}
	r := m.Bounds().Intersect(image.Rect(0, 0, w, h))
	at := colours(m)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		if y%band == 0 {
			d.pause()
		}
		for x := r.Min.X; x < r.Max.X; x++ {
			c := at(x, y) // premultiplied
			white := 0xffff - uint32(c.A)
			i := 4 * (y*w + x)
			pix[i] = byte((uint32(c.R) + white) >> 8)
			pix[i+1] = byte((uint32(c.G) + white) >> 8)
			pix[i+2] = byte((uint32(c.B) + white) >> 8)
			pix[i+3] = 0xff
		}
	}
	return RGBA{w, h, pix}
}

// colours reads pixels without memory for each where the picture can; all pictures of the image package can.
func colours(m image.Image) func(x, y int) color.RGBA64 {
	if m, ok := m.(image.RGBA64Image); ok {
		return m.RGBA64At
	}
	return func(x, y int) color.RGBA64 { return color.RGBA64Model.Convert(m.At(x, y)).(color.RGBA64) }
}

// upright undoes an EXIF orientation: 1 is upright, 2 to 8 are mirrored and turned.
func (d Decoder) upright(p RGBA, orientation int) RGBA {
	if !turned(orientation) {
		return p
	}
	w, h := p.Width, p.Height
	if orientation >= 5 {
		w, h = h, w
	}
	q := RGBA{w, h, make([]byte, len(p.Pix))}
	for y := range h {
		if y%band == 0 {
			d.pause()
		}
		for x := range w {
			// The place in the stored picture of the upright one's (x, y).
			sx, sy := x, y
			if orientation >= 5 {
				sx, sy = y, x
			}
			if orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8 {
				sx = p.Width - 1 - sx
			}
			if orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7 {
				sy = p.Height - 1 - sy
			}
			copy(q.Pix[4*(y*w+x):], p.Pix[4*(sy*p.Width+sx):][:4])
		}
	}
	return q
}
