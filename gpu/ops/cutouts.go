package ops

import (
	"fmt"
	"math"

	"reverie/gpu"
	"reverie/shaders"
)

// Box is the part of a picture that one cutout shows, in pixels.
type Box struct{ X, Y, W, H int }

// BoxSize is the number of bytes of one encoded Box.
const BoxSize = 16

// EncodeBoxes lays boxes out as the kernels read them.
func EncodeBoxes(boxes []Box) []byte {
	out := make([][4]uint32, len(boxes))
	for i, b := range boxes {
		out[i] = [4]uint32{uint32(b.X), uint32(b.Y), uint32(b.W), uint32(b.H)}
	}
	return encode(out)
}

// LanczosTaps is the low-pass filter before shrinking src samples to dst: Lanczos' window of two lobes at the multiples of dst/src
// below 2, normalised. It has an odd number of taps.
func LanczosTaps(dst, src int) []float64 {
	radius := lanczosRadius(dst, src)
	taps, sum := make([]float64, 2*radius+1), 0.0
	for i := range taps {
		x := float64(i-radius) * float64(dst) / float64(src)
		taps[i] = sinc(x) * sinc(x/2)
		sum += taps[i]
	}
	for i := range taps {
		taps[i] /= sum
	}
	return taps
}

// lanczosRadius is the largest n with n·dst/src < 2.
func lanczosRadius(dst, src int) int { return (2*src+dst-1)/dst - 1 }

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// resampleMatrix is what one axis of a cutout is multiplied with: row i has the weights of the src samples in output i. Where it
// shrinks it first low-passes by LanczosTaps, the crop being reflected at its borders. Then it interpolates by Keys' cubic
// convolution with a = −0.75 and corners aligned, samples being repeated at the borders, as PyTorch's bicubic mode does.
func resampleMatrix(dst, src int) [][]float64 {
	taps := []float64{1}
	if dst < src {
		taps = LanczosTaps(dst, src)
	}
	m := make([][]float64, dst)
	for i := range m {
		m[i] = make([]float64, src)
		at := float64(i) * float64(src-1) / float64(dst-1)
		base := math.Floor(at)
		for j, c := range cubicWeights(at - base) {
			q := min(max(int(base)-1+j, 0), src-1)
			for k, tap := range taps {
				m[i][reflected(q+k-len(taps)/2, src)] += c * tap
			}
		}
	}
	return m
}

// cubicWeights are those of the samples at −1, 0, 1 and 2 for a point at t in [0, 1).
func cubicWeights(t float64) [4]float64 {
	const a = -0.75
	near := func(x float64) float64 { return ((a+2)*x-(a+3))*x*x + 1 }
	far := func(x float64) float64 { return ((a*x-5*a)*x+8*a)*x - 4*a }
	return [4]float64{far(t + 1), near(t), near(1 - t), far(2 - t)}
}

// reflected brings i back into 0 … n−1 without repeating the border.
func reflected(i, n int) int {
	if i < 0 {
		i = -i
	}
	if i >= n {
		i = 2*(n-1) - i
	}
	return i
}

// RefCutouts resamples the boxes of x [h, w, c] to side×side: [boxes, side, side, c].
func RefCutouts(x []float64, w, c int, boxes []Box, side int) []float64 {
	y := make([]float64, len(boxes)*side*side*c)
	eachCutoutWeight(w, boxes, side, func(from, to int, weight float64) {
		for j := range c {
			y[to*c+j] += weight * x[from*c+j]
		}
	})
	return y
}

// RefCutoutsBackward is dx for RefCutouts of a picture of n elements.
func RefCutoutsBackward(dy []float64, n, w, c int, boxes []Box, side int) []float64 {
	dx := make([]float64, n)
	eachCutoutWeight(w, boxes, side, func(from, to int, weight float64) {
		for j := range c {
			dx[from*c+j] += weight * dy[to*c+j]
		}
	})
	return dx
}

// eachCutoutWeight visits every pixel of the picture and of the cutouts that meet.
func eachCutoutWeight(w int, boxes []Box, side int, visit func(from, to int, weight float64)) {
	for n, b := range boxes {
		rows, columns := resampleMatrix(side, b.H), resampleMatrix(side, b.W)
		for oy := range side {
			for y, wy := range rows[oy] {
				if wy == 0 {
					continue
				}
				for ox := range side {
					for x, wx := range columns[ox] {
						if wx != 0 {
							visit((b.Y+y)*w+b.X+x, (n*side+oy)*side+ox, wy*wx)
						}
					}
				}
			}
		}
	}
}

