package guide

import (
	"fmt"
	"math"
	"testing"

	"reverie/gpu/ops"
	"reverie/recipe"
	"reverie/recipe/preset"
)

// jitters are those of all cutouts.
func (m moment) jitters() []ops.Jitter {
	order := jitterOrder(m.random(0, drawJitterOrder))
	return eachCutout(m, func(i int) ops.Jitter { return m.jitter(i, order) })
}

func TestJitterDraws(t *testing.T) {
	const n = 4000
	for name, reach := range map[string]float64{preset.Upd: 0.01, preset.Pool: 0.1} {
		for _, strength := range []float64{1, 0.5, 3} {
			reach := reach * strength
			var order [4]ops.JitterStep
			chosen, more, forwards := 0.0, 0.0, 0.0
			for i, j := range momentOf(name, n, 1, 0, recipe.Jitter.Is(strength)).jitters() {
				if j == (ops.Jitter{}) {
					continue
				}
				if chosen == 0 {
					order = j.Steps
				}
				if chosen++; j.Steps != order {
					t.Fatalf("%s: cutout %d has the steps %v where others have %v", name, i, j.Steps, order)
				}
				amounts := map[ops.JitterStep]float64{}
				for k, step := range j.Steps {
					amounts[step] = j.Amounts[k]
				}
				saturation, hue := amounts[ops.Saturation]-1, amounts[ops.Hue]
				if len(amounts) != 4 || amounts[ops.Brightness] != 0 || amounts[ops.Contrast] != 1 || math.Abs(saturation) > reach || math.Abs(hue) > reach {
					t.Fatalf("%s: cutout %d is changed by %v", name, i, j)
				}
				if saturation > 0.5*reach {
					more++
				}
				if hue > 0 {
					forwards++
				}
			}
			near(t, name+": jittered", chosen/n, 0.7, n)
			near(t, name+": much more saturated", more/chosen, 0.25, int(chosen))
			near(t, name+": hue turned forwards", forwards/chosen, 0.5, int(chosen))
		}
	}
}

// Without strength the colours are bounded to [0, 1], and that is all.
func TestJitterWithoutStrength(t *testing.T) {
	for i, j := range momentOf(preset.Pool, 50, 1, 0, recipe.Jitter.Is(0)).jitters() {
		for k, step := range j.Steps {
			still := map[ops.JitterStep]float64{ops.Contrast: 1, ops.Saturation: 1}[step]
			if j.Amounts[k] != still {
				t.Errorf("cutout %d is changed by %v", i, j)
			}
		}
	}
}

func TestJitterOrders(t *testing.T) {
	const n = 4800
	seen := map[[4]ops.JitterStep]float64{}
	for step := range uint32(n) {
		seen[jitterOrder(ops.NewDraws(3, step, 0, drawJitterOrder))]++
	}
	if len(seen) != 24 {
		t.Errorf("%d orders in %d steps, want 24", len(seen), n)
	}
	for order, times := range seen {
		near(t, fmt.Sprint("order ", order), times/n, 1.0/24, n)
	}
}
