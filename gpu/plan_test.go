package gpu

import (
	"slices"
	"testing"
)

func TestCuts(t *testing.T) {
	plan := func(slices int, work ...float64) *Plan {
		p := &Plan{slices: slices}
		for _, w := range work {
			p.dispatches = append(p.dispatches, dispatch{work: w})
		}
		return p
	}
	for _, c := range []struct {
		name string
		plan *Plan
		want []int
	}{
		{"nothing", plan(1), nil},
		{"one slice", plan(1, 1, 1, 1), []int{3}},
		{"like parts", plan(2, 1, 1, 1, 1), []int{2, 4}},
		{"a heavy dispatch has a slice of its own", plan(2, 1, 8, 1), []int{1, 3}},
		{"no empty slices", plan(3, 9, 1), []int{2}},
	} {
		if got := c.plan.cuts(); !slices.Equal(got, c.want) {
			t.Errorf("%s: cut after %v, want %v", c.name, got, c.want)
		}
	}
}

func TestLinearGridFoldsLongRows(t *testing.T) {
	for _, n := range []int{1, maxAxis, maxAxis + 1, 10 * maxAxis} {
		g := Linear(n)
		if g[0] > maxAxis || g[1] > maxAxis || g[0]*g[1]*g[2] < n {
			t.Errorf("%d workgroups became %v", n, g)
		}
	}
}
