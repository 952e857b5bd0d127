//go:build !js

package compress

import (
	"bytes"
	"testing"
)

func TestFormats(t *testing.T) {
	data := bytes.Repeat([]byte("what repeats packs well. "), 1000)
	for _, f := range Formats {
		packed := f.Pack(data)
		if len(packed) > len(data)/50 {
			t.Errorf("%s packs %d bytes into %d", f.Encoding, len(data), len(packed))
		}
		if got, err := f.Unpack(packed); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%s gives back %d bytes, %v", f.Encoding, len(got), err)
		}
		if got, err := f.Unpack(f.Pack(nil)); err != nil || len(got) != 0 {
			t.Errorf("%s makes %q of nothing, %v", f.Encoding, got, err)
		}
		if got, err := f.Unpack([]byte("damaged")); err == nil {
			t.Errorf("%s unpacks %q from what is damaged", f.Encoding, got)
		}
	}
}
