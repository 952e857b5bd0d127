package encode

import (
	"fmt"
	"slices"

	"reverie/app/film"
	"reverie/app/wire"
	"reverie/gpu/guide/resample"
)

// scale gives p another size; alpha becomes opaque. Smooth uses Lanczos' filter; otherwise each pixel is the one of p that its centre lies in.
func scale(p *wire.Picture, w, h int, smooth bool) *wire.Picture {
	to := &wire.Picture{Width: w, Height: h, Pix: make([]byte, 4*w*h)}
	if smooth && (p.Width != w || p.Height != h) {
		rgb := make([]byte, 0, 3*p.Width*p.Height)
		for i := 0; i < len(p.Pix); i += 4 {
			rgb = append(rgb, p.Pix[i:i+3]...)
		}
		rgb = resample.Lanczos(rgb, p.Width, p.Height, w, h)
		for i := range w * h {
			copy(to.Pix[4*i:], rgb[3*i:3*i+3])
			to.Pix[4*i+3] = 255
		}
		return to
	}
	for y := range h {
		row := p.Pix[4*p.Width*((2*y+1)*p.Height/(2*h)):]
		for x := range w {
			at := 4 * ((2*x + 1) * p.Width / (2 * w))
			i := 4 * (y*w + x)
			copy(to.Pix[i:], row[at:at+3])
			to.Pix[i+3] = 255
		}
	}
	return to
}

// enlarge makes a picture's sides so many times as long.
func enlarge(m film.Enlarge) (film.Message, error) {
	p := m.Picture
	if p == nil || m.Times < 1 || max(p.Width, p.Height) > film.MaxSide/m.Times {
		return nil, fmt.Errorf("The picture cannot be enlarged: choose one whose sides become %d pixels at most.", film.MaxSide)
	}
	to := scale(p, p.Width*m.Times, p.Height*m.Times, true)
	if alpha := alphaOf(p); slices.ContainsFunc(alpha.Pix, func(v byte) bool { return v < 255 }) {
		for i, v := range scale(alpha, to.Width, to.Height, true).Pix {
			if i%4 == 0 {
				to.Pix[i+3] = v
			}
		}
	}
	return film.Enlarged{Picture: to}, nil
}

// alphaOf is a picture's alpha in grey.
func alphaOf(p *wire.Picture) *wire.Picture {
	grey := &wire.Picture{Width: p.Width, Height: p.Height, Pix: make([]byte, len(p.Pix))}
	for i := range p.Pix {
		grey.Pix[i] = p.Pix[i|3]
	}
	return grey
}

// mix is so much of b and the rest of a, which have the same size.
func mix(a, b *wire.Picture, share float64) *wire.Picture {
	to := &wire.Picture{Width: a.Width, Height: a.Height, Pix: make([]byte, len(a.Pix))}
	s := int(share*256 + 0.5)
	for i := range to.Pix {
		to.Pix[i] = byte((int(a.Pix[i])*(256-s) + int(b.Pix[i])*s + 128) >> 8)
	}
	return to
}
