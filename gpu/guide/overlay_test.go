package guide

import (
	"testing"

	"reverie/recipe"
)

func TestLaysAt(t *testing.T) {
	for _, c := range []struct {
		every, offset, until int
		want                 string // after 0 to 9 steps
	}{{0, 0, 0, "          "}, {3, 0, 0, "x  x  x  x"}, {3, 2, 0, "  x  x  x "}, {3, 4, 0, "    x  x  "}, {3, 2, 8, "  x  x    "}, {1, 0, 2, "xx        "}} {
		r := recipe.New(recipe.OverlayEvery.Is(c.every), recipe.OverlayOffset.Is(c.offset), recipe.OverlayUntil.Is(c.until))
		got := ""
		for step := range 10 {
			got += map[bool]string{true: "x", false: " "}[laysAt(r, step)]
		}
		if got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}
