package recipe

import "fmt"

// Windowed says whether the picture is larger than the window that each step works on.
func (r Recipe) Windowed() bool {
	window := Window.In(r)
	return window > 0 && window < max(Width.In(r), Height.In(r))
}

// window says what keeps a picture from being drawn in windows: what needs all of it at once.
func (c *checker) window() error {
	r := c.Recipe.Peak()
	if !r.Windowed() {
		return nil
	}
	for _, one := range []struct {
		option *Option
		set    bool
	}{
		{Tile.Option, Tile.In(r) != "none"},
		{Mirror.Option, Mirror.In(r) != "none"},
		{SymmetryWeight.Option, SymmetryWeight.In(r) > 0},
		{BorderWeight.Option, BorderWeight.In(r) > 0},
		{VignetteWeight.Option, VignetteWeight.In(r) > 0},
		{InitPixel.Option, InitPixel.In(r) > 0},
		{InitEdges.Option, InitEdges.In(r) > 0},
		{Transparent.Option, Transparent.In(r) != ""},
		{ImageLoss.Option, ImageLoss.In(r) != "clip" && len(ImagePrompts.In(r)) > 0},
		{BestOf.Option, BestOf.In(r) > 1},
		{OverlayEvery.Option, OverlayEvery.In(r) > 0},
		{MotionEvery.Option, MotionEvery.In(r) > 0},
		{Optimizer.Option, Optimizer.In(r) == "schedule-free" || Optimizer.In(r) == "adamp"},
	} {
		if one.set {
			return wrong(Window.Option, fmt.Errorf("“%s” needs the whole picture at once, and this one is drawn in windows: leave one of the two out.", one.option.Label))
		}
	}
	return nil
}
