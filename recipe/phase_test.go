package recipe

import (
	"fmt"
	"testing"
)

func TestPhaseAt(t *testing.T) {
	for _, test := range []struct {
		name   string
		recipe Recipe
		phases int
		want   string // From>To:Blend of each step
	}{
		{"one phase", New(Steps.Is(3)), 1, "0>0:0 0>0:0 0>0:0"},
		{"the steps divided", New(Steps.Is(5)), 2, "0>0:0 0>0:0 0>0:0 1>1:0 1>1:0 1>1:0"},
		{"held", New(PhaseSteps.Is(1)), 3, "0>0:0 1>1:0 2>2:0 2>2:0"},
		{"in a loop", New(PhaseSteps.Is(1), PhaseOrder.Is("loop")), 2, "0>0:0 1>1:0 0>0:0 1>1:0"},
		{"blended", New(PhaseSteps.Is(3), PhaseBlend.Is(1)), 2, "0>0:0 0>0:0 0>1:0.5 1>1:0 1>1:0 1>1:0"},
		{"blended all the way, in a loop", New(PhaseSteps.Is(2), PhaseBlend.Is(9), PhaseOrder.Is("loop")), 2, "0>1:0.33 0>1:0.67 1>0:0.33 1>0:0.67 0>1:0.33"},
		{"no steps", New(Steps.Is(0)), 2, "0>0:0"},
	} {
		got := ""
		for step := 0; len(got) < len(test.want); step++ {
			p := test.recipe.PhaseAt(step, test.phases)
			if step > 0 {
				got += " "
			}
			got += fmt.Sprintf("%d>%d:%.2g", p.From, p.To, p.Blend)
		}
		if got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}
