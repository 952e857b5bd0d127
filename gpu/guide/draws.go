package guide

import (
	"math"

	"reverie/gpu/ops"
	"reverie/recipe/preset"
)

// What draws, one key each, so that no two draws of a run share numbers and adding one changes none of the others.
// A number must never change: pictures are reproduced by it.
const (
	drawTokens uint32 = iota + 1
	drawCrop
	drawFlip
	drawAffine
	drawPerspective
	drawNoise
	drawSharpness
	drawJitter
	drawJitterOrder
	drawErased
)

// imagePromptStep keys the one set of cutouts of image prompt i, which no step of the run shares.
func imagePromptStep(i int) uint32 { return math.MaxUint32 - uint32(i) }

// draw makes the choices for the cutouts of a w×h picture at a step.
func (a augmentation) draw(seed uint64, step uint32, w, h int) Inputs {
	in := Inputs{Seed: seed, Step: int(step), Boxes: make([]ops.Box, a.cutouts), Factors: make([]float32, a.cutouts),
		Jitters: make([]ops.Jitter, a.cutouts), Erased: make([]ops.Box, a.cutouts), Sigmas: make([]float32, a.cutouts)}
	for range a.warps() {
		in.Warps = append(in.Warps, make([]ops.Homography, a.cutouts))
	}
	// What all cutouts share is drawn under the first one's name.
	order := a.drawJitterOrder(ops.NewDraws(seed, step, 0, drawJitterOrder))
	erased := a.drawErased(ops.NewDraws(seed, step, 0, drawErased))
	for i := range a.cutouts {
		from := func(what uint32) *ops.Draws { return ops.NewDraws(seed, step, uint32(i), what) }
		in.Boxes[i] = a.crop(from(drawCrop), w, h)
		in.Factors[i] = float32(a.drawSharpness(from(drawSharpness)))
		next := 0
		if a.affine() {
			in.Warps[next][i] = a.drawAffine(from(drawFlip), from(drawAffine))
			next++
		}
		if a.PerspectiveP > 0 {
			in.Warps[next][i] = a.drawPerspective(from(drawPerspective))
		}
		in.Jitters[i] = a.drawJitter(from(drawJitter), order)
		in.Erased[i] = erased
		in.Sigmas[i] = float32(a.Noise * from(drawNoise).Uniform())
	}
	return in
}

// augmentation is a preset for cutouts of one side.
type augmentation struct {
	preset.Preset
	cutouts int
	side    int // of a cutout
	cutPow  float64
}

// affine says whether the first warp, flips and affine maps in one, is recorded.
func (a augmentation) affine() bool { return a.FlipP > 0 || a.AffineP > 0 }

// warps lists what lies outside the picture for each recorded warp: the affine one repeats the border, the perspective one is
// black, as kornia's are in the notebooks.
func (a augmentation) warps() []ops.Padding {
	var w []ops.Padding
	if a.affine() {
		w = append(w, ops.Border)
	}
	if a.PerspectiveP > 0 {
		w = append(w, ops.Zeros)
	}
	return w
}

// crop draws a square: its side is U^cutPow of the way from the smaller of the picture and a cutout to the picture's shorter
// side, its place uniform. Pooled cutouts see the whole picture.
func (a augmentation) crop(r *ops.Draws, w, h int) ops.Box {
	if a.Pooled {
		return ops.Box{W: w, H: h}
	}
	largest := min(w, h)
	smallest := min(largest, a.side)
	size := int(math.Pow(r.Uniform(), a.cutPow)*float64(largest-smallest) + float64(smallest))
	return ops.Box{X: r.Intn(w - size + 1), Y: r.Intn(h - size + 1), W: size, H: size}
}

// drawAffine draws a flip, then a rotation about the centre and a vertical shift.
func (a augmentation) drawAffine(flip, affine *ops.Draws) ops.Homography {
	m := ops.Identity
	last := float64(a.side - 1)
	if flip.Uniform() < a.FlipP {
		m = ops.Homography{-1, 0, last, 0, 1, 0, 0, 0, 1}
	}
	if affine.Uniform() >= a.AffineP {
		return m
	}
	radians := (2*affine.Uniform() - 1) * a.AffineDegrees * math.Pi / 180
	shift := (2*affine.Uniform() - 1) * a.AffineTranslate * float64(a.side)
	sin, cos := math.Sincos(radians)
	c := last / 2
	// A destination pixel p comes from R⁻¹(p − c − shift) + c.
	rotate := ops.Homography{
		cos, sin, c - cos*c - sin*(c+shift),
		-sin, cos, c + sin*c - cos*(c+shift),
		0, 0, 1,
	}
	return m.After(rotate)
}

