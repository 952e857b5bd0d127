package guide

import (
	"math"
	"testing"
	"time"
)

// What a browser adds to every readback is not taken for work: not a constant, and not the wait for the next tick of a timer.
func TestSpeedIsThatOfTheWork(t *testing.T) {
	const second = float64(time.Second)
	flops := func(side int) float64 { return 2 * 9 * 128 * 128 * float64(side*side) }
	for _, c := range []struct {
		name  string
		speed float64
		empty time.Duration
		tick  time.Duration // readbacks come back at multiples of it
		tol   float64       // of the speed
	}{
		{"a processor", 1e10, 2 * time.Millisecond, 0, 0.001},
		{"a slow processor", 1e8, 2 * time.Millisecond, 0, 0.001},
		{"a slow graphics chip", 2e11, time.Millisecond, 0, 0.001},
		{"a processor that is asked every 100 ms", 6.4e9, 100 * time.Millisecond, 100 * time.Millisecond, 0.4},
		{"a chip with a long way back", 2e11, 80 * time.Millisecond, 0, 0.001},
		{"a graphics card, faster than can be told", 2e13, time.Millisecond, 0, 0.001},
	} {
		got, err := speedOf(c.empty, func(side int) (float64, time.Duration, error) {
			took := time.Duration(flops(side) / c.speed * second)
			if c.tick > 0 {
				took = (took + c.tick - 1) / c.tick * c.tick
			} else {
				took += c.empty
			}
			return flops(side), took, nil
		})
		if err != nil || math.Abs(got/c.speed-1) > c.tol {
			t.Errorf("%s of %.3g FLOP/s: measured %.3g, %v", c.name, c.speed, got, err)
		}
	}
}

// A time that is shorter than an empty readback's is no reason for an endless speed.
func TestSpeedOfNothingTellable(t *testing.T) {
	got, err := speedOf(100*time.Millisecond, func(int) (float64, time.Duration, error) { return 1e9, 50 * time.Millisecond, nil })
	if want := 1e9 / 0.005; err != nil || math.Abs(got/want-1) > 1e-9 {
		t.Errorf("%g FLOP/s, %v; want %g", got, err, want)
	}
}
