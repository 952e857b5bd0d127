package ops

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func jitterCases() []opCase {
	order := func(steps ...JitterStep) (j Jitter) {
		copy(j.Steps[:], steps)
		return j
	}
	by := func(j Jitter, amounts ...float64) Jitter {
		copy(j.Amounts[:], amounts)
		return j
	}
	var cases []opCase
	for _, s := range []struct {
		name    string
		h, w    int
		jitters []Jitter
	}{
		{"nothing", 3, 5, []Jitter{{}}},
		{"brightness", 7, 33, []Jitter{by(order(Brightness), 0.3), by(order(Brightness), -0.3), {}}},
		{"contrast", 7, 33, []Jitter{by(order(Contrast), 0.7), by(order(Contrast), 1.4)}},
		{"saturation", 33, 31, []Jitter{by(order(Saturation), 1.6), by(order(Saturation), 0.6), by(order(Unchanged, Saturation), 0, 0)}},
		{"hue", 33, 31, []Jitter{by(order(Hue), 0.1), by(order(Hue), -0.37), by(order(Hue), 1.25), by(order(Hue), 0.01)}},
		{"as in upd", 17, 23, []Jitter{by(order(Hue, Brightness, Saturation, Contrast), -0.007, 0, 0.994, 1),
			by(order(Saturation, Contrast, Hue, Brightness), 1.009, 1, 0.006, 0)}},
		{"all at once", 19, 16, []Jitter{by(order(Brightness, Contrast, Saturation, Hue), 0.1, 0.95, 1.08, 0.07),
			by(order(Hue, Saturation, Contrast, Brightness), -0.09, 0.93, 1.09, -0.06), {},
			by(order(Saturation, Brightness, Hue, Contrast), 1.1, -0.1, 0.1, 0.9)}},
	} {
		n, pixels := len(s.jitters), s.h*s.w
		cases = append(cases, opCase{
			name: "jitter " + s.name, shapes: [][4]int{{n, s.h, s.w, 3}},
			values: coloursOffKinks(pixels, s.jitters),
			// A hue is known to 2^-24 of a channel over Δ, which is at least twice kinkMargin.
			gradTol: 2e-5,
			ref:     func(in [][]float64) []float64 { return RefJitter(in[0], pixels, s.jitters) },
			back: func(in [][]float64, dy []float64) [][]float64 {
				return [][]float64{RefJitterBackward(in[0], dy, pixels, s.jitters)}
			},
			record: func(t *Tape, in []*Tensor) *Tensor { return t.Jitter(in[0], testBytes(t, EncodeJitters(s.jitters))) },
		})
	}
	// Colours whose channels tie, and black or below, where the gradient is chosen.
	same := []Jitter{by(order(Hue, Brightness, Saturation, Contrast), 0, 0, 1, 1), by(order(Saturation), 1.25), by(order(Hue), 0.125)}
	cases = append(cases, opCase{
		name: "jitter ties", shapes: [][4]int{{len(same), 7, 9, 3}},
		values: func(_ int, r *rand.Rand) float64 { return float64(r.IntN(4)-1) / 2 },
		ref:    func(in [][]float64) []float64 { return RefJitter(in[0], 63, same) },
		back: func(in [][]float64, dy []float64) [][]float64 {
			return [][]float64{RefJitterBackward(in[0], dy, 63, same)}
		},
		record:          func(t *Tape, in []*Tensor) *Tensor { return t.Jitter(in[0], testBytes(t, EncodeJitters(same))) },
		skipDifferences: true,
	})
	return cases
}

// kinkMargin is how far the colours of tests stay from where the gradient has steps.
const kinkMargin = 0.02

// coloursOffKinks draws colours in [−0.25, 1.25] by rejection, channel by channel.
func coloursOffKinks(pixels int, jitters []Jitter) func(int, *rand.Rand) float64 {
	at := 0
	var c colour
	return func(_ int, r *rand.Rand) float64 {
		image := at / (3 * pixels)
		if at%3 == 0 {
			for c = drawColour(r); kinkDistance(c, jitters[image]) < kinkMargin; {
				c = drawColour(r)
			}
		}
		v := c[at%3]
		at = (at + 1) % (3 * pixels * len(jitters))
		return v
	}
}

func drawColour(r *rand.Rand) (c colour) {
	for i := range c {
		c[i] = 1.5*r.Float64() - 0.25
	}
	return c
}

// kinkDistance is how near a colour comes, on its way through a jitter, to where the gradient has steps. Dark colours count as near, because
// the gradient leaves out hsvEpsilon.
func kinkDistance(c colour, j Jitter) float64 {
	nearest := math.Inf(1)
	near := func(places ...float64) {
		for _, p := range places {
			nearest = min(nearest, math.Abs(p))
		}
	}
	for k, step := range j.Steps {
		a := j.Amounts[k]
		switch step {
		case Brightness, Contrast:
			for _, x := range c {
				u, _ := step.unbounded(x, a)
				near(u, u-1)
			}
		case Saturation, Hue:
			near(c[0]-c[1], c[1]-c[2], c[2]-c[0])
			h, s, v := hsv(c)
			near(v / 15)
			if step == Saturation {
				near(s*a-1, v)
			} else {
				near(h + 6*a - math.Round(h+6*a))
			}
		}
		c = step.change(c, a)
	}
	return nearest
}

