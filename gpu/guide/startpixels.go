package guide

import (
	"math"

	"reverie/gpu/guide/resample"
	"reverie/gpu/ops"
	"reverie/recipe"
)

// The kinds of starts besides a picture and given tokens, as the option start names them.
const (
	startTokens   = "tokens"
	startUniform  = "uniform"
	startPixel    = "pixels"
	startGradient = "gradient"
	startFractal  = "fractal"
)

// startDrawn draws the pixels of a start of that kind, [h, w, 3] in [0, 1], or nil where it has none. Candidates differ.
func startDrawn(kind string, seed uint64, candidate, w, h int) []float32 {
	random := ops.NewDraws(seed, 0, uint32(candidate), drawStart)
	switch kind {
	case startPixel: // nerdyrodent's: bytes, each by itself, of which the highest is never drawn
		x := make([]float32, 3*w*h)
		for i := range x {
			x[i] = float32(random.Intn(255)) / 255
		}
		return x
	case startGradient:
		return gradient(random, w, h)
	case startFractal:
		return fractal(random, w, h)
	}
	return nil
}

// gradient is nerdyrodent's: red grows from the left, green from the top, and blue changes from the top, to and from bytes that are drawn.
func gradient(random *ops.Draws, w, h int) []float32 {
	between := func(low, high int) float64 { return float64(low+random.Intn(high-low)) / 255 }
	red, green := between(1, 255), between(2, 255)
	blueTop, blueEnd := between(0, 255), between(3, 128)
	share := func(i, n int) float64 { return float64(i) / float64(max(1, n-1)) }
	x := make([]float32, 0, 3*w*h)
	for row := range h {
		for column := range w {
			down := share(row, h)
			x = append(x, float32(red*share(column, w)), float32(green*down), float32(blueTop+(blueEnd-blueTop)*down))
		}
	}
	return x
}

// Octaves of a fractal: the first has so many cells along the shorter side, each next one twice as many and half as strong.
const (
	fractalOctaves = 5
	fractalCells   = 2
	fractalSpread  = 0.25 // the standard deviation of its pixels, but for bounds
)

// fractal is noise of several octaves: of each, normal numbers at the corners of a grid, with smooth ways between them. Each channel has its own.
func fractal(random *ops.Draws, w, h int) []float32 {
	sum, power := make([]float64, 3*w*h), 0.0
	for octave := range fractalOctaves {
		cell := float64(min(w, h)) / float64(int(fractalCells)<<octave)
		strength := 1 / float64(int(1)<<octave)
		power += strength * strength
		columns := int(float64(w)/cell) + 2
		corners := make([]float64, 3*columns*(int(float64(h)/cell)+2))
		for i := range corners {
			corners[i] = random.Normal()
		}
		for i := range sum {
			x, y := float64(i/3%w)/cell, float64(i/3/w)/cell
			at := func(row, column int) float64 { return corners[3*((int(y)+row)*columns+int(x)+column)+i%3] }
			u, v := smoothstep(x-math.Floor(x)), smoothstep(y-math.Floor(y))
			// Weights whose squares add up to one leave the spread the same everywhere.
			sum[i] += strength * ((at(0, 0)*(1-u)+at(0, 1)*u)*(1-v) + (at(1, 0)*(1-u)+at(1, 1)*u)*v) / math.Sqrt((u*u+(1-u)*(1-u))*(v*v+(1-v)*(1-v)))
		}
	}
	pixels := make([]float32, len(sum))
	for i, v := range sum {
		pixels[i] = float32(max(0, min(1, 0.5+fractalSpread*v/math.Sqrt(power))))
	}
	return pixels
}

// smoothstep goes from 0 to 1 with level ends.
func smoothstep(x float64) float64 { return x * x * (3 - 2*x) }

// fitted is a picture of w×h pixels as RGB in another size: stretched, or with its shape kept, cropped at the longer sides or with its edges
// repeated beside the shorter ones.
func fitted(rgb []byte, w, h, toW, toH int, how string) []byte {
	scaleX, scaleY := float64(toW)/float64(w), float64(toH)/float64(h)
	switch how {
	case "crop":
		scaleX = max(scaleX, scaleY)
	case "fit":
		scaleX = min(scaleX, scaleY)
	default:
		return resample.Lanczos(rgb, w, h, toW, toH)
	}
	size := func(n int) int { return max(1, int(math.Round(float64(n)*scaleX))) }
	midW, midH := size(w), size(h)
	middle := resample.Lanczos(rgb, w, h, midW, midH)
	out := make([]byte, 0, 3*toW*toH)
	for y := range toH {
		for x := range toW {
			u := max(0, min(midW-1, x+(midW-toW)/2))
			v := max(0, min(midH-1, y+(midH-toH)/2))
			out = append(out, middle[3*(v*midW+u):][:3]...)
		}
	}
	return out
}

// initPixels is the start picture in the run's size, [h, w, 3] in [-1, 1], with the noise that the recipe adds.
func (s *Session) initPixels() []float32 {
	width, height := s.Size()
	init := s.config.Init
	x := scaled(fitted(init.rgb(), init.Width, init.Height, width, height, recipe.InitFit.In(s.now)), 2.0/255, -1)
	if sigma := recipe.InitNoise.In(s.now); sigma > 0 {
		random := ops.NewDraws(recipe.Seed.In(s.now), 0, 0, drawInitNoise)
		for i := range x {
			x[i] += float32(sigma * random.Normal())
		}
	}
	return x
}

// uniformLatent draws n numbers of [0, 2), as the pooling notebook starts.
func uniformLatent(seed uint64, candidate, n int) []float32 {
	random := ops.NewDraws(seed, 0, uint32(candidate), drawStart)
	z := make([]float32, n)
	for i := range z {
		z[i] = float32(2 * random.Uniform())
	}
	return z
}
