package picture

import (
	"bytes"
	"errors"
	"image"
	"image/draw"
	_ "image/gif" // the first frame of a GIF can be opened
	"image/jpeg"
	_ "image/png" // and so can PNG

	"reverie/gpu/guide/resample"
)

// RGB is a picture of 3 bytes per pixel, row by row.
type RGB struct {
	Width, Height int
	Pix           []byte
}

var errFormat = errors.New("This file is no picture that Reverie can open: choose a PNG, JPEG or GIF.")

// Open decodes a picture that a person chose, upright as the camera held it. What is transparent becomes white. Its error
// is a sentence.
func Open(data []byte) (RGB, error) {
	config, format, err := image.DecodeConfig(bytes.NewReader(data))
	switch {
	case errors.Is(err, image.ErrFormat):
		return RGB{}, errFormat
	case err != nil:
		return RGB{}, errOpen
	case config.Width < 1 || config.Height < 1:
		return RGB{}, errOpen
	case config.Width > maxPixels/config.Height:
		return RGB{}, errLarge
	}
	var decoded image.Image
	orientation := 1
	if format == "jpeg" {
		decoded, err = jpeg.Decode(bytes.NewReader(data))
		orientation = jpegOrientation(data)
	} else {
		decoded, _, err = image.Decode(bytes.NewReader(data))
	}
	if err != nil {
		return RGB{}, errOpen
	}
	return upright(onWhite(decoded), orientation), nil
}

var errOpen = errors.New("The picture is damaged and cannot be opened: choose another copy of it.")

// Resize is the picture at another size, by Pillow's Lanczos filter and without regard to the aspect.
func (p RGB) Resize(w, h int) RGB {
	return RGB{w, h, resample.Lanczos(p.Pix, p.Width, p.Height, w, h)}
}

// onWhite converts any decoded picture.
func onWhite(m image.Image) RGB {
	r := m.Bounds()
	flat := image.NewRGBA(image.Rect(0, 0, r.Dx(), r.Dy()))
	draw.Draw(flat, flat.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(flat, flat.Rect, m, r.Min, draw.Over)
	p := RGB{r.Dx(), r.Dy(), make([]byte, 3*r.Dx()*r.Dy())}
	for i := range r.Dx() * r.Dy() {
		copy(p.Pix[3*i:3*i+3], flat.Pix[4*i:])
	}
	return p
}

// upright undoes an EXIF orientation: 1 is upright, 2 to 8 are mirrored and turned.
func upright(p RGB, orientation int) RGB {
	if orientation < 2 || orientation > 8 {
		return p
	}
	w, h := p.Width, p.Height
	if orientation >= 5 {
		w, h = h, w
	}
	q := RGB{w, h, make([]byte, len(p.Pix))}
	for y := range h {
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
			copy(q.Pix[3*(y*w+x):], p.Pix[3*(sy*p.Width+sx):][:3])
		}
	}
	return q
}
