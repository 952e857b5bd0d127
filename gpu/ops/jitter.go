package ops

import (
	"fmt"
	"math"

	"reverie/gpu"
	"reverie/shaders"
)

// JitterStep is one way to change an image's colours by an amount a.
type JitterStep uint32

const (
	Unchanged  JitterStep = iota
	Brightness            // x + a, bounded to [0, 1]
	Contrast              // x·a, bounded to [0, 1]
	Saturation            // s·a, bounded to [0, 1], with a at least 0
	Hue                   // h + a, in turns
)

// Jitter is what happens to an image's colours, step by step; the zero Jitter leaves them alone.
type Jitter struct {
	Steps   [4]JitterStep
	Amounts [4]float64
}

// JitterSize is the number of bytes of one encoded Jitter.
const JitterSize = 32

type jitterLayout struct {
	Steps   [4]uint32
	Amounts [4]float32
}

// EncodeJitters lays jitters out as the kernels read them.
func EncodeJitters(list []Jitter) []byte {
	out := make([]jitterLayout, len(list))
	for i, j := range list {
		for k, step := range j.Steps {
			out[i].Steps[k], out[i].Amounts[k] = uint32(step), float32(j.Amounts[k])
		}
	}
	return encode(out)
}

// colour is red, green and blue.
type colour [3]float64

// RefJitter changes the colours of x [n, pixels, 3], each image by a jitter of its own, as kornia's ColorJitter does.
func RefJitter(x []float64, pixels int, jitters []Jitter) []float64 {
	y := make([]float64, 0, len(x))
	for i := 0; i < len(x); i += 3 {
		c := colour(x[i : i+3])
		j := jitters[i/3/pixels]
		for k, step := range j.Steps {
			c = step.change(c, j.Amounts[k])
		}
		y = append(y, c[:]...)
	}
	return y
}

// RefJitterBackward is dx for RefJitter. A bound passes a gradient within its range and at its ends, as PyTorch's clamp does. Two choices
// are for what plain grounds are made of, white, grey and black, where PyTorch gives all to red. Where channels tie, dx is the derivative on
// one side, such that a step that changes nothing passes dy. And s counts as Δ/v: that kornia divides by 1e-6 more is felt at black only.
func RefJitterBackward(x, dy []float64, pixels int, jitters []Jitter) []float64 {
	dx := make([]float64, 0, len(x))
	for i := 0; i < len(x); i += 3 {
		j := jitters[i/3/pixels]
		before := [4]colour{colour(x[i : i+3])}
		for k := range 3 {
			before[k+1] = j.Steps[k].change(before[k], j.Amounts[k])
		}
		d := colour(dy[i : i+3])
		for k := 3; k >= 0; k-- {
			d = j.Steps[k].gradient(before[k], d, j.Amounts[k])
		}
		dx = append(dx, d[:]...)
	}
	return dx
}

func (s JitterStep) change(x colour, a float64) colour {
	switch s {
	case Brightness, Contrast:
		for c := range x {
			u, _ := s.unbounded(x[c], a)
			x[c] = min(max(u, 0), 1)
		}
	case Saturation:
		h, s, v := hsv(x)
		x = rgb(h, min(max(s*a, 0), 1), v)
	case Hue:
		h, s, v := hsv(x)
		x = rgb(h+6*a, s, v)
	}
	return x
}

// unbounded is brightness or contrast of one channel before its bounds, and its slope.
func (s JitterStep) unbounded(x, a float64) (y, slope float64) {
	if s == Brightness {
		return x + a, 1
	}
	return x * a, a
}

func (s JitterStep) gradient(x, dy colour, a float64) colour {
	switch s {
	case Brightness, Contrast:
		return s.boundedGradient(x, dy, a)
	case Saturation:
		return saturationGradient(x, dy, a)
	case Hue:
		return hueGradient(x, dy, a)
	}
	return dy
}

func (s JitterStep) boundedGradient(x, dy colour, a float64) (dx colour) {
	for c := range x {
		if u, slope := s.unbounded(x[c], a); u >= 0 && u <= 1 {
			dx[c] = dy[c] * slope
		}
	}
	return dx
}

