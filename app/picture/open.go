package picture

import (
	"bytes"
	"errors"
	"image"
	"image/draw"
	_ "image/gif" // the first frame of a GIF can be opened
	"image/jpeg"
	_ "image/png" // and so can PNG
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
	// photograph can draw and answer meanwhile. Only a progressive JPEG is put together at one go, when all of it has been read.
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

var errFormat = errors.New("This file is no picture that Reverie can open: choose a PNG, JPEG or GIF.")

// Open is Decoder.Open without pauses.
func Open(data []byte) (RGBA, error) { return Decoder{}.Open(data) }

// Open decodes a picture that a person chose, upright as the camera held it. What is transparent becomes white. Its error
// is a sentence.
func (d Decoder) Open(data []byte) (RGBA, error) {
	config, format, err := image.DecodeConfig(bytes.NewReader(data))
	switch {
	case errors.Is(err, image.ErrFormat):
		return RGBA{}, errFormat
	case err != nil:
		return RGBA{}, errOpen
	case config.Width < 1 || config.Height < 1:
		return RGBA{}, errOpen
	case config.Width > maxPixels/config.Height:
		return RGBA{}, errLarge
	}
	var decoded image.Image
	orientation := 1
	if format == "jpeg" {
		decoded, err = jpeg.Decode(d.file(data))
		orientation = jpegOrientation(data)
	} else {
		decoded, _, err = image.Decode(d.file(data))
	}
	if err != nil {
		return RGBA{}, errOpen
	}
	return d.upright(d.onWhite(decoded), orientation), nil
}

var errOpen = errors.New("The picture is damaged and cannot be opened: choose another copy of it.")

// band is how many rows are converted between two pauses.
const band = 32

// onWhite converts any decoded picture.
func (d Decoder) onWhite(m image.Image) RGBA {
	r := m.Bounds()
	flat := image.NewRGBA(image.Rect(0, 0, r.Dx(), r.Dy()))
	for y := 0; y < r.Dy(); y += band {
		rows := image.Rect(0, y, r.Dx(), min(y+band, r.Dy()))
		draw.Draw(flat, rows, image.White, image.Point{}, draw.Src)
		draw.Draw(flat, rows, m, r.Min.Add(rows.Min), draw.Over)
		d.pause()
	}
	return RGBA{r.Dx(), r.Dy(), flat.Pix}
}

// upright undoes an EXIF orientation: 1 is upright, 2 to 8 are mirrored and turned.
func (d Decoder) upright(p RGBA, orientation int) RGBA {
	if orientation < 2 || orientation > 8 {
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
