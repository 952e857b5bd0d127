package ops

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"reverie/gpu"
)

// lossCase is one op that computes losses of x: native tests hold its gradient against finite differences of its losses' sum, the
// kernel tests its kernels against both.
type lossCase struct {
	name  string
	shape [4]int
	// values makes an element of x; nil means standard normal ones.
	values func(i int, r *rand.Rand) float64
	losses func(x []float64) []float64
	back   func(x []float64) []float64
	record func(t *Tape, x *Tensor, losses *gpu.Buffer, first int) // losses go to that place on
	gated  bool                                                    // a stop or a kink makes the gradient another than the losses' derivative
}

func (c lossCase) x() []float64 {
	x := normals(c.name, c.shape[0]*c.shape[1]*c.shape[2]*c.shape[3])
	if c.values != nil {
		r := opCase{name: c.name}.rand()
		for i := range x {
			x[i] = c.values(i, r)
		}
	}
	return x
}

// lossCases is every loss's table.
func lossCases() []lossCase {
	return slices.Concat(promptLossCases(), initLossCases(), totalVariationCases(), pictureAndLatentCases())
}

var noStop = math.Inf(-1)

func promptLossCases() []lossCase {
	var cases []lossCase
	for _, s := range []struct {
		cuts, c int
		prompts []Prompt
		shares  []float64
	}{
		{1, 1, []Prompt{{0, 1, 1, noStop}}, nil},
		{5, 16, []Prompt{{0, 3, 1, noStop}}, nil},
		{3, 7, []Prompt{{0, 1, 2.5, noStop}, {1, 3, -0.5, noStop}, {4, 1, 0, noStop}}, nil},
		{3, 7, []Prompt{{0, 1, 2.5, noStop}, {1, 3, -0.5, noStop}}, []float64{1, 0.25, 0, 0, 0.5, 0.75}},
		{7, 333, []Prompt{{2, 3, 1, 1.25}, {0, 2, -1, -1.2}}, []float64{0.5, 1, 0, 0.125, 1, 0.75, 0.25, 0, 1, 0.5, 0.25, 1, 0, 0.5}},
		{7, 333, []Prompt{{2, 3, 1, 1.25}, {0, 2, -1, -1.2}, {1, 1, 1, 100}}, nil}, // stops among and above the distances
		{65, 64, []Prompt{{0, 65, 0.3, noStop}}, nil},
	} {
		rows := 0
		for _, p := range s.prompts {
			rows = max(rows, p.First+p.Count)
		}
		name := fmt.Sprintf("prompt loss %+v", s)
		targets := normals(name+" targets", rows*s.c)
		if s.c == 1 {
			targets[0] = normals(name, 1)[0] // of one channel there are only equal and opposite vectors
		}
		cases = append(cases, lossCase{
			name: name, shape: [4]int{s.cuts, 1, 1, s.c},
			losses: func(e []float64) []float64 { return RefPromptLoss(e, targets, s.c, s.prompts, s.shares) },
			back:   func(e []float64) []float64 { return RefPromptLossBackward(e, targets, s.c, s.prompts, s.shares) },
			gated:  slices.ContainsFunc(s.prompts, func(p Prompt) bool { return p.Stop != noStop }),
			record: func(t *Tape, e *Tensor, losses *gpu.Buffer, first int) {
				to := t.Input(1, 1, rows, s.c, false)
				t.Write(to, float32s(targets))
				t.PromptLoss(e, to, s.prompts, sharesOf(t, s.shares, s.cuts), losses, first)
			},
		})
	}
	return cases
}

// sharesOf are shares on the device.
func sharesOf(t *Tape, shares []float64, cuts int) *gpu.Buffer {
	if shares == nil {
		return nil
	}
	b := t.Buffer("shares", SharesSize(len(shares)/cuts, cuts))
	t.device.Write(b, 0, EncodeShares(shares, cuts))
	return b
}

func TestPromptLossCountsShares(t *testing.T) {
	e, targets := []float64{3, 0, 0, 2}, []float64{0, 2, 5, 0} // each embedding is at a right angle to one target and like the other
	quarter := math.Pi * math.Pi / 8
	prompts := []Prompt{{0, 1, 1, noStop}, {1, 1, 2, noStop}}
	if got := RefPromptLoss(e, targets, 2, prompts, []float64{0.5, 1, 1, 0.25}); math.Abs(got[0]-0.5*quarter/2) > 1e-15 || math.Abs(got[1]-2*0.25*quarter/2) > 1e-15 {
		t.Errorf("losses %v of a right angle each, of which half and a quarter count", got)
	}
	if g := RefPromptLossBackward(e, targets, 2, prompts, []float64{0, 0, 0, 0.25}); g[0] != 0 || g[1] != 0 || g[2] == 0 {
		t.Errorf("the gradient %v is another than that of the second embedding alone", g)
	}
}

func TestLossGradients(t *testing.T) {
	for _, c := range lossCases() {
		if c.gated {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			x := c.x()
			v := normals(c.name+" direction", len(x))
			const eps = 1e-5
			sum := func(sign float64) float64 {
				moved := make([]float64, len(x))
				for i := range x {
					moved[i] = x[i] + sign*eps*v[i]
				}
				total := 0.0
				for _, l := range c.losses(moved) {
					total += l
				}
				return total
			}
			got, want := dot(c.back(x), v), (sum(1)-sum(-1))/(2*eps)
			if math.Abs(got-want) > 1e-6*(math.Abs(want)+norm(c.back(x))*norm(v))+1e-12 {
				t.Errorf("gradient along a direction is %.9g, finite difference %.9g", got, want)
			}
		})
	}
}

func TestPromptLossValues(t *testing.T) {
	e := []float64{3, 0} // at a right angle to the first target, the same direction as the second
	targets := []float64{0, 2, 5, 0}
	quarter := math.Pi * math.Pi / 8
	for _, c := range []struct {
		name   string
		prompt Prompt
		want   float64
	}{
		{"a right angle", Prompt{0, 1, 1, noStop}, quarter},
		{"the same direction", Prompt{1, 1, 1, noStop}, 0},
		{"the mean of both", Prompt{0, 2, 1, noStop}, quarter / 2},
		{"the weight scales", Prompt{0, 1, 2.5, noStop}, 2.5 * quarter},
		{"a negative weight turns the sign", Prompt{0, 1, -0.5, noStop}, -0.5 * quarter},
		{"a stop does not change the value", Prompt{0, 1, 1, 9}, quarter},
	} {
		if got := RefPromptLoss(e, targets, 2, []Prompt{c.prompt}, nil)[0]; math.Abs(got-c.want) > 1e-15 {
			t.Errorf("%s: loss %g, want %g", c.name, got, c.want)
		}
	}
}

func TestPromptStopGatesTheGradient(t *testing.T) {
	e, targets := []float64{3, 0}, []float64{0, 2} // distance π²/8 = 1.2337
	for _, c := range []struct {
		name         string
		weight, stop float64
		pulls        bool
	}{
		{"above the stop", 1, 1.23, true},
		{"below the stop", 1, 1.24, false},
		{"negative, above the stop", -1, -1.24, true},
		{"negative, below the stop", -1, -1.23, false},
		{"without weight", 0, noStop, false},
	} {
		g := RefPromptLossBackward(e, targets, 2, []Prompt{{0, 1, c.weight, c.stop}}, nil)
		if pulls := g[1] != 0; pulls != c.pulls {
			t.Errorf("%s: gradient %v", c.name, g)
		}
	}
}