// saturationGradient goes by y = v − q·(v − x): the channels keep their places between the smallest and the largest, v, and q is a, or the
// most that keeps y from falling below 0.
func saturationGradient(x, dy colour, a float64) (dx colour) {
	largest, smallest := largestOf(x), smallestOf(x)
	v, delta := x[largest], x[largest]-x[smallest]
	switch {
	case v < 0: // the saturation is below 0 and its bound takes all colour away
		dx[largest] = dy[0] + dy[1] + dy[2]
	case a*delta > v+hsvEpsilon: // y = v·(x − smallest)/Δ
		for c := range x {
			up := (x[c] - x[smallest]) / delta
			dx[c] += dy[c] * v / delta
			dx[largest] += dy[c] * up * (1 - v/delta)
			dx[smallest] -= dy[c] * (1 - up) * v / delta
		}
	default:
		for c := range x {
			dx[c] += dy[c] * a
			dx[largest] += dy[c] * (1 - a)
		}
	}
	return dx
}

// hueGradient goes by y = v − Δ·(1 − tent(u)), u being the hue as seen from the channel. Within the largest channel's third of the circle the
// hue is e, the difference of the two others over Δ; so Δ·∂u = ∂(next − last) − e·∂Δ.
func hueGradient(x, dy colour, a float64) (dx colour) {
	largest, smallest := largestOf(x), smallestOf(x)
	next, last := (largest+1)%3, (largest+2)%3
	e := 0.5
	if delta := x[largest] - x[smallest]; delta != 0 {
		e = (x[next] - x[last]) / delta
	}
	sum, along, dDelta := 0.0, 0.0, 0.0
	for c := range x {
		u := math.Mod(e+6*a+2*float64((largest-c+3)%3)+3, 6)
		u = math.Mod(u+6, 6) - 3 // from −3 to below 3
		sum += dy[c]
		dDelta -= dy[c] * (1 - min(max(2-math.Abs(u), 0), 1))
		switch {
		case -2 <= u && u < -1:
			along += dy[c]
		case 1 <= u && u < 2:
			along -= dy[c]
		}
	}
	dDelta -= along * e
	dx[next] += along
	dx[last] -= along
	dx[largest] += sum + dDelta
	dx[smallest] -= dDelta
	return dx
}

// largestOf is the largest channel, and of two that tie the later one in the circle red, green, blue: the hue lies at the beginning of the
// sixth that it shares with the channel after it. smallestOf is its counterpart.
func largestOf(x colour) int {
	for c := range x {
		if x[c] > x[(c+1)%3] && x[c] >= x[(c+2)%3] {
			return c
		}
	}
	return 0
}

func smallestOf(x colour) int {
	next, last := (largestOf(x)+1)%3, (largestOf(x)+2)%3
	if x[next] < x[last] {
		return next
	}
	return last
}

// hsvEpsilon keeps kornia's saturation, Δ/(v + 1e-6), defined.
const hsvEpsilon = 1e-6

// hsv is a colour's hue in sixths of the circle (red is 0, green 2, blue 4), saturation and value. Colours below 0, which only come before
// a bound and which kornia divides by zero at −1e-6, have the saturation Δ/v.
func hsv(x colour) (h, s, v float64) {
	largest := largestOf(x)
	v = x[largest]
	delta := v - x[smallestOf(x)]
	if delta == 0 {
		return 0, 0, v
	}
	h = 2*float64(largest) + (x[(largest+1)%3]-x[(largest+2)%3])/delta
	if v < 0 {
		return h, delta / v, v
	}
	return h, delta / (v + hsvEpsilon), v
}

// rgb is the colour of a hue, saturation and value.
func rgb(h, s, v float64) colour {
	h = math.Mod(math.Mod(h, 6)+6, 6)
	f := h - math.Floor(h)
	p, q, t := v*(1-s), v*(1-f*s), v*(1-(1-f)*s)
	return [6]colour{{v, t, p}, {q, v, p}, {p, v, t}, {p, q, v}, {t, p, v}, {v, p, q}}[int(h)%6]
}

type jitterParams struct{ Vecs, ImageVecs uint32 }

// Jitter is RefJitter of x [N, H, W, 3]. Jitters holds N encoded jitters, which the host may overwrite before each run.
func (t *Tape) Jitter(x *Tensor, jitters *gpu.Buffer) *Tensor {
	if x.C != 3 {
		panic(fmt.Sprintf("ops: colour jitter of %v", x))
	}
	y := t.like(x)
	p := jitterParams{uint32(x.vecs()), uint32(x.vecs() / x.N)}
	t.Plan.Dispatch("jitter.wgsl", nil, workgroupsOf(x), float64(40*x.Len()), p, x.Buf, jitters, y.Buf)
	t.onBackward(y, func(dy *Tensor) {
		dx, accumulate, _ := t.grad(x)
		t.Plan.Dispatch("jitter.wgsl", with(accumulate, shaders.Defines{"BACKWARD": ""}), workgroupsOf(x), float64(80*x.Len()), p,
			x.Buf, jitters, dy.Buf, dx.Buf)
	}, x)
	return y
}
