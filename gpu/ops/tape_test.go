//go:build !js

package ops

import (
	"slices"
	"testing"

	"reverie/gpu"
)

func TestPartsCoverTheWayBack(t *testing.T) {
	tape := NewTape(gpu.NewPlanner(gpu.Info{MaxBinding: 1 << 20, MaxBuffer: 1 << 20}))
	tape.Part("first")
	x := tape.ClampWithGrad(tape.Input(1, 2, 2, 4, true), 1, 0, 0, 1)
	m := tape.Mark()
	tape.Part("second")
	y := tape.Keep(tape.ClampWithGrad(x, 1, 0, 0, 1))
	tape.Seed(y)
	tape.BackwardTo(m)
	tape.Backward()
	tape.Part("last")
	tape.Keep(tape.ClampWithGrad(tape.Input(1, 2, 2, 4, false), 1, 0, 0, 1))
	var got []string
	for _, s := range tape.Plan.Stretches() {
		got = append(got, s.Part)
	}
	if want := []string{"first", "second", PartGradient("second"), PartGradient("first"), "last"}; !slices.Equal(got, want) {
		t.Errorf("parts %q, want %q", got, want)
	}
}
