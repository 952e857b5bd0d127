package recipe

import (
	"slices"
	"testing"
)

func TestFrames(t *testing.T) {
	for _, c := range []struct {
		every, first int
		want         []int // frames up to step 9
	}{
		{0, 3, nil},
		{1, 0, []int{1, 2, 3, 4, 5, 6, 7, 8, 9}},
		{3, 0, []int{3, 6, 9}},
		{3, 5, []int{5, 8}},
		{4, 1, []int{1, 5, 9}},
	} {
		r := New(MotionEvery.Is(c.every), MotionFirst.Is(c.first))
		var got []int
		for step := range 10 {
			if r.Frame(step) {
				got = append(got, step)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("every %d from %d: %v, want %v", c.every, c.first, got, c.want)
		}
	}
	later := Script{}.With(4, MotionEvery.Is(2))
	if !later.HasFrames() || (Script{}).HasFrames() {
		t.Error("a script that moves its picture later has frames, and one that never does has none")
	}
}

// A number with a sign is bounded on both sides.
func TestSignedNumbers(t *testing.T) {
	for _, c := range []struct{ said, want float64 }{{-12.5, -12.5}, {-400, -360}, {400, 360}} {
		v, notice, err := Angle.Check(c.said)
		if err != nil || v != c.want || (notice == "") != (c.said == c.want) {
			t.Errorf("%g becomes %v, %q, %v", c.said, v, notice, err)
		}
	}
}
