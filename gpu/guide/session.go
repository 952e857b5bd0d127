package guide

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"reverie/gpu"
	"reverie/gpu/ops"
	"reverie/recipe"
	"reverie/recipe/preset"
	"reverie/weights"
)

// Config is what a session begins with.
type Config struct {
	Script     recipe.Script      // as it runs: suggested and checked
	Init       *Picture           // the start picture; nil starts from random tokens, of the model's start codes if it names some
	Images     map[string]Picture // those of all image prompts of the script, by name
	Perceptors []*Model           // the further CLIPs that the script names, in its order
	State      *State             // takes a run up where it was exported; nil starts one
	Thrift     Thrift             // the zero value chooses what the device needs
	Memory     int64              // bytes that the device may hold; 0 goes by what it tells
	// First, if not nil, gets the start's picture while the image tower is still on its way.
	First func(Picture)
}

// Report is what one update tells.
type Report struct {
	Step         int     // from 1
	Loss         float64 // the sum of Losses
	Losses       []float64
	Perceptors   []float64 // what the prompts' losses are of each CLIP, the model's own first, where there are several
	Tokens       []uint16  // the codes of what was shown before the update, and before it was moved, row by row
	Pixels       []byte    // RGBA of its picture, if it was asked for
	Milliseconds float64   // since the update before was done, or since this one was submitted if none was under way
}

// Session is one run under way: a script, and a state that it has brought forth so far. The same script gives the same bytes on the same
// device, whether what changes is in it from the start or comes by Change, and however often the state is exported and taken up again.
type Session struct {
	model      *Model
	config     Config
	script     recipe.Script
	now        recipe.Recipe // by which the next update is made
	applied    int           // the step up to which the script's changes are in it
	sides      [2]int        // the picture's width and height in pixels, which Coarse enlarges on the way
	perceptors []perceptor   // the model's own CLIP first
	z0         []float32     // where z started
	count      ops.Count     // of the updates that were submitted
	averaged   float64       // the sum of the weights in the mean that is shown, 0 where it is the latent
	plateau    Plateau       // of the losses
	step       *Step
	view       *View
	motion     *motion   // nil where the picture stays where it is
	overlay    *overlay  // nil where nothing is laid over
	canvas     []byte    // RGBA of what was shown last of a picture that is drawn in windows
	over       []byte    // the start picture that is, RGBA in the run's size
	look       *look     // nil until somebody looks back
	placed     *places   // of the last recipe
	pulled     string    // names the targets that the step has
	begun      int       // updates that were submitted
	done       int       // and reported
	clock      time.Time // of the last report
	hasty      bool      // does not look for what would fit when it does not itself
	needs      int64     // bytes of the thriftiest step that was tried
	thrift     Thrift    // of the step that a state comes from
	good       *State    // the last sound one that is known
	astray     bool      // a loss was no number
}

// NewSession prepares a run, or takes one up, and returns notices for the person, one sentence each. Progress hears of the phases.
func NewSession(ctx context.Context, m *Model, c Config, progress Progress) (*Session, []string, error) {
	m.Unlook()
	s := newSession(m, c)
	notices, err := s.open(ctx, progress)
	if err != nil {
		s.Close()
		return nil, nil, err
	}
	return s, notices, nil
}

func newSession(m *Model, c Config) *Session {
	s := &Session{model: m, config: c, script: c.Script, thrift: c.Thrift, perceptors: []perceptor{{model: m, weight: 1}}}
	if c.State != nil {
		s.begun, s.done = c.State.Step, c.State.Step
	}
	s.now, s.applied = s.script.At(s.begun), s.begun
	s.sides = s.sizeOf(c.State)
	for i := range recipe.PerceptorsOf(recipe.Perceptors.In(s.now)) {
		if i < len(c.Perceptors) {
			s.perceptors = append(s.perceptors, perceptor{model: c.Perceptors[i]})
		}
	}
	s.weigh(s.now)
	return s
}

func (s *Session) open(ctx context.Context, progress Progress) ([]string, error) {
	if err := s.checkSize(); err != nil {
		return nil, err
	}
	if err := s.suits(s.config.State); err != nil {
		return nil, err
	}
	notices, err := s.embedTexts(ctx, s.now, progress)
	if err != nil {
		return nil, err
	}
	if err := s.drawGiven(s.now); err != nil {
		return nil, err
	}
	state, err := s.begin(ctx, progress)
	if errors.Is(err, gpu.ErrMemory) {
		return nil, s.tooLarge(ctx, s.now)
	}
	if err != nil {
		return nil, err
	}
	if s.over = state.Overlay; s.config.State == nil {
		s.over = s.overlayPixels()
	}
	if err := s.first(ctx, state.Z); err != nil {
		return nil, err
	}
	if err := s.waitForImages(ctx); err != nil {
		return nil, err
	}
	s.takeImages(state.Images)
	if err := s.embedImages(ctx, s.now); err != nil {
		return nil, err
	}
	if err := s.checkLast(ctx); err != nil {
		return nil, err
	}
	if err := s.record(ctx, s.now, state, progress); err != nil {
		return nil, err
	}
	if s.config.State == nil && recipe.BestOf.In(s.now) > 1 {
		if err := s.best(ctx, progress); err != nil {
			return nil, err
		}
		state.Z, state.Start = s.z0, s.z0
	}
	if err := s.dream(ctx); err != nil {
		return nil, err
	}
	s.good = s.hostState()
	s.good.Optimiser, s.good.Count, s.good.Z, s.good.Memory = state.Optimiser, state.Count, state.Z, state.Memory
	s.good.Mean, s.good.Averaged = state.Mean, state.Averaged
	return notices, Calibrate(ctx, s.model.device)
}