// drawPerspective moves each corner inwards by up to half of the scale and maps the picture's corners there.
func (a augmentation) drawPerspective(r *ops.Draws) ops.Homography {
	if r.Uniform() >= a.PerspectiveP {
		return ops.Identity
	}
	last := float64(a.side - 1)
	reach := a.PerspectiveScale * float64(a.side) / 2
	var to [4][2]float64
	corners := [4][2]float64{{0, 0}, {last, 0}, {last, last}, {0, last}}
	for i, c := range corners {
		for axis := range 2 {
			inwards := r.Uniform() * reach
			if c[axis] > 0 {
				inwards = -inwards
			}
			to[i][axis] = c[axis] + inwards
		}
	}
	return quadToQuad(to, corners)
}

// drawSharpness draws the factor of one cutout; 1 leaves it as it is. The notebooks flip before they sharpen, which comes to the same.
func (a augmentation) drawSharpness(r *ops.Draws) float64 {
	if r.Uniform() >= a.SharpnessP {
		return 1
	}
	return a.Sharpness * r.Uniform()
}

// drawJitterOrder draws one of the 24 orders of a jitter's steps. Like kornia's, a jitter has all four, even where the notebooks ask for
// neither brightness nor contrast: these two bound colours to [0, 1].
func (a augmentation) drawJitterOrder(r *ops.Draws) [4]ops.JitterStep {
	order := [4]ops.JitterStep{ops.Brightness, ops.Contrast, ops.Saturation, ops.Hue}
	for i := len(order) - 1; i > 0; i-- {
		j := r.Intn(i + 1)
		order[i], order[j] = order[j], order[i]
	}
	return order
}

// drawJitter draws how one cutout's colours change.
func (a augmentation) drawJitter(r *ops.Draws, order [4]ops.JitterStep) ops.Jitter {
	if r.Uniform() >= a.JitterP {
		return ops.Jitter{}
	}
	saturation := 1 + (2*r.Uniform()-1)*a.JitterSaturation
	hue := (2*r.Uniform() - 1) * a.JitterHue
	j := ops.Jitter{Steps: order}
	for i, step := range order {
		switch step {
		case ops.Contrast:
			j.Amounts[i] = 1
		case ops.Saturation:
			j.Amounts[i] = saturation
		case ops.Hue:
			j.Amounts[i] = hue
		}
	}
	return j
}

// drawErased draws the rectangle that is erased, which may be none: its area, then its ratio of height to width, half the time up to 1 and
// half the time above, then its place.
func (a augmentation) drawErased(r *ops.Draws) ops.Box {
	if r.Uniform() >= a.EraseP {
		return ops.Box{}
	}
	between := func(low, high float64) float64 { return low + r.Uniform()*(high-low) }
	area := between(a.EraseArea[0], a.EraseArea[1]) * float64(a.side*a.side)
	var ratio float64
	if r.Uniform() < 0.5 {
		ratio = between(a.EraseRatio[0], 1)
	} else {
		ratio = between(1, a.EraseRatio[1])
	}
	pixels := func(side float64) int { return min(max(int(math.RoundToEven(side)), 1), a.side) }
	box := ops.Box{W: pixels(math.Sqrt(area / ratio)), H: pixels(math.Sqrt(area * ratio))}
	box.X, box.Y = r.Intn(a.side-box.W+1), r.Intn(a.side-box.H+1)
	return box
}

// quadToQuad is the homography that takes each corner of from to the like corner of to: the solution of the eight linear
// equations that u·(gx+hy+1) = ax+by+c and v·(gx+hy+1) = dx+ey+f give.
func quadToQuad(from, to [4][2]float64) ops.Homography {
	var m [8][9]float64
	for i := range 4 {
		x, y, u, v := from[i][0], from[i][1], to[i][0], to[i][1]
		m[2*i] = [9]float64{x, y, 1, 0, 0, 0, -u * x, -u * y, u}
		m[2*i+1] = [9]float64{0, 0, 0, x, y, 1, -v * x, -v * y, v}
	}
	for col := range 8 {
		pivot := col
		for row := col; row < 8; row++ {
			if math.Abs(m[row][col]) > math.Abs(m[pivot][col]) {
				pivot = row
			}
		}
		m[col], m[pivot] = m[pivot], m[col]
		for row := range 8 {
			if row == col {
				continue
			}
			f := m[row][col] / m[col][col]
			for k := col; k < 9; k++ {
				m[row][k] -= f * m[col][k]
			}
		}
	}
	h := ops.Homography{8: 1}
	for i := range 8 {
		h[i] = m[i][8] / m[i][i]
	}
	return h
}
