package guide

import (
	"context"

	"reverie/gpu"
	"reverie/gpu/ops"
	"reverie/recipe"
)

// overlay lays the start picture over what is shown, and encodes both.
type overlay struct {
	tape *ops.Tape
	held *gpu.Buffer // which tokens do not move
}

// laysAt says whether the start picture is laid over what is shown after step updates.
func laysAt(r recipe.Recipe, step int) bool {
	every, offset, until := recipe.OverlayEvery.In(r), recipe.OverlayOffset.In(r), recipe.OverlayUntil.In(r)
	return every > 0 && step >= offset && (step-offset)%every == 0 && (until == 0 || step < until)
}

// overlayPixels is the start picture in the run's size, RGBA, if a run of the recipe lays it over; nil if not.
func (s *Session) overlayPixels() []byte {
	p := s.config.Init
	if p == nil || recipe.OverlayEvery.In(s.now) == 0 {
		return nil
	}
	width, height := s.Size()
	return fittedRGBA(*p, width, height, recipe.InitFit.In(s.now))
}

// fittedRGBA is a picture in another size, as fitted makes it of its colours and of its transparency.
func fittedRGBA(p Picture, width, height int, how string) []byte {
	fit := func(rgb []byte) []byte { return fitted(rgb, p.Width, p.Height, width, height, how) }
	alpha := make([]byte, 0, len(p.Pix)/4*3)
	for i := 3; i < len(p.Pix); i += 4 {
		alpha = append(alpha, p.Pix[i], p.Pix[i], p.Pix[i])
	}
	rgb, alpha := fit(p.rgb()), fit(alpha)
	pix := make([]byte, 0, 4*width*height)
	for i := 0; i < len(rgb); i += 3 {
		pix = append(pix, rgb[i], rgb[i+1], rgb[i+2], alpha[i])
	}
	return pix
}

// newOverlay records and compiles what lays the picture over by a recipe, in the step's memory; nil where nothing does. It is closed before the view.
func (s *Session) newOverlay(ctx context.Context, r recipe.Recipe, progress Progress) (*overlay, error) {
	if s.over == nil {
		return nil, nil
	}
	if err := s.model.needEncoder(ctx, "a start picture needs: start from tokens", progress); err != nil {
		return nil, err
	}
	step := s.step
	t, held := s.aside()
	picture, over := t.Share(s.view.Picture), t.Input(1, step.Picture.H, step.Picture.W, 4, false)
	values := scaled(s.over, 1.0/255, 0)
	for i := 3; i < len(values); i += 4 {
		values[i] *= float32(recipe.OverlayAlpha.In(r))
	}
	t.Write(over, values)
	_, x, _ := Encode(t, s.model.encoder, t.Overlay(picture, over), t.NewCodebook(s.model.decoder.Codebook))
	step.goOnFrom(t, x, held, true)
	err := t.Compile(ctx, func(done, total int) { progress(PhaseCompile, int64(done), int64(total)) })
	if err != nil {
		t.Close()
		return nil, err
	}
	return &overlay{t, held}, nil
}

// lay lays the start picture over what is shown if it is time. Nothing but an update comes after it, so wherever a run is interrupted, that is not done yet.
func (s *Session) lay() error {
	if s.overlay == nil || !laysAt(s.now, s.begun) {
		return nil
	}
	s.model.device.Write(s.overlay.held, 0, s.places(s.now).held)
	if err := s.view.Tape.Plan.Run(); err != nil {
		return err
	}
	return s.overlay.tape.Plan.Run()
}

func (s *Session) closeOverlay() {
	if s.overlay != nil {
		s.overlay.tape.Close()
	}
	s.overlay = nil
}
