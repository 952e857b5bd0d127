package recipe

import (
	"errors"
	"strings"
	"testing"

	"reverie/recipe/prompt"
)

// What needs the whole picture does not go with windows, and with a window that holds it all everything does.
func TestWindowBesideOthers(t *testing.T) {
	base := New(Prompt.Is("a red apple"), Width.Is(96), Height.Is(64), Window.Is(64))
	for _, set := range [][]Setting{
		{Tile.Is("x")}, {Mirror.Is("both")}, {SymmetryWeight.Is(1)}, {BorderWeight.Is(1)}, {VignetteWeight.Is(1)}, {InitPixel.Is(1)}, {InitEdges.Is(1)}, {Transparent.Is("ffffff")}, {BestOf.Is(2)}, {OverlayEvery.Is(1)},
		{MotionEvery.Is(1)}, {Optimizer.Is("schedule-free")}, {Optimizer.Is("adamp")}, {Keyframes.Is("symmetry_weight 0:(0), 9:(1)")},
		{ImageLoss.Is("both"), ImagePrompts.Is([]prompt.Image{{Name: "a.png", Weight: 1}})},
	} {
		_, _, err := base.With(set...).Check(8)
		var w *Wrong
		if !errors.As(err, &w) || w.Option != Window.Option || !strings.HasSuffix(err.Error(), "leave one of the two out.") {
			t.Errorf("%v: %v", set, err)
		}
		if _, _, err := base.With(set...).With(Window.Is(96)).Check(8); err != nil {
			t.Errorf("%v with a window of the whole: %v", set, err)
		}
	}
	for _, set := range [][]Setting{{Smoothness.Is(1)}, {Saturation.Is(1)}, {Averaging.Is(0.5)}, {Coarse.Is("20")}, {ImageLoss.Is("both")}, {InitWeight.Is(1)}} {
		if _, _, err := base.With(set...).Check(8); err != nil {
			t.Errorf("%v: %v", set, err)
		}
	}
}
