//go:build e2e && !js

package e2e

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"reverie/app/protocol"
	"reverie/tools/driver"
)

// keepStart keeps the size and the upper corners of the last start picture that the page sent to the engine.
const keepStart = `{
	const post = Worker.prototype.postMessage;
	Worker.prototype.postMessage = function (message, ...rest) {
		const {kind, init} = message?.text ? JSON.parse(message.text) : {};
		if (kind == "start" && init) {
			const pix = new Uint8Array(message.buffers[0]), {width, height} = init;
			window.startPicture = [width, height, ...pix.slice(0, 4), ...pix.slice(4 * width - 4, 4 * width)];
		}
		return post.call(this, message, ...rest);
	};
}`

// Files without their end open as the browser shows them: the page's decoder has an image element, which workers, and with them the tests of
// app/picture, do not.
func TestPicturesWithoutTheirEnd(t *testing.T) {
	const w, h, tolerance = 64, 48, 3
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		x, y := i%w, i/w
		m.SetNRGBA(x, y, []color.NRGBA{{255, 0, 0, 255}, {0, 255, 0, 255}, {0, 0, 255, 255}, {255, 255, 255, 255}}[x/(w/2)+y/(h/2)*2])
	}
	var asPNG, asJPEG bytes.Buffer
	if err := png.Encode(&asPNG, m); err != nil {
		t.Fatal(err)
	}
	if err := jpeg.Encode(&asJPEG, m, &jpeg.Options{Quality: 100}); err != nil {
		t.Fatal(err)
	}
	v := revisit(t, "p=a%20green%20tree&width=64&height=64&cutouts=1&steps=1")
	_, err := driver.Evaluate[bool](v.Page, keepStart+`; true`)
	v.must(err)
	dir := t.TempDir()
	for name, data := range map[string][]byte{
		"unended.png": asPNG.Bytes()[:asPNG.Len()-12], // without IEND
		"cut.png":     asPNG.Bytes()[:asPNG.Len()-30], // and without the last rows
		"cut.jpg":     asJPEG.Bytes()[:asJPEG.Len()-20],
	} {
		path := filepath.Join(dir, name)
		v.must(os.WriteFile(path, data, 0o600))
		v.must(v.Choose("Open image", path))
		v.status(name + " carries no settings")
		v.must(v.Click("button", "Start"))
		until[protocol.Done](v)
		got, err := driver.Evaluate[[]int](v.Page, `startPicture`)
		v.must(err)
		want := []int{w, h, 255, 0, 0, 255, 0, 255, 0, 255}
		for i := range want {
			if len(got) != len(want) || max(got[i]-want[i], want[i]-got[i]) > tolerance {
				t.Errorf("%s starts from %v, want %v", name, got, want)
				break
			}
		}
	}
	v.clean()
}
