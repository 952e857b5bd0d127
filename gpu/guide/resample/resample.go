// Package resample changes the size of start pictures and image prompts exactly as the notebooks do, that is, with the Lanczos
// filter of Pillow for 8-bit pictures, to the byte: what CLIP and the encoder see decides the whole run. Its bicubic filter is that
// of OpenAI's preprocessing.
package resample

import "math"

// filter is a kernel that is zero beyond support on each side.
type filter struct {
	support float64
	at      func(float64) float64
}

// Lanczos3 has three lobes on each side.
const lobes = 3

// Weights are fixed-point numbers with this many bits after the point, and sums are rounded and cut to a byte after each
// of the two passes. 8 bits are the pixel's and two keep the sum of lobes from overflowing 32 bits.
const precision = 32 - 8 - 2

// Lanczos resizes an RGB picture, w×h pixels of 3 bytes row by row, to dstW×dstH, without regard to the aspect. All sides
// must be positive and len(src) 3·w·h. The result is a new slice.
func Lanczos(src []byte, w, h, dstW, dstH int) []byte {
	return filter{lobes, lanczos}.resize(src, w, h, dstW, dstH)
}

// Bicubic is Lanczos with the cubic kernel of a = -1/2.
func Bicubic(src []byte, w, h, dstW, dstH int) []byte {
	return filter{2, cubic}.resize(src, w, h, dstW, dstH)
}

func (f filter) resize(src []byte, w, h, dstW, dstH int) []byte {
	if len(src) != 3*w*h || w < 1 || h < 1 || dstW < 1 || dstH < 1 {
		panic("resample: sides and bytes do not agree")
	}
	switch {
	case dstW == w && dstH == h:
		return append([]byte(nil), src...)
	case dstH == h:
		return f.resizeRows(src, w, h, dstW)
	case dstW == w:
		return f.resizeColumns(src, w, h, dstH)
	}
	return f.resizeColumns(f.resizeRows(src, w, h, dstW), dstW, h, dstH)
}

// FitArea is the size that the notebooks give an image prompt: its own aspect, with the area of the target or its own,
// whichever is smaller.
func FitArea(w, h, targetW, targetH int) (int, int) {
	ratio := float64(w) / float64(h)
	area := math.Min(float64(w)*float64(h), float64(targetW)*float64(targetH))
	side := func(area float64) int { return max(1, int(math.RoundToEven(math.Sqrt(area)))) }
	return side(area * ratio), side(area / ratio)
}

// taps is what one output pixel takes: the inputs from first on, each times its weight.
type taps struct {
	first   int
	weights []int32
}

// taps gives the taps of each of dst output pixels along an axis of src inputs. Where the picture shrinks, the filter is
// stretched by the scale, so that nothing aliases.
func (f filter) taps(src, dst int) []taps {
	scale := float64(src) / float64(dst)
	stretch := math.Max(scale, 1)
	support := f.support * stretch
	all := make([]taps, dst)
	values := make([]float64, 2*int(math.Ceil(support))+2)
	for i := range all {
		centre := (float64(i) + 0.5) * scale
		first := max(0, int(centre-support+0.5))
		end := min(src, int(centre+support+0.5))
		sum := 0.0
		for j := first; j < end; j++ {
			v := f.at((float64(j) - centre + 0.5) * (1 / stretch))
			values[j-first] = v
			sum += v
		}
		weights := make([]int32, end-first)
		for j := range weights {
			weights[j] = int32(math.Round(values[j] / sum * (1 << precision)))
		}
		all[i] = taps{first, weights}
	}
	return all
}

// lanczos is sinc(x)·sinc(x/3) within three lobes.
func lanczos(x float64) float64 {
	if x < -lobes || x >= lobes {
		return 0
	}
	return sinc(x) * sinc(x/lobes)
}

// cubic is Keys's kernel of 1981.
func cubic(x float64) float64 {
	const a = -0.5
	switch x = math.Abs(x); {
	case x < 1:
		return ((a+2)*x-(a+3))*x*x + 1
	case x < 2:
		return (((x-5)*x+8)*x - 4) * a
	}
	return 0
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	x *= math.Pi
	return math.Sin(x) / x
}

func (f filter) resizeRows(src []byte, w, h, dstW int) []byte {
	dst := make([]byte, 3*dstW*h)
	all := f.taps(w, dstW)
	for y := range h {
		row := src[3*w*y : 3*w*(y+1)]
		for x, t := range all {
			sum(dst[3*(y*dstW+x):], row[3*t.first:], 3, t.weights)
		}
	}
	return dst
}

func (f filter) resizeColumns(src []byte, w, h, dstH int) []byte {
	dst := make([]byte, 3*w*dstH)
	for y, t := range f.taps(h, dstH) {
		for x := range w {
			sum(dst[3*(y*w+x):], src[3*(t.first*w+x):], 3*w, t.weights)
		}
	}
	return dst
}

// sum writes one RGB pixel: the pixels at src, src[stride:], … times their weights.
func sum(dst, src []byte, stride int, weights []int32) {
	r, g, b := int32(1)<<(precision-1), int32(1)<<(precision-1), int32(1)<<(precision-1)
	for i, weight := range weights {
		p := src[i*stride : i*stride+3]
		r += int32(p[0]) * weight
		g += int32(p[1]) * weight
		b += int32(p[2]) * weight
	}
	dst[0], dst[1], dst[2] = toByte(r), toByte(g), toByte(b)
}

func toByte(v int32) byte { return byte(max(0, min(255, v>>precision))) }
