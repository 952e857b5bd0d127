package ops

import "testing"

func TestSplit(t *testing.T) {
	for _, c := range []struct {
		rows, tile int
		slices     float64
		want       int
	}{{1, 32, 0.1, 1}, {100, 32, 1, 1}, {100, 32, 1.1, 2}, {100, 32, 50, 4}, {65536, 32, 3.8, 4}, {7, 8, 9, 1}, {1 << 20, 8, 1e9, mostParts}} {
		parts := split(c.rows, c.tile, c.slices)
		if len(parts) != c.want {
			t.Errorf("%d rows of tiles of %d in %g slices: %d parts, want %d", c.rows, c.tile, c.slices, len(parts), c.want)
		}
		next := 0
		for _, p := range parts {
			if p.first != next || p.end <= p.first || p.first%c.tile != 0 {
				t.Errorf("%d rows of tiles of %d in %g slices: %v", c.rows, c.tile, c.slices, parts)
			}
			next = p.end
		}
		if next != c.rows {
			t.Errorf("%d rows of tiles of %d in %g slices: %v", c.rows, c.tile, c.slices, parts)
		}
	}
}
