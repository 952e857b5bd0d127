package ops

import "reverie/gpu"

// RefBorder is the loss that draws the border of a picture x [h, w, 3] to a colour: the weight times the sum of four mean squared distances from
// it, of the strips at the left and right, which reach from top to bottom, and of those at the top and bottom between them. It is pixray's edge
// loss without its part for the whole picture. Strips that meet count each pixel once, as of a side.
func RefBorder(x []float64, h, w, thickness int, colour [3]float64, weight float64) float64 {
	sum := 0.0
	eachBorder(h, w, thickness, weight, func(at int, scale float64) {
		d := x[at] - colour[at%3]
		sum += scale * d * d
	})
	return sum
}

// RefBorderBackward is dx for RefBorder.
func RefBorderBackward(x []float64, h, w, thickness int, colour [3]float64, weight float64) []float64 {
	dx := make([]float64, len(x))
	eachBorder(h, w, thickness, weight, func(at int, scale float64) { dx[at] = 2 * scale * (x[at] - colour[at%3]) })
	return dx
}

// eachBorder visits the elements of the border with what their squares count.
func eachBorder(h, w, thickness int, weight float64, visit func(at int, scale float64)) {
	sides, ends := borderScales(h, w, thickness, weight)
	for at := range 3 * h * w {
		y, x := at/3/w, at/3%w
		switch {
		case min(x, w-1-x) < thickness:
			visit(at, sides)
		case min(y, h-1-y) < thickness:
			visit(at, ends)
		}
	}
}

// borderScales are the weight over the number of elements of a strip at a side, and of one at an end.
func borderScales(h, w, thickness int, weight float64) (sides, ends float64) {
	across := min(2*thickness, w) // pixels of a row that are at the sides
	if thickness == 0 {
		return 0, 0
	}
	sides = weight / (3 * float64(h) * float64(across) / 2)
	if between := w - across; between > 0 {
		ends = weight / (3 * float64(between) * float64(min(2*thickness, h)) / 2)
	}
	return sides, ends
}

// border is Border of border.wgsl.
type border struct {
	Colour      [4]float32
	Thickness   uint32
	Sides, Ends float32
}

// BorderSize is the number of bytes that EncodeBorder makes.
const BorderSize = 28

// EncodeBorder lays out what Border needs to know for a picture of h×w pixels: the border's thickness in pixels, its colour in [0, 1], and the weight.
func EncodeBorder(h, w, thickness int, colour [3]float64, weight float64) []byte {
	sides, ends := borderScales(h, w, thickness, weight)
	return encode(border{vec4(colour), uint32(thickness), float32(sides), float32(ends)})
}

// vec4 is a colour as kernels read it.
func vec4(colour [3]float64) [4]float32 {
	return [4]float32{float32(colour[0]), float32(colour[1]), float32(colour[2])}
}

// Border computes RefBorder of x [1, H, W, 3] into losses (float32) at place first, and adds its gradient to d(x) at once, as PromptLoss does.
// Numbers has what EncodeBorder makes, and may change between runs.
func (t *Tape) Border(x *Tensor, numbers, losses *gpu.Buffer, first int) {
	t.pixelLoss("border.wgsl", x, losses, first, numbers)
}
