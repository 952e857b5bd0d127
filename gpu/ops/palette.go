package ops

import (
	"math"

	"reverie/gpu"
)

// MaxPalette is the most colours that a palette has.
const MaxPalette = 64

// RefPalette is the loss that draws the pixels of a picture x [h, w, 3] to the colours of a palette: the mean distance from the nearest one times
// weight/10, which is pixray's palette loss, of the picture in place of one cutout.
func RefPalette(x []float64, palette [][3]float64, weight float64) float64 {
	sum := 0.0
	eachNearest(x, palette, weight, func(_ int, _ [3]float64, distance, scale float64) { sum += scale * distance })
	return sum
}

// RefPaletteBackward is dx for RefPalette: of a pixel that has a colour of the palette, zero.
func RefPaletteBackward(x []float64, palette [][3]float64, weight float64) []float64 {
	dx := make([]float64, len(x))
	eachNearest(x, palette, weight, func(at int, d [3]float64, distance, scale float64) {
		if distance > 0 {
			for c := range 3 {
				dx[at+c] = scale * d[c] / distance
			}
		}
	})
	return dx
}

// eachNearest visits each pixel with its difference from the nearest colour, that one's length, and what it counts.
func eachNearest(x []float64, palette [][3]float64, weight float64, visit func(at int, d [3]float64, distance, scale float64)) {
	for at := 0; at < len(x); at += 3 {
		var nearest [3]float64
		distance := math.Inf(1)
		for _, colour := range palette {
			d := [3]float64{x[at] - colour[0], x[at+1] - colour[1], x[at+2] - colour[2]}
			if length := math.Sqrt(d[0]*d[0] + d[1]*d[1] + d[2]*d[2]); length < distance {
				nearest, distance = d, length
			}
		}
		visit(at, nearest, distance, weight/10/float64(len(x)/3))
	}
}

// palette is Palette of palette.wgsl.
type palette struct {
	Scale   float32
	Count   uint32
	Unused  [2]uint32
	Colours [MaxPalette][4]float32
}

// PaletteSize is the number of bytes that EncodePalette makes.
const PaletteSize = 16 + 16*MaxPalette

// EncodePalette lays out what Palette needs to know for a picture of h×w pixels: colours in [0, 1], at least one and at most MaxPalette, and the weight.
func EncodePalette(h, w int, colours [][3]float64, weight float64) []byte {
	p := palette{Scale: float32(weight / 10 / float64(h*w)), Count: uint32(len(colours))}
	for i, c := range colours {
		p.Colours[i] = vec4(c)
	}
	return encode(p)
}

// Palette computes RefPalette of x [1, H, W, 3] into losses (float32) at place first, and adds its gradient to d(x) at once, as PromptLoss does.
// Numbers has what EncodePalette makes, and may change between runs.
func (t *Tape) Palette(x *Tensor, numbers, losses *gpu.Buffer, first int) {
	t.pixelLoss("palette.wgsl", x, losses, first, numbers)
}
