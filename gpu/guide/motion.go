package guide

import (
	"context"
	"errors"
	"math"

	"reverie/gpu"
	"reverie/gpu/ops"
	"reverie/recipe"
)

// moving is how a recipe moves the picture, but for the numbers.
type moving struct {
	ops.Moving
	pixels bool // and not the latent
	keep   bool // what the optimiser remembers
	hold   bool // start weights hold to the frame that was moved
}

// movingOf is that of a recipe; ok is false where its picture stays where it is.
func movingOf(r recipe.Recipe) (how moving, ok bool) {
	how = moving{ops.Moving{Sampling: ops.Bilinear, Infill: ops.MirrorInfill},
		recipe.MotionIn.In(r) == "pixels", recipe.MotionMemory.In(r) == "keep", recipe.MotionHold.In(r) == "frame"}
	switch recipe.MotionSampling.In(r) {
	case "nearest":
		how.Sampling = ops.Nearest
	case "bicubic":
		how.Sampling = ops.Bicubic
	}
	switch recipe.MotionInfill.In(r) {
	case "wrap":
		how.Infill = ops.WrapInfill
	case "edge":
		how.Infill = ops.EdgeInfill
	case "black":
		how.Infill = ops.NoInfill
	}
	return how, recipe.MotionEvery.In(r) > 0
}

// motion moves what is shown between two updates: as the view draws it, or its latent. From there the latent goes on, and its mean begins anew.
type motion struct {
	moving
	tape  *ops.Tape
	maps  *gpu.Buffer // one homography
	held  *gpu.Buffer // which tokens do not move
	h, w  int         // of what is moved
	unit  float64     // pixels along a side of one element of that
	start *ops.Tensor // where the last motion left z, if start weights hold to that
	fresh bool        // the host does not know start
}

// ErrNoMotion says that the device has no room for what moves a picture.
var ErrNoMotion = errors.New("This device has no room left to move the picture: choose a smaller size, or move the latent.")

// equip records and compiles what moves the picture of a recipe, in the step's memory; nil where nothing does. It is closed before the view.
func (s *Session) equip(ctx context.Context, r recipe.Recipe, progress Progress) (*motion, error) {
	how, ok := movingOf(r)
	model, step := s.model, s.step
	if !ok || how.pixels && model.source == nil && model.encoder == nil { // a forecast does without the encoder
		return nil, nil
	}
	if how.pixels {
		if err := model.needEncoder(ctx, "moving its pixels needs: move the latent", progress); err != nil {
			return nil, err
		}
	}
	t, held := s.aside()
	m := &motion{moving: how, tape: t, maps: t.Buffer("motion", ops.HomographySize), held: held}
	m.record(step, s.view, model)
	err := t.Compile(ctx, func(done, total int) { progress(PhaseCompile, int64(done), int64(total)) })
	if err == nil {
		return m, nil
	}
	t.Close()
	if errors.Is(err, gpu.ErrMemory) {
		err = ErrNoMotion
	}
	return nil, err
}

// record appends what the motion does to the step's state, by the view's picture where it moves that.
func (m *motion) record(step *Step, view *View, model *Model) {
	t := m.tape
	x := t.Share(step.Shown)
	if m.pixels {
		x = t.Share(view.Picture)
	}
	m.h, m.w, m.unit = x.H, x.W, float64(step.Picture.W)/float64(x.W)
	x = t.Move(x, m.maps, m.Moving)
	if m.pixels {
		_, x, _ = Encode(t, model.encoder, t.ClampWithGrad(x, 2, -1, -1, 1), t.NewCodebook(model.decoder.Codebook))
	}
	m.recordStart(step, step.goOnFrom(t, x, m.held, m.keep))
}

// recordStart makes what was moved the start that weights of the step hold to, if they are to.
func (m *motion) recordStart(step *Step, z *ops.Tensor) {
	if !m.hold || step.z0 == nil && step.first == nil {
		return
	}
	t := m.tape
	m.start = t.Input(1, z.H, z.W, z.C, false)
	t.Replace(m.start, z, nil)
	if step.z0 != nil {
		t.Replace(t.Share(step.z0), z, nil)
	}
	if step.first != nil {
		zq, _ := t.Quantise(z, t.NewCodebook(step.spec.Decoder.Codebook))
		t.Replace(t.Share(step.first), step.spec.Drawing.draw(t, step.spec.Decoder, zq), nil)
	}
}

// equipAnew makes the session's motion that of another recipe, for the same step. After an error it is the one that it was.
func (s *Session) equipAnew(ctx context.Context, r recipe.Recipe, progress Progress) error {
	how, ok := movingOf(r)
	if s.motion == nil && !ok || s.motion != nil && ok && s.motion.moving == how {
		return nil
	}
	if err := s.learnStart(ctx); err != nil {
		return err
	}
	m, err := s.equip(ctx, r, progress)
	if err != nil {
		return err
	}
	s.unequip()
	s.motion = m
	return nil
}

func (s *Session) unequip() {
	if s.motion != nil {
		s.motion.tape.Close()
	}
	s.motion = nil
}

