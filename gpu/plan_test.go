package gpu

import (
	"slices"
	"testing"
)

func TestCuts(t *testing.T) {
	plan := func(work ...float64) *Plan {
		p := &Plan{}
		for _, w := range work {
			p.dispatches = append(p.dispatches, dispatch{work: w})
		}
		return p
	}
	for _, c := range []struct {
		name   string
		plan   *Plan
		slices int
		want   []int
	}{
		{"nothing", plan(), 1, nil},
		{"one slice", plan(1, 1, 1), 1, []int{3}},
		{"like parts", plan(1, 1, 1, 1), 2, []int{2, 4}},
		{"a heavy dispatch has a slice of its own", plan(1, 8, 1), 2, []int{1, 3}},
		{"no empty slices", plan(9, 1), 3, []int{2}},
	} {
		if got := c.plan.cuts(c.slices); !slices.Equal(got, c.want) {
			t.Errorf("%s: cut after %v, want %v", c.name, got, c.want)
		}
	}
}

func TestSlicesGoByTheSpeed(t *testing.T) {
	d := &Device{}
	p := &Plan{device: d, dispatches: []dispatch{{work: 1e11}, {work: 1e11}, {work: 1e11}}}
	for _, c := range []struct {
		speed    float64
		software bool
		want     int
	}{{0, false, 3}, {1e14, false, 1}, {3e12, false, 2}, {1, false, 3}, {3e12, true, 1}, {2e11, true, 2}} {
		d.SetSpeed(c.speed)
		d.info.Software = c.software
		if got := p.slices(); got != c.want {
			t.Errorf("at %g FLOP/s, software %t, 3e11 FLOP are cut into %d slices, want %d", c.speed, c.software, got, c.want)
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
