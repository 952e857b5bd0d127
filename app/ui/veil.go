package ui

import (
	"math"

	"reverie/app/protocol"
)

// veil is masks as they are drawn over the picture: token by token, each in the colour of what it is of, with a pattern of its own and a
// line around what it holds, so that nobody needs to tell colours apart.
type veil struct {
	columns, rows int
	layers        []veilLayer
	paper         bool  // there is no picture of that shape under it
	cursor        *cell // the keyboard's, or nil
}

// veilLayer is a mask, token by token.
type veilLayer struct {
	values  []float64
	colour  [3]byte
	pattern int
	active  bool // it is the one that is painted
}

// The sides of a token in the veil's own pixels, of which the veil has about veilSide along its longer side.
const (
	veilSide  = 512
	mostCell  = 24
	leastCell = 6
)

func (v veil) cell() int { return max(leastCell, min(mostCell, veilSide/max(v.columns, v.rows))) }

// The patterns beside those of prompts.
const (
	gridPattern = trackColors + iota
	dotPattern
)

// patterned says whether a pixel is one of a pattern's strokes.
func patterned(pattern, x, y int) bool {
	const period, width = 8, 2
	within := func(v int) bool { return v%period < width }
	switch pattern {
	case 0:
		return within(x + y)
	case 1:
		return within(x - y + veilSide*period)
	case 2:
		return within(y)
	case 3:
		return within(x)
	case 4:
		return within(x+y) && x/period%2 == 0
	case 5:
		return within(y) && x/period%2 == 0
	case gridPattern:
		return within(x) || within(y)
	}
	return x%period < 3 && y%period < 3
}

// tinted is a colour with an opacity, not premultiplied, with channels from 0 to 255 and opacity from 0 to 1.
type tinted struct{ r, g, b, a float64 }

// over lays another colour over it.
func (p *tinted) over(c [3]byte, opacity float64) {
	a := opacity + p.a*(1-opacity)
	if a <= 0 {
		return
	}
	mix := func(under float64, top byte) float64 { return (opacity*float64(top) + p.a*(1-opacity)*under) / a }
	p.r, p.g, p.b, p.a = mix(p.r, c[0]), mix(p.g, c[1]), mix(p.b, c[2]), a
}

// How much the parts of a veil hide.
const (
	tint   = 0.3
	hatch  = 0.55
	inset  = 2 // pixels of the line around what a mask holds
	casing = 1 // and of the light one within it
)

var (
	light = [3]byte{255, 255, 255}
	dark  = [3]byte{20, 18, 26}
	sheet = [3]byte{232, 229, 222}
)

// picture draws the veil.
func (v veil) picture() *protocol.Picture {
	side := v.cell()
	p := &protocol.Picture{Width: v.columns * side, Height: v.rows * side}
	p.Pix = make([]byte, 4*p.Width*p.Height)
	for i := range v.columns * v.rows {
		v.drawCell(p, i%v.columns, i/v.columns)
	}
	return p
}

func (v veil) drawCell(p *protocol.Picture, column, row int) {
	side := v.cell()
	seen := v.paper || v.cursor != nil && *v.cursor == cell{column, row}
	for _, l := range v.layers {
		seen = seen || l.values[row*v.columns+column] > 0
	}
	if !seen {
		return
	}
	for y := row * side; y < (row+1)*side; y++ {
		for x := column * side; x < (column+1)*side; x++ {
			c := v.at(x, y, column, row)
			out := p.Pix[4*(y*p.Width+x):]
			out[0], out[1], out[2], out[3] = byte(math.Round(c.r)), byte(math.Round(c.g)), byte(math.Round(c.b)), byte(math.Round(255*c.a))
		}
	}
}

// at is the veil at a pixel of a cell.
func (v veil) at(x, y, column, row int) (c tinted) {
	side := v.cell()
	left, top := x-column*side, y-row*side
	margin := func(least int) bool { return min(left, top, side-1-left, side-1-top) < least }
	if v.paper {
		c.over(sheet, 1)
		if left == 0 || top == 0 {
			c.over(dark, 0.08)
		}
	}
	for _, l := range v.layers {
		value := l.values[row*v.columns+column]
		if value <= 0 {
			continue
		}
		strength := value
		if !l.active {
			strength *= 0.6
		}
		c.over(l.colour, tint*strength)
		if patterned(l.pattern, x, y) {
			c.over(l.colour, hatch*strength)
		}
		if value < 0.5 {
			continue
		}
		switch distance := l.toEdge(v, column, row, left, top); {
		case distance < inset:
			c.over(l.colour, 0.95)
		case distance < inset+casing:
			c.over(light, 0.8)
		}
	}
	if v.cursor != nil && *v.cursor == (cell{column, row}) {
		switch {
		case margin(2):
			c.over(dark, 1)
		case margin(4):
			c.over(light, 1)
		}
	}
	return c
}

// toEdge is how many pixels lie between a pixel of a cell that the mask holds and the nearest side beyond which it does not.
func (l veilLayer) toEdge(v veil, column, row, left, top int) int {
	side, distance := v.cell(), math.MaxInt
	for _, way := range [4]struct{ column, row, pixels int }{{-1, 0, left}, {1, 0, side - 1 - left}, {0, -1, top}, {0, 1, side - 1 - top}} {
		c, r := column+way.column, row+way.row
		if c < 0 || r < 0 || c >= v.columns || r >= v.rows || l.values[r*v.columns+c] < 0.5 {
			distance = min(distance, way.pixels)
		}
	}
	return distance
}
