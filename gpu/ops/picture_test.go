package ops

import (
	"bytes"
	"testing"
)

func TestPixelsTruncates(t *testing.T) {
	got := RefPixels([]float32{0, 0.5, 1, -1, 2, 0.9999}, Key{})
	if want := []byte{0, 127, 255, 255, 0, 255, 254, 255}; !bytes.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
