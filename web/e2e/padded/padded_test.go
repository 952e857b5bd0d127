//go:build !js

package padded

import (
	"os"
	"testing"

	"reverie/weights/folder"
)

func TestWrite(t *testing.T) {
	const want = 12_000_000
	dir := t.TempDir()
	m, err := Write(dir, "long", want)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := folder.Verify(os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	bytes := m.Vocab.Size
	for i := range m.Parts {
		bytes += m.Parts[i].Size()
	}
	if m.Name != "long" || bytes < want-1000 || bytes > want {
		t.Errorf("%s has %d bytes, want %d", m.Name, bytes, want)
	}
}
