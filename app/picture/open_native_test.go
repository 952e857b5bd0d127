//go:build !js

package picture

import (
	"bytes"
	"image"
	"image/jpeg"
	"testing"
)

// image/jpeg takes a file in pieces as well.
func TestJPEGPauses(t *testing.T) {
	const w, h = 256, 384
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, &image.NRGBA{Pix: noise(w, h), Stride: 4 * w, Rect: image.Rect(0, 0, w, h)}, nil); err != nil {
		t.Fatal(err)
	}
	pauses := 0
	if _, err := (Decoder{Pause: func() { pauses++ }}).Open(photo.Bytes()); err != nil {
		t.Fatal(err)
	}
	if least := photo.Len()>>12 + h/band; pauses < least {
		t.Errorf("%d pauses for %d bytes and %d rows, want at least %d", pauses, photo.Len(), h, least)
	}
}