// begin is the state that the session starts from: the one it was given, or a new run's.
func (s *Session) begin(ctx context.Context, progress Progress) (*State, error) {
	if given := s.config.State; given != nil {
		s.z0, s.count, s.plateau = given.Start, given.Count, given.Plateau
		if given.Thrift != (Thrift{}) {
			s.thrift = given.Thrift
		}
		return given, s.model.wait(ctx, weights.PartDecoder)
	}
	z, err := s.start(ctx, progress)
	s.z0 = z
	return &State{Z: z, Start: z}, err
}

func (s *Session) checkSize() error {
	w, h := recipe.Width.In(s.now), recipe.Height.In(s.now) // at last
	if f := s.model.Factor(); w%f != 0 || h%f != 0 || w < f || h < f {
		return fmt.Errorf("guide: a picture of %d×%d pixels where the model makes multiples of %d", w, h, f)
	}
	return nil
}

// Size is the picture's at present, in pixels.
func (s *Session) Size() (width, height int) { return s.sides[0], s.sides[1] }

// tokens is the picture's size in tokens.
func (s *Session) tokens() (h, w int) {
	width, height := s.Size()
	return height / s.model.Factor(), width / s.model.Factor()
}

// presetOf is what a recipe does between picture and CLIP.
func presetOf(r recipe.Recipe) preset.Preset {
	p, ok := preset.Named(recipe.Preset.In(r))
	if !ok {
		panic(fmt.Sprintf("guide: the recipe, which was checked, has the preset %q", recipe.Preset.In(r)))
	}
	if chosen := strings.Fields(recipe.Augmentations.In(r)); len(chosen) > 0 {
		p = p.Chosen(chosen)
	} else if recipe.Augment.In(r) == "moves" {
		p = p.Moving()
	}
	return p
}

// spec is the step that a recipe asks for, with the targets of each perceptor.
func (s *Session) spec(r recipe.Recipe, targets [][]Target) StepSpec {
	m, ever := s.model, r.Peak() // whether there is a loss does not change with keyframes
	h, w := s.tokens()
	optimiser, ok := ops.NamedOptimiser(recipe.Optimizer.In(r))
	if !ok {
		panic(fmt.Sprintf("guide: the recipe, which was checked, has the optimiser %q", recipe.Optimizer.In(r)))
	}
	spec := StepSpec{
		VQGAN: m.manifest.VQGAN, CLIP: m.manifest.CLIP, Decoder: m.decoder, Image: m.image,
		Height: h, Width: w, Cutouts: recipe.Cutouts.In(r), Preset: presetOf(r), Border: borderOf(r), Drawing: m.Drawing(r), Targets: targets[0],
		Smooth: recipe.Smoothness.In(ever) > 0, HalfPrecision: recipe.Precision.In(r) == "half",
		Coherence: recipe.Coherence.In(ever) > 0,
		Pictures:  pictures(r), Styles: styles(r),
		Regions: len(recipe.Regions.In(r)) > 0, Hold: len(recipe.Hold.In(r)) > 0, Average: recipe.Averaging.In(ever) > 0,
		Optimiser: optimiser, Lowest: m.book.lowest, Highest: m.book.highest,
	}
	for i, p := range s.perceptors[1:] {
		spec.Further = append(spec.Further, Perceptor{p.model.manifest.CLIP, p.model.image, targets[i+1]})
	}
	if recipe.InitWeight.In(ever) > 0 {
		spec.InitLoss = recipe.InitLoss.In(r)
	}
	for _, p := range pulls {
		if p.wanted(ever) {
			spec.Pulls = append(spec.Pulls, p.name)
		}
	}
	spec.Hold = spec.Hold || spec.windowed()
	return spec
}

// moment is what the numbers of an update after step updates depend on.
func (s *Session) moment(r recipe.Recipe, step uint32) moment {
	f, at := s.model.Factor(), s.windowAt(r, int(step))
	h, w := s.tokens()
	return moment{recipe: r, preset: presetOf(r), step: step, width: at.columns * f, height: at.rows * f, side: s.model.manifest.CLIP.ImageSize,
		frame: at, h: h, w: w, places: s.places(r)}
}

