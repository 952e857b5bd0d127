package gallery

import (
	"fmt"

	"reverie/app/picture"
	"reverie/gpu/guide/resample"
)

// thumbnailSide is the longer side of a thumbnail in pixels: twice of what the strip shows, for screens of two pixels to one.
const thumbnailSide = 128

// Thumbnail is a small PNG of an opaque picture, of its own aspect, without settings. A picture that is small already stays as it is.
func Thumbnail(p picture.RGBA) ([]byte, error) {
	if p.Width < 1 || p.Height < 1 || len(p.Pix) != 4*p.Width*p.Height {
		return nil, fmt.Errorf("gallery: %d bytes are not %dx%d pixels", len(p.Pix), p.Width, p.Height)
	}
	long := max(p.Width, p.Height)
	if long <= thumbnailSide {
		return picture.WritePlain(p.Pix, p.Width, p.Height)
	}
	w, h := max(1, p.Width*thumbnailSide/long), max(1, p.Height*thumbnailSide/long)
	rgb := make([]byte, 0, 3*p.Width*p.Height)
	for i := 0; i < len(p.Pix); i += 4 {
		rgb = append(rgb, p.Pix[i:i+3]...)
	}
	rgb = resample.Lanczos(rgb, p.Width, p.Height, w, h)
	small := make([]byte, 0, 4*w*h)
	for i := 0; i < len(rgb); i += 3 {
		small = append(small, rgb[i], rgb[i+1], rgb[i+2], 0xff)
	}
	return picture.WritePlain(small, w, h)
}