// maxCutoutRows bounds the half-resampled cutouts that exist at a time, in bytes: cutouts are taken in turns.
const maxCutoutRows = 32 << 20

type cutoutTapsParams struct{ Cuts, Side, Largest, Stride uint32 }
type cutoutParams struct{ First, Cuts, H, W, Side, Largest, Stride uint32 }

// Cutouts resamples boxes of the picture x [1, H, W, C], C at most 4, to [cuts, side, side, C] as Crowson's notebooks do: shrinking axes
// are low-passed by Lanczos' window, then all is interpolated bicubically. Values may overshoot those of the picture. Boxes holds
// cuts encoded boxes, whose sides are at most the picture's shorter side; the host may write others before each run. Side is at
// least 3, for the low-pass reflects a crop only once. Coherence is the strength of RefCoherent, or nil for a plain sum of gradients.
func (t *Tape) Cutouts(x *Tensor, boxes *gpu.Buffer, cuts, side int, coherence *gpu.Buffer) *Tensor {
	if x.N != 1 || x.C > 4 || side < 3 {
		panic(fmt.Sprintf("ops: cutouts of side %d from %v", side, x))
	}
	c := cutouts{tape: t, boxes: boxes, cuts: cuts, side: side, largest: min(x.H, x.W)}
	taps := 4
	if side < c.largest {
		taps += 2 * lanczosRadius(side, c.largest)
	}
	c.taps = t.New(cuts, 2, side, taps)
	t.Plan.Dispatch("cutouts_taps.wgsl", nil, gpu.Workgroups(c.taps.Rows(), 64), float64(1000*c.taps.Len()),
		cutoutTapsParams{uint32(cuts), uint32(side), uint32(c.largest), uint32(c.taps.Stride())}, boxes, c.taps.Buf)
	y := t.New(cuts, side, side, x.C)
	c.inTurns(x, func(p cutoutParams, rows *Tensor) {
		c.dispatch("COLUMNS", nil, p, rows.Rows(), c.taps.C, x, rows)
		c.dispatch("ROWS", nil, p, int(p.Cuts)*side*side, c.taps.C, rows, y)
	})
	back := t.handed(x, boxes, cuts, coherence)
	t.onBackward(y, func(dy *Tensor) {
		c.inTurns(x, func(p cutoutParams, rows *Tensor) {
			c.dispatch("ROWS_BACKWARD", nil, p, rows.Rows(), c.taps.C, dy, rows)
			dx, defines := back.into()
			c.dispatch("COLUMNS_BACKWARD", defines, p, dx.Rows(), c.taps.C*int(p.Cuts), rows, dx)
		})
		back.finish()
	}, x)
	return y
}

// cutouts is what the kernels of one Cutouts share. Taps [cuts, 2, side, taps] has the weights of every output column (first) and
// row along its axis, from the window's first sample on.
type cutouts struct {
	tape                *Tape
	boxes               *gpu.Buffer
	cuts, side, largest int
	taps                *Tensor
}

// inTurns calls record for as many cutouts at a time as maxCutoutRows allows. Rows [cuts, side, largest, C] holds them between the
// axes: side rows of as many columns as the box has.
func (c cutouts) inTurns(x *Tensor, record func(p cutoutParams, rows *Tensor)) {
	step := min(c.cuts, max(1, maxCutoutRows/(16*c.side*c.largest)))
	for first := 0; first < c.cuts; first += step {
		n := min(step, c.cuts-first)
		rows := c.tape.New(n, c.side, c.largest, x.C)
		record(cutoutParams{uint32(first), uint32(n), uint32(x.H), uint32(x.W), uint32(c.side), uint32(c.largest), uint32(c.taps.Stride())}, rows)
	}
}

func (c cutouts) dispatch(kind string, defines shaders.Defines, p cutoutParams, n, terms int, from, to *Tensor) {
	c.tape.Plan.Dispatch("cutouts.wgsl", with(defines, shaders.Defines{kind: ""}), gpu.Workgroups(n, 64),
		float64(8*n*terms), p, from.Buf, c.boxes, c.taps.Buf, to.Buf)
}