// Due says that something changes before the next update: Apply must be called once all updates under way are reported.
func (s *Session) Due() bool {
	return s.grows() || slices.ContainsFunc(s.script.Changes, func(c recipe.Change) bool { return s.applied < c.Step && c.Step <= s.begun })
}

// Finished says that all steps are made, unless what is due gives more.
func (s *Session) Finished() bool {
	return s.stopped() || !recipe.Endless.In(s.now) && s.begun >= recipe.Steps.In(s.now)
}

// Submit begins one update; at most MostSubmitted may be under way. With show, its report has the picture that it started from, or, where that was
// moved, the one before; where the script says after how many steps pictures are shown, that decides.
func (s *Session) Submit(show bool) error {
	if s.begun == s.done {
		s.clock = time.Now()
	}
	moved, err := s.between()
	if err != nil {
		return err
	}
	in, err := s.inputs()
	if err != nil {
		return err
	}
	frame := (*View)(nil)
	if moved {
		frame = s.view
	}
	err = s.step.submit(in, s.shows(s.begun, show), frame)
	s.begun++
	return err
}

// shows says whether the update after step updates tells its picture, which somebody may have asked for.
func (s *Session) shows(step int, asked bool) bool {
	if every := recipe.ShowEvery.In(s.now); every > 0 {
		return step%every == 0
	}
	return asked
}

// inputs are what the step gets before the next update, which is counted.
func (s *Session) inputs() (Inputs, error) {
	now := s.now.Keyed(s.begun)
	m := s.moment(now, uint32(s.begun))
	m.prompts = len(s.step.spec.Targets)
	s.plateau.look(s.begun, recipe.Patience.In(s.now))
	count, averaged := s.count, s.averaged
	m.factors = s.step.spec.Optimiser.Next(&s.count, s.rate(now, s.begun), recipe.WeightDecay.In(now))
	m.share = s.share(now)
	if !s.completes(s.begun) {
		s.count, s.averaged = count, averaged
	}
	return s.step.spec.draw(m), s.pull()
}

// share counts the next update's latent into the mean and gives its share of all weights, each of which fades from update to update.
func (s *Session) share(r recipe.Recipe) float64 {
	if !s.step.averages() {
		return 0
	}
	s.averaged = recipe.Averaging.In(r)*s.averaged + 1
	return 1 / s.averaged
}

// pull makes the step's targets those of the next update.
func (s *Session) pull() error {
	name := "" // of a prompt without phases
	if n := len(s.perceptors[0].targets.phases); n > 1 {
		name = fmt.Sprint(s.now.PhaseAt(s.begun, n))
	}
	if s.perceptors[0].targets.start {
		name += fmt.Sprint(startPull(s.now, s.begun))
	}
	if name == s.pulled {
		return nil
	}
	s.pulled = name
	return s.step.SetTargets(s.targetsOf(s.now))
}

// Report waits for the oldest update under way.
func (s *Session) Report(ctx context.Context) (Report, error) {
	out, err := s.step.Collect(ctx)
	if err != nil {
		return Report{}, err
	}
	if out.Pixels, err = s.around(ctx, s.done, out.Pixels); err != nil {
		return Report{}, err
	}
	report := s.report(out)
	s.model.device.SetSpeed(s.step.tape.Plan.Work() / (report.Milliseconds / 1e3))
	return report, nil
}

// report counts an update that is done and tells of it.
func (s *Session) report(out Outputs) Report {
	s.done++
	now := time.Now()
	report := Report{Step: s.done, Losses: out.Losses, Perceptors: out.Perceptors, Tokens: out.Tokens, Pixels: out.Pixels, Milliseconds: float64(now.Sub(s.clock)) / float64(time.Millisecond)}
	s.clock = now
	if !s.model.TellsTokens() {
		report.Tokens = nil
	}
	for _, l := range report.Losses {
		report.Loss += l
	}
	s.plateau.hear(report.Loss)
	s.astray = s.astray || !finite(report.Losses)
	return report
}

// Step is the number of updates that were reported.
func (s *Session) Step() int { return s.done }

// Script is the session's, with all changes that were made.
func (s *Session) Script() recipe.Script { return s.script }

// Picture is the state after the last update that was submitted.
func (s *Session) Picture(ctx context.Context) (Picture, error) { return s.view.Render(ctx) }

// Close gives the run's memory back; the model stays.
func (s *Session) Close() {
	if s.look != nil {
		s.look.Close()
	}
	s.unequip()
	s.closeOverlay()
	if s.view != nil {
		s.view.Close()
	}
	if s.step != nil {
		s.step.Close()
	}
	s.look, s.view, s.step = nil, nil, nil
}

// Usable says whether the run can go on: not after a change that failed and could not be taken back.
func (s *Session) Usable() bool { return s.step != nil && s.view != nil }
