//go:build !js

package picture

import (
	"bytes"
	"errors"
	"image"
	_ "image/gif" // the first frame of a GIF can be opened
	_ "image/jpeg"
)

var errFormat = errors.New("This file is no picture that Reverie can open: choose a PNG, JPEG or GIF.")

// openElsewhere decodes what Go's packages know.
func (d Decoder) openElsewhere(data []byte) (RGBA, error) {
	config, format, err := image.DecodeConfig(bytes.NewReader(data))
	switch {
	case errors.Is(err, image.ErrFormat):
		return RGBA{}, errFormat
	case err != nil || config.Width < 1 || config.Height < 1:
		return RGBA{}, errOpen
	case config.Width > maxPixels/config.Height:
		return RGBA{}, errLarge
	case format == "png": // nobody else decodes it here
		_, err := d.readPNG(data).pixels()
		return RGBA{}, err
	}
	decoded, _, err := image.Decode(d.file(data))
	if err != nil {
		return RGBA{}, errOpen
	}
	p := d.onWhite(decoded, config.Width, config.Height)
	if format == "jpeg" {
		return d.upright(p, jpegTIFF(data).orientation()), nil
	}
	return p, nil
}
