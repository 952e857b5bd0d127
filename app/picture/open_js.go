package picture

import (
	"context"
	"errors"
	"syscall/js"

	"reverie/gpu/jsx"
)

var errBrowser = errors.New("This file is no picture that the browser can open, or it is damaged: choose another one, such as a PNG or JPEG.")

// tile is the side of the canvas through which pictures come: browsers limit the sides of canvases further than those of pictures, and a
// picture then lies in memory once less.
const tile = 1024

// openElsewhere lets the browser decode the picture, and turn it as its EXIF says.
func (d Decoder) openElsewhere(data []byte) (RGBA, error) {
	blob := js.Global().Get("Blob").New([]any{jsx.Bytes(data)})
	// An element knows its size before its pixels are decoded, so that the browser takes no memory for a picture that is too large.
	element, err := elementOf(blob)
	if err == nil {
		err = checkShown(element)
	}
	if err != nil && err != errNoElements {
		return RGBA{}, err
	}
	// A file without its end is no bitmap, but an element shows it, with nothing where pixels are missing.
	shown, bitmapErr := bitmapOf(blob)
	switch {
	case bitmapErr == nil:
		defer shown.Call("close")
	case err == nil:
		shown = element
	default:
		return RGBA{}, errBrowser
	}
	if err := checkShown(shown); err != nil {
		return RGBA{}, err
	}
	w, h := shown.Get("width").Int(), shown.Get("height").Int()
	p := RGBA{w, h, make([]byte, 4*w*h)}
	if _, err := jsx.Try(func() js.Value { d.copyTiles(p, shown); return js.Undefined() }); err != nil {
		return RGBA{}, errBrowser
	}
	return p, nil
}

// checkShown refuses a bitmap or an element of a size that is not to be taken.
func checkShown(shown js.Value) error {
	w, h := shown.Get("width").Int(), shown.Get("height").Int()
	switch {
	case w < 1 || h < 1:
		return errBrowser
	case w > maxPixels/h:
		return errLarge
	}
	return nil
}

func bitmapOf(blob js.Value) (js.Value, error) {
	promise, err := jsx.Try(func() js.Value {
		return js.Global().Call("createImageBitmap", blob,
			map[string]any{"imageOrientation": "from-image", "premultiplyAlpha": "none", "colorSpaceConversion": "default"})
	})
	if err != nil {
		return js.Undefined(), err
	}
	return jsx.Await(context.Background(), promise)
}

var errNoElements = errors.New("picture: a worker has no image elements")

// elementOf is an image element that shows the blob, turned as its EXIF says.
func elementOf(blob js.Value) (js.Value, error) {
	document := js.Global().Get("document")
	if document.IsUndefined() {
		return document, errNoElements
	}
	urls := js.Global().Get("URL")
	url := urls.Call("createObjectURL", blob)
	defer urls.Call("revokeObjectURL", url)
	image := document.Call("createElement", "img")
	settled := js.FuncOf(func(_ js.Value, args []js.Value) any {
		image.Set("onload", args[0])
		image.Set("onerror", args[1])
		return nil
	})
	defer settled.Release()
	loaded := js.Global().Get("Promise").New(settled)
	image.Set("src", url)
	if _, err := jsx.Await(context.Background(), loaded); err != nil {
		return image, errBrowser
	}
	return image, nil
}

// copyTiles draws a bitmap or an element on white, tile by tile, and copies each into p.
func (d Decoder) copyTiles(p RGBA, shown js.Value) {
	canvas := js.Global().Get("OffscreenCanvas").New(min(tile, p.Width), min(tile, p.Height))
	surface := canvas.Call("getContext", "2d", map[string]any{"alpha": false, "willReadFrequently": true})
	surface.Set("fillStyle", "white")
	pix := make([]byte, 4*min(tile, p.Width)*min(tile, p.Height))
	for y := 0; y < p.Height; y += tile {
		for x := 0; x < p.Width; x += tile {
			w, h := min(tile, p.Width-x), min(tile, p.Height-y)
			surface.Call("fillRect", 0, 0, w, h)
			surface.Call("drawImage", shown, -x, -y)
			jsx.CopyToGo(pix, surface.Call("getImageData", 0, 0, w, h).Get("data"))
			for row := range h {
				copy(p.Pix[4*((y+row)*p.Width+x):], pix[4*row*w:4*(row+1)*w])
			}
			d.pause()
		}
	}
}
