//go:build !js

package guide

import (
	"bytes"
	"math"
	"testing"

	"reverie/gpu/ops"
	"reverie/recipe"
	"reverie/recipe/preset"
)

func TestRates(t *testing.T) {
	for _, c := range []struct {
		schedule string
		step     int
		drops    int
		want     float64
	}{
		{"constant", 99, 3, 0.2}, {"cosine", 0, 0, 0.2}, {"cosine", 50, 0, 0.1}, {"cosine", 100, 0, 0}, {"cosine", 500, 0, 0},
		{"drop", 59, 0, 0.2}, {"drop", 60, 0, 0.02}, {"drop", 80, 0, 0.002}, {"plateau", 99, 0, 0.2}, {"plateau", 0, 2, 0.05},
	} {
		s := &Session{now: recipe.New(recipe.Steps.Is(100), recipe.LearningRate.Is(0.2), recipe.RateSchedule.Is(c.schedule), recipe.RateDrop.Is("60 80")), plateau: Plateau{Drops: c.drops}}
		if got := s.rate(s.now, c.step); math.Abs(got-c.want) > 1e-16 {
			t.Errorf("%s at step %d after %d drops: %g, want %g", c.schedule, c.step, c.drops, got, c.want)
		}
	}
}

// Losses count one update late, whether they come in time or late, and the rate drops after so many that are no better.
func TestPlateau(t *testing.T) {
	losses := []float64{3, 2, 2.5, 2, 1.9999, 1, 1, 1, 1, 1, 1, 1}
	drops := []int{0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2} // before update i: the losses 2.5, 2 and 1.9999 are no better than 2 by a ten-thousandth
	for late := range 2 {
		var p Plateau
		for step := range losses {
			if late == 0 && step > 0 || late == 1 && step > 1 {
				p.hear(losses[step-1-late])
			}
			p.look(step, 2)
			if p.Drops != drops[step] {
				t.Errorf("losses late by %d: %d drops before update %d, want %d: %+v", late, p.Drops, step, drops[step], p)
			}
		}
	}
}

func TestAutoStop(t *testing.T) {
	for _, on := range []bool{false, true} {
		s := &Session{now: recipe.New(recipe.Steps.Is(100), recipe.AutoStop.Is(on)), plateau: Plateau{Drops: stopsAfter}, begun: 10}
		if s.Finished() != on {
			t.Errorf("auto-stop %t: the run is finished: %t", on, s.Finished())
		}
		s.now = s.now.With(recipe.Endless.Is(true))
		if s.Finished() != on {
			t.Errorf("auto-stop %t of an endless run: finished: %t", on, s.Finished())
		}
	}
}

// Keyframes move the numbers from update to update, within one recorded step, also from zero on.
func TestKeyframesRecordNothing(t *testing.T) {
	s := mustPlan(t, recipe.Script{Recipe: small("a red apple", preset.Upd, 7, recipe.Keyframes.Is("smoothness 1:(0), 5:(2); aug_noise 0:(0), 2:(1)"))})
	step := s.step
	for i := range 6 {
		in, err := s.inputs()
		if err != nil {
			t.Fatal(err)
		}
		if want := ops.EncodeVariation(40, 32, []float64{0, 0, 0.5, 1, 1.5, 2}[i]); !bytes.Equal(in.Numbers[StageSmoothness], want) {
			t.Errorf("update %d has a smoothness of %x, want %x", i, in.Numbers[StageSmoothness], want)
		}
		if quiet := bytes.Equal(in.Numbers[preset.Noise], ops.EncodeFloats([]float32{0, 0})); quiet != (i == 0) {
			t.Errorf("update %d is without noise: %t", i, quiet)
		}
		s.begun, s.done = s.begun+1, s.done+1
	}
	if s.step != step {
		t.Error("the step was recorded anew")
	}
}
