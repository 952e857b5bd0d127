package guide

import (
	"context"

	"reverie/recipe"
)

// sizes are the picture's size after step updates of a recipe, and that at its end, in pixels.
func (s *Session) sizes(r recipe.Recipe, step int) (now, last [2]int) {
	now[0], now[1] = r.SizeAt(step, s.model.Factor())
	return now, [2]int{recipe.Width.In(r), recipe.Height.In(r)}
}

// sizeOf is the picture's size that a new run starts with, or a state has: one that was saved right before it was to be enlarged is still small, and
// enlarging it is due.
func (s *Session) sizeOf(state *State) [2]int {
	size, _ := s.sizes(s.now, s.begun)
	if state != nil && s.begun > 0 {
		f := s.model.Factor()
		before, _ := s.sizes(s.now, s.begun-1)
		if len(state.Z) == before[0]/f*(before[1]/f)*s.model.manifest.VQGAN.EmbedDim {
			return before
		}
	}
	return size
}

// grows says whether the picture is enlarged before the next update.
func (s *Session) grows() bool {
	size, _ := s.sizes(s.now, s.begun)
	return size != s.sides
}

// resize makes the picture of another size and gives a state in that: the latents lie between those of before. The optimiser begins anew, for a token's
// gradient is another where more of them make the picture.
func (s *Session) resize(state *State, to [2]int) *State {
	h, w := s.tokens()
	c := s.model.manifest.VQGAN.EmbedDim
	s.sides, s.placed = to, nil
	toH, toW := s.tokens()
	larger := *state
	larger.Z, larger.Memory = enlarged(state.Z, h, w, c, toH, toW), nil
	if state.Averaged > 0 {
		larger.Mean = enlarged(state.Mean, h, w, c, toH, toW)
	}
	s.z0 = enlarged(s.z0, h, w, c, toH, toW)
	return &larger
}

// checkLast finds out whether the device has room for the size that the picture is to have at last, before it is drawn in a smaller one.
func (s *Session) checkLast(ctx context.Context) error {
	now := s.sides
	_, last := s.sizes(s.now, s.begun)
	if last == now {
		return nil
	}
	s.sides = last
	for _, thrift := range Thrifts(recipe.Cutouts.In(s.now)) {
		breathe()
		spec := s.spec(s.now, s.targetsOf(s.now))
		spec.Thrift = thrift
		step, err := NewStep(s.model.device, spec)
		if err != nil {
			return err
		}
		fits := s.fits(step)
		s.needs = s.bytes(step)
		step.Close()
		if fits {
			s.sides = now
			return nil
		}
	}
	return s.tooLarge(ctx, s.now)
}