func TestHSV(t *testing.T) {
	for _, c := range []struct {
		colour  colour
		h, s, v float64
	}{
		{colour{1, 0, 0}, 0, 1, 1}, {colour{1, 1, 0}, 1, 1, 1}, {colour{0, 1, 0}, 2, 1, 1}, {colour{0, 0.5, 0.5}, 3, 1, 0.5},
		{colour{0, 0, 0.25}, 4, 1, 0.25}, {colour{1, 0.25, 1}, -1, 0.75, 1}, {colour{0.75, 0.25, 0.375}, -0.25, 2.0 / 3, 0.75},
		{colour{0.5, 0.5, 0.5}, 0, 0, 0.5}, {colour{}, 0, 0, 0}, {colour{1, 0.75, 0.5}, 0.5, 0.5, 1}, {colour{1, 0, -1}, 0.5, 2, 1},
		{colour{-0.5, -1, -0.75}, -0.5, -1, -0.5},
	} {
		h, s, v := hsv(c.colour)
		if h != c.h || math.Abs(s-c.s) > 1e-5 || v != c.v {
			t.Errorf("%v has hue %g, saturation %g and value %g; want %g, %g, %g", c.colour, h, s, v, c.h, c.s, c.v)
		}
		for i, x := range rgb(h, s, v) {
			if math.Abs(x-c.colour[i]) > 2e-6 {
				t.Errorf("%v comes back as %v", c.colour, rgb(h, s, v))
			}
		}
	}
}

func TestJitterSteps(t *testing.T) {
	for _, c := range []struct {
		step    JitterStep
		a       float64
		x, want colour
	}{
		{Unchanged, 7, colour{2, -1, 0}, colour{2, -1, 0}},
		{Brightness, 0.5, colour{-1, 0.25, 0.75}, colour{0, 0.75, 1}},
		{Brightness, 0, colour{-0.25, 0.5, 1.25}, colour{0, 0.5, 1}},
		{Contrast, 1.5, colour{-1, 0.5, 0.75}, colour{0, 0.75, 1}},
		{Saturation, 0, colour{1, 0.5, 0}, colour{1, 1, 1}},
		{Saturation, 0.5, colour{1, 0.5, 0}, colour{1, 0.75, 0.5}},
		{Saturation, 1.5, colour{0.75, 0.75, 0.5}, colour{0.75, 0.75, 0.375}},
		{Saturation, 8, colour{0.5, 0.375, 0.25}, colour{0.5, 0.25, 0}},
		{Hue, 1.0 / 3, colour{1, 0.5, 0}, colour{0, 1, 0.5}},
		{Hue, -1.0 / 3, colour{1, 0.5, 0}, colour{0.5, 0, 1}},
		{Hue, 1.0 / 12, colour{1, 0.25, 0}, colour{1, 0.75, 0}},
		{Hue, 1.0 / 6, colour{1, 0.5, 0}, colour{0.5, 1, 0}},
		{Hue, 7.0 / 6, colour{0.5, 0.5, 0.5}, colour{0.5, 0.5, 0.5}},
	} {
		got := c.step.change(c.x, c.a)
		for i := range got {
			if math.Abs(got[i]-c.want[i]) > 5e-6 {
				t.Errorf("step %d by %g makes %v of %v, want %v", c.step, c.a, got, c.x, c.want)
				break
			}
		}
	}
}

// A jitter that changes nothing passes the gradient as it is, of plain white, grey and black too.
func TestJitterThatChangesNothing(t *testing.T) {
	dy := []float64{0.5, -2, 1}
	for _, steps := range [][4]JitterStep{{Brightness, Contrast, Saturation, Hue}, {Hue, Saturation, Contrast, Brightness}} {
		j := Jitter{Steps: steps}
		for k, s := range steps {
			j.Amounts[k] = map[JitterStep]float64{Brightness: 0, Contrast: 1, Saturation: 1, Hue: 0}[s]
		}
		for i := range 27 {
			x := []float64{float64(i%3) / 2, float64(i/3%3) / 2, float64(i/9) / 2}
			if y := RefJitter(x, 1, []Jitter{j}); !slices.EqualFunc(y, x, func(a, b float64) bool { return math.Abs(a-b) < 5e-6 }) {
				t.Errorf("%v becomes %v", x, y)
			}
			if dx := RefJitterBackward(x, dy, 1, []Jitter{j}); !slices.EqualFunc(dx, dy, func(a, b float64) bool { return math.Abs(a-b) < 1e-12 }) {
				t.Errorf("the gradient %v at %v becomes %v", dy, x, dx)
			}
		}
	}
	if got := fmt.Sprint(RefJitter([]float64{2, -1, 0}, 1, []Jitter{{}})); got != "[2 -1 0]" {
		t.Errorf("the zero Jitter makes %s", got)
	}
}
