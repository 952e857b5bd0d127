package picture

import (
	"bytes"
	"image"
	"image/png"
	"reflect"
	"testing"

	"reverie/recipe"
)

// What is transparent keeps its colours, and the settings in them, and alpha is left alone.
func TestTransparentPicturesKeepTheirSettings(t *testing.T) {
	const side = 96
	pix := noise(side, side)
	for i := 3; i < len(pix); i += 4 {
		pix[i] = []byte{0, 128, 255}[i/4%3]
	}
	script := recipe.Script{Recipe: recipe.New(recipe.Prompt.Is("a red apple"), recipe.Transparent.Is("fffff0"))}
	file, hidden, err := Write(pix, side, side, Meta{Script: script})
	if err != nil || hidden != HiddenAll {
		t.Fatalf("hidden %v, %v", hidden, err)
	}
	m, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	written := m.(*image.NRGBA).Pix
	for i, v := range written {
		if i%4 == 3 && v != pix[i] || v|1 != pix[i]|1 {
			t.Fatalf("byte %d is %d, was %d", i, v, pix[i])
		}
	}
	bare, err := WritePlain(written, side, side) // without chunks
	if err != nil {
		t.Fatal(err)
	}
	if found, err := Read(bare); err != nil || !found.Complete || !reflect.DeepEqual(recipe.Transparent.In(found.Script.Recipe), "fffff0") {
		t.Errorf("found %+v, %v", found.Script, err)
	}
}
