package ui

import (
	"math"

	"reverie/app/protocol"
)

// tokenSide is the side in pixels of a token in its map.
const tokenSide = 6

// tokenMap shows each code as a colour of its own, and frames the tokens that were others before; before may be nil.
func tokenMap(tokens, before []uint16, columns int) *protocol.Picture {
	columns = max(1, columns)
	p := newPicture(columns*tokenSide, len(tokens)/columns*tokenSide)
	for i, code := range tokens {
		r, g, b := codeColour(code)
		changed := before != nil && before[i] != code
		for y := range tokenSide {
			for x := range tokenSide {
				edge := x == 0 || y == 0 || x == tokenSide-1 || y == tokenSide-1
				at := 4 * ((i/columns*tokenSide+y)*p.Width + i%columns*tokenSide + x)
				if changed && edge {
					copy(p.Pix[at:], []byte{255, 255, 255, 255})
				} else {
					copy(p.Pix[at:], []byte{r, g, b, 255})
				}
			}
		}
	}
	return p
}

// codeColour is a colour that neighbouring codes do not share: their hues are the golden angle apart.
func codeColour(code uint16) (r, g, b byte) {
	channel := func(shift float64) byte {
		hue := math.Mod(float64(code)*137.508+shift, 360)
		ramp := math.Abs(hue-180)/60 - 1
		return byte(60 + 140*min(1, max(0, ramp)))
	}
	return channel(0), channel(240), channel(120)
}

// glow shows norms as light: clear where they are least, and yellow where they are most.
func glow(n *protocol.Norms) *protocol.Picture {
	data := n.Values.Data
	columns := max(1, n.Columns)
	p := newPicture(columns, len(data)/columns)
	for i := range p.Width * p.Height {
		v := int(data[i])
		copy(p.Pix[4*i:], []byte{255, byte(40 + 190*v/255), byte(90 * v * v / (255 * 255)), byte(v)})
	}
	return p
}

// stripes shows numbers in a row, the positive ones orange, the negative ones blue. Small ones are shown stronger than they are: most are small.
func stripes(row []byte) *protocol.Picture {
	p := newPicture(len(row), 1)
	for i, b := range row {
		v := float64(int8(b)) / 127
		colour := []byte{235, 120, 20, 0}
		if v < 0 {
			colour = []byte{40, 110, 230, 0}
		}
		colour[3] = byte(255 * math.Sqrt(min(1, math.Abs(v))))
		copy(p.Pix[4*i:], colour)
	}
	return p
}

func newPicture(w, h int) *protocol.Picture {
	return &protocol.Picture{Width: w, Height: h, Pix: make([]byte, 4*w*h)}
}

// cutout is the i-th of those that lie under each other.
func cutout(all *protocol.Picture, i int) *protocol.Picture {
	side, size := all.Width, 4*all.Width*all.Width
	return &protocol.Picture{Width: side, Height: side, Pix: all.Pix[i*size : (i+1)*size]}
}

// embedding is the row of an inside's embeddings: of the prompts first, then of the cutouts.
func embedding(in *protocol.Inspected, row int) []byte {
	return in.Embeddings.Data[row*in.Length : (row+1)*in.Length]
}
