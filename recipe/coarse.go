package recipe

import (
	"errors"
	"fmt"
)

// SizeAt is the picture's size in pixels after step updates of a recipe that was checked for a model of that factor: what Coarse still is to double is
// half of that, in tokens and rounded up.
func (r Recipe) SizeAt(step, factor int) (width, height int) {
	w, h := Width.In(r)/factor, Height.In(r)/factor
	for _, at := range NumbersOf(Coarse.In(r)) {
		if float64(step) < at {
			w, h = (w+1)/2, (h+1)/2
		}
	}
	return w * factor, h * factor
}

// coarse says what keeps a picture from being enlarged on its way. What has pixels of the picture's size and is not told again cannot be enlarged with it.
func (c *checker) coarse() error {
	list := NumbersOf(Coarse.In(c.Recipe))
	if len(list) == 0 {
		return nil
	}
	last, steps := list[len(list)-1], Steps.In(c.Recipe)
	var err error
	switch {
	case float64(steps) <= last && !Endless.In(c.Recipe):
		err = fmt.Errorf("The picture is enlarged after %g steps, and the run ends after %d: give it more steps, or enlarge it sooner.", last, steps)
	case MotionEvery.In(c.Recipe) > 0:
		err = errors.New("A picture that is moved cannot go from coarse to fine: choose one of the two.")
	case OverlayEvery.In(c.Recipe) > 0:
		err = errors.New("A start picture cannot be laid over one that goes from coarse to fine: choose one of the two.")
	case ImageLoss.In(c.Recipe) != "clip" && len(ImagePrompts.In(c.Recipe)) > 0:
		err = errors.New("Image prompts cannot pull by their pixels or their style at a picture that goes from coarse to fine: let them pull to what CLIP sees.")
	}
	return wrong(Coarse.Option, err)
}

// later are Coarse's enlargements of a run that begins after step updates of another.
func later(enlargements string, step int) string {
	list := ""
	for _, at := range NumbersOf(enlargements) {
		if at > float64(step) {
			list += Real{}.Format(at-float64(step)) + " "
		}
	}
	return list[:max(0, len(list)-1)]
}
