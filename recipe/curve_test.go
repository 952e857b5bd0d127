package recipe

import (
	"math"
	"strings"
	"testing"
)

func TestCurves(t *testing.T) {
	const want = "learning_rate 0:(0.1), 60:(0.3); smoothness 10:(1.2)"
	for _, text := range []string{want, " lr 60:(0.3), 0:(.1) ;smoothness 10:1.2;"} {
		if got, err := (Curves{}).Parse(text); err != nil || got != want {
			t.Errorf("%q becomes %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"steps 0:(1)", "cutouts 0:(1)", "tile 0:(1)", "nothing 0:(1)", "lr", "lr 0", "lr a:(1)", "lr 0:(b)", "lr -1:(1)", "lr 0:(0)", "lr 0:(11)", "lr 0:(1), 0:(2)",
		"lr 0:(1); lr 1:(1)", "lr " + strings.Repeat("1:(1),", MaxKeyframes+1)} {
		if got, err := (Curves{}).Parse(text); err == nil {
			t.Errorf("%.40q is read as %q", text, got)
		}
	}
	r := New(Keyframes.Is("smoothness 10:(1), 20:(3), 30:(0)"), LearningRate.Is(0.2))
	for step, want := range map[int]float64{0: 1, 10: 1, 15: 2, 20: 3, 25: 1.5, 30: 0, 99: 0} {
		if got := Smoothness.In(r.Keyed(step)); math.Abs(got-want) > 1e-15 {
			t.Errorf("%g at step %d, want %g", got, step, want)
		}
	}
	if k := r.Keyed(15); LearningRate.In(k) != 0.2 || Smoothness.In(r) != 0 || Smoothness.In(r.Peak()) != 3 {
		t.Errorf("keyframes of one option change another: %+v", k)
	}
}
