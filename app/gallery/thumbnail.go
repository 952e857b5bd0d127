package gallery

import (
	"fmt"

	"reverie/app/picture"
)

// thumbnailSide is the longer side of a thumbnail in pixels: twice of what the strip shows, for screens of two pixels to one.
const thumbnailSide = 128

// Thumbnail is a small PNG of an opaque picture, of its own aspect, without settings. A picture that is small already stays as it is.
func Thumbnail(p picture.RGBA) ([]byte, error) {
	if p.Width < 1 || p.Height < 1 || len(p.Pix) != 4*p.Width*p.Height {
		return nil, fmt.Errorf("gallery: %d bytes are not %dx%d pixels", len(p.Pix), p.Width, p.Height)
	}
	if long := max(p.Width, p.Height); long > thumbnailSide {
		p = shrunk(p, max(1, p.Width*thumbnailSide/long), max(1, p.Height*thumbnailSide/long))
	}
	return picture.WritePlain(p.Pix, p.Width, p.Height)
}

// shrunk is a picture of w×h pixels, each the mean of those that it stands for. It is only looked at; what a model sees is resampled by the
// engine, which the page does not hold.
func shrunk(p picture.RGBA, w, h int) picture.RGBA {
	small := picture.RGBA{Width: w, Height: h, Pix: make([]byte, 0, 4*w*h)}
	for y := range h {
		for x := range w {
			var sum [4]int
			top, bottom, left, right := y*p.Height/h, (y+1)*p.Height/h, x*p.Width/w, (x+1)*p.Width/w
			for row := top; row < bottom; row++ {
				for i := 4 * (row*p.Width + left); i < 4*(row*p.Width+right); i++ {
					sum[i%4] += int(p.Pix[i])
				}
			}
			for _, s := range sum {
				small.Pix = append(small.Pix, byte(s/((bottom-top)*(right-left))))
			}
		}
	}
	return small
}