// learnStart reads where the latent starts from since it was moved, if start weights hold to that.
func (s *Session) learnStart(ctx context.Context) error {
	m := s.motion
	if m == nil || !m.fresh {
		return nil
	}
	z, err := m.tape.Read(ctx, m.start)
	if err == nil {
		s.z0, m.fresh = z, false
	}
	return err
}

// Frame says whether the picture after step updates is a frame of a film: one that is moved before the next.
func (s *Session) Frame(step int) bool { return s.script.At(step).Frame(step) }

// move moves the picture if the next update is to start from a moved one, and says whether it did: the view then has the frame, which is what was
// shown before. Nothing but an update comes after it, so wherever a run is interrupted, its latent is not moved yet.
func (s *Session) move() (moved bool, err error) {
	m := s.motion
	if m == nil || !s.now.Frame(s.begun) {
		return false, nil
	}
	now, d := s.now.Keyed(s.begun), s.model.device
	d.Write(m.maps, 0, m.numbers(now))
	d.Write(m.held, 0, s.places(now).held)
	if !m.keep {
		s.count = ops.Count{}
	}
	s.averaged, m.fresh = 0, m.start != nil
	if err := s.view.Tape.Plan.Run(); err != nil {
		return false, err
	}
	return true, m.tape.Plan.Run()
}

// frame is what the view holds of the picture before it was moved: its codes and its pixels.
func (s *Session) frame(ctx context.Context) (tokens []uint16, pixels []byte, err error) {
	n, d := s.step.Z.Rows(), s.model.device
	codes, err := d.Read(ctx, s.view.Indices, 0, 4*n)
	if err != nil {
		return nil, nil, err
	}
	pixels, err = d.Read(ctx, s.view.pixels, 0, 4*s.view.Picture.Rows())
	return tokensOf(codes, n), pixels, err
}

// numbers are what the motion's kernel reads.
func (m *motion) numbers(r recipe.Recipe) []byte {
	return ops.EncodeHomographies([]ops.Homography{motionMap(r, m.w, m.h, m.unit)})
}

// leastZoom keeps a motion from making a point of the picture, and nearest, a share of the picture's distance, from going through it.
const (
	leastZoom = 1e-3
	nearest   = 0.1
)

// motionMap is where each element of a moved picture of w×h elements shows the one before it, by a recipe. An element is so many pixels wide.
//
// The picture is zoomed and turned about its centre of motion, then seen by a pinhole camera in front of that: it hangs at the distance
// f = h/2 / tan(field of view / 2), where an element looks as large as it is, less its shift towards the camera, swung about its vertical and
// then tilted about its horizontal axis. At last it is shifted.
func motionMap(r recipe.Recipe, w, h int, unit float64) ops.Homography {
	radians := func(o recipe.Of[float64]) (sin, cos float64) { return math.Sincos(o.In(r) * math.Pi / 180) }
	at := func(o recipe.Of[float64], side int) float64 { return o.In(r)/100*float64(side) - 0.5 }
	to := func(x, y float64) ops.Homography { return ops.Homography{1, 0, x, 0, 1, y, 0, 0, 1} }
	zoom := func(o recipe.Of[float64]) float64 { return max(leastZoom, recipe.Zoom.In(r)*o.In(r)) }

	sin, cos := radians(recipe.Angle)
	turned := ops.Homography{cos, sin, 0, -sin, cos, 0, 0, 0, 1}.After(ops.Homography{zoom(recipe.ZoomX), 0, 0, 0, zoom(recipe.ZoomY), 0, 0, 0, 1})
	f := float64(h) / 2 / math.Tan(recipe.FieldOfView.In(r)/2*math.Pi/180)
	distance := max(nearest*f, f-recipe.ShiftZ.In(r)/unit)
	sinX, cosX := radians(recipe.TurnX)
	sinY, cosY := radians(recipe.TurnY)
	seen := ops.Homography{f * cosY, 0, 0, f * sinX * sinY, f * cosX, 0, cosX * sinY, -sinX, distance}

	x, y := at(recipe.MotionCenterX, w), at(recipe.MotionCenterY, h)
	toX, toY := x+recipe.ShiftX.In(r)/unit, y+recipe.ShiftY.In(r)/unit
	back := to(toX, toY).After(seen).After(turned).After(to(-x, -y)).Inverse()
	for i, scale := 0, back[6]*toX+back[7]*toY+back[8]; i < len(back); i++ {
		back[i] /= scale // w' is 1 at the centre, as in maps without perspective
	}
	if recipe.MotionLock.In(r) {
		x, y := drift(back, w, h)
		back = to(-x, -y).After(back)
	}
	return back
}

// drift is how far the elements of a moved picture of w×h have come on the mean, back to where they were: of points all over it.
func drift(back ops.Homography, w, h int) (x, y float64) {
	const side = 16
	for i := range side * side {
		atX, atY := (float64(i%side)+0.5)/side*float64(w)-0.5, (float64(i/side)+0.5)/side*float64(h)-0.5
		fromX, fromY := back.At(atX, atY)
		x, y = x+(fromX-atX)/(side*side), y+(fromY-atY)/(side*side)
	}
	return x, y
}
