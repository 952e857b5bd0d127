package guide

import (
	"context"
	"errors"
	"fmt"
	"time"

	"reverie/gpu"
	"reverie/gpu/clip"
	"reverie/gpu/guide/resample"
	"reverie/gpu/ops"
	"reverie/recipe/preset"
	"reverie/recipe/prompt"
	"reverie/weights"
)

// Picture is an image of 8-bit RGBA pixels, rows from the top.
type Picture struct {
	Width, Height int
	Pix           []byte
}

// rgb drops the alpha: what is transparent counts as it is coloured, as in the notebooks.
func (p Picture) rgb() []byte {
	out := make([]byte, 0, len(p.Pix)/4*3)
	for i := 0; i+3 < len(p.Pix); i += 4 {
		out = append(out, p.Pix[i], p.Pix[i+1], p.Pix[i+2])
	}
	return out
}

// ImagePrompt is a picture that the result should be like.
type ImagePrompt struct {
	Picture      Picture
	Weight, Stop float64
}

// Config is one run.
type Config struct {
	Prompts       []prompt.Prompt
	ImagePrompts  []ImagePrompt
	Width, Height int // pixels, multiples of the model's factor
	Cutouts       int
	CutPow        float64
	Seed          uint64
	LearningRate  float64
	Preset        preset.Preset
	Init          *Picture // nil starts from random tokens, of the model's start codes if it names some
	InitWeight    float64
	InitLoss      string
	Smoothness    float64 // weight of the picture's total variation
	HalfPrecision bool    // see ops.Tape
	Thrift        Thrift  // the zero value chooses what the device needs
	Memory        int64   // bytes that the device may hold; 0 goes by what it tells
	// First, if not nil, gets the start's picture while the image tower is still on its way.
	First func(Picture)
}

// Report is what one update tells.
type Report struct {
	Step         int     // from 1
	Loss         float64 // the sum of Losses
	Losses       []float64
	Pixels       []byte  // RGBA of the picture before the update, if it was asked for
	Milliseconds float64 // since the update before was done, or since this one was submitted if none was under way
}

// Run is one optimisation under way.
type Run struct {
	model  *Model
	config Config
	aug    augmentation
	step   *Step
	view   *View
	begun  int // updates that were submitted
	done   int // and reported
	clock  time.Time
	hasty  bool  // does not look for what would fit when it does not itself
	needs  int64 // bytes of the thriftiest step that was tried
}

// NewRun prepares a run and returns notices for the person, one sentence each. Progress hears of the phases.
func NewRun(ctx context.Context, m *Model, c Config, progress Progress) (*Run, []string, error) {
	r := newRun(m, c)
	notices, err := r.prepare(ctx, progress)
	if err != nil {
		r.Close()
		return nil, nil, err
	}
	return r, notices, nil
}

func newRun(m *Model, c Config) *Run {
	return &Run{model: m, config: c, aug: augmentation{Preset: c.Preset, cutouts: c.Cutouts, side: m.manifest.CLIP.ImageSize, cutPow: c.CutPow}}
}

func (r *Run) prepare(ctx context.Context, progress Progress) ([]string, error) {
	if f := r.model.Factor(); r.config.Width%f != 0 || r.config.Height%f != 0 || r.config.Width < f || r.config.Height < f {
		return nil, fmt.Errorf("guide: a picture of %d×%d pixels where the model makes multiples of %d", r.config.Width, r.config.Height, f)
	}
	targets, notices, err := r.textTargets(ctx, progress)
	if err != nil {
		return nil, err
	}
	z, err := r.start(ctx, progress)
	if errors.Is(err, gpu.ErrMemory) {
		return nil, r.tooLarge(ctx, targets)
	}
	if err != nil {
		return nil, err
	}
	if err := r.first(ctx, z); err != nil {
		return nil, err
	}
	if err := r.model.wait(ctx, weights.PartImage); err != nil {
		return nil, err
	}
	for i, p := range r.config.ImagePrompts {
		t, err := r.imageTarget(ctx, i, p)
		if err != nil {
			return nil, err
		}
		targets = append(targets, t)
	}
	if err := r.record(ctx, targets, z, progress); err != nil {
		return nil, err
	}
	if err := Calibrate(ctx, r.model.device); err != nil {
		return nil, err
	}
	r.view, err = NewView(ctx, r.step)
	return notices, err
}

func (r *Run) spec(targets []Target) StepSpec {
	m, c := r.model, r.config
	return StepSpec{
		VQGAN: m.manifest.VQGAN, CLIP: m.manifest.CLIP, Decoder: m.decoder, Image: m.image,
		Height: c.Height / m.Factor(), Width: c.Width / m.Factor(),
		Cutouts: c.Cutouts, Pooled: c.Preset.Pooled, Clamp: c.Preset.Clamp, Sharpen: c.Preset.SharpnessP > 0, Warps: r.aug.warps(),
		Jitter: c.Preset.JitterP > 0, Erase: c.Preset.EraseP > 0, Noise: c.Preset.Noise > 0,
		Targets: targets, InitLoss: c.InitLoss, InitWeight: c.InitWeight, Smoothness: c.Smoothness, HalfPrecision: c.HalfPrecision,
		Adam: ops.DefaultAdam, Lowest: m.book.lowest, Highest: m.book.highest,
	}
}

// textTargets embeds the text prompts.
func (r *Run) textTargets(ctx context.Context, progress Progress) (targets []Target, notices []string, err error) {
	progress(PhasePrompt, 0, 0)
	var texts []string
	for _, p := range r.config.Prompts {
		if r.model.tokenizer.Encode(p.Text).Truncated {
			notices = append(notices, fmt.Sprintf("CLIP reads only the first %d tokens of “%s”; the rest has no effect.", r.model.tokenizer.ContextLength()-2, shorten(p.Text)))
		}
		texts = append(texts, p.Text)
	}
	embeddings, err := r.model.embed(ctx, texts, progress)
	if err != nil {
		return nil, nil, err
	}
	for i, p := range r.config.Prompts {
		targets = append(targets, Target{Embeddings: embeddings[i : i+1], Weight: p.Weight, Stop: p.Stop})
	}
	return targets, notices, nil
}

// shorten keeps the beginning of a text for a message.
func shorten(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// imageTarget embeds one set of cutouts of an image prompt.
func (r *Run) imageTarget(ctx context.Context, i int, p ImagePrompt) (Target, error) {
	w, h := resample.FitArea(p.Picture.Width, p.Picture.Height, r.config.Width, r.config.Height)
	rgb := resample.Lanczos(p.Picture.rgb(), p.Picture.Width, p.Picture.Height, w, h)
	e, err := EmbedPicture(ctx, r.model.device, r.spec(nil), rgb, w, h, r.aug.draw(r.config.Seed, imagePromptStep(i), w, h))
	return Target{Embeddings: e, Weight: p.Weight, Stop: p.Stop}, err
}

// EmbedPicture embeds the cutouts that the spec and the inputs ask for of an RGB picture of w×h pixels.
func EmbedPicture(ctx context.Context, d *gpu.Device, spec StepSpec, rgb []byte, w, h int, in Inputs) ([][]float32, error) {
	s := &Step{spec: spec, tape: ops.NewTape(d)}
	defer s.Close()
	s.state = s.tape.Buffer("step state", ops.StateSize)
	x := s.tape.Input(1, h, w, 3, false)
	s.tape.Write(x, scaled(rgb, 1.0/255, 0))
	e := s.tape.Keep(spec.Image.Encode(s.tape, s.cutouts(x)))
	if err := s.tape.Compile(ctx, nil); err != nil {
		return nil, err
	}
	s.write(in)
	if err := s.tape.Plan.Run(); err != nil {
		return nil, err
	}
	flat, err := s.tape.Read(ctx, e)
	if err != nil {
		return nil, err
	}
	var rows [][]float32
	for i := 0; i < len(flat); i += e.C {
		rows = append(rows, flat[i:i+e.C])
	}
	return rows, nil
}

// firstTokens draws n codes, from those that the model starts with or, where it names none, from all.
func firstTokens(seed uint64, n int, c weights.VQGANConfig) []int32 {
	random := ops.NewDraws(seed, 0, 0, drawTokens)
	tokens := make([]int32, n)
	for i := range tokens {
		if len(c.StartCodes) > 0 {
			tokens[i] = int32(c.StartCodes[random.Intn(len(c.StartCodes))])
		} else {
			tokens[i] = int32(random.Intn(c.NEmbed))
		}
	}
	return tokens
}

// start makes the first latent: codes drawn at random, or the start picture's.
func (r *Run) start(ctx context.Context, progress Progress) ([]float32, error) {
	m, c := r.model, r.config
	if err := m.wait(ctx, weights.PartDecoder); err != nil {
		return nil, err
	}
	progress(PhaseStart, 0, 0)
	t := ops.NewTape(m.device)
	defer t.Close()
	var z *ops.Tensor
	if c.Init == nil {
		h, w := c.Height/m.Factor(), c.Width/m.Factor()
		indices := firstTokens(c.Seed, h*w, m.manifest.VQGAN)
		z = t.Gather(clip.Indices(t, indices), 1, h, w, t.NewCodebook(m.decoder.Codebook))
	} else {
		if err := m.needEncoder(ctx, progress); err != nil {
			return nil, err
		}
		x := t.Input(1, c.Height, c.Width, 3, false)
		t.Write(x, scaled(resample.Lanczos(c.Init.rgb(), c.Init.Width, c.Init.Height, c.Width, c.Height), 2.0/255, -1))
		_, z, _ = Encode(t, m.encoder, x, t.NewCodebook(m.decoder.Codebook))
	}
	t.Keep(z)
	if err := t.Compile(ctx, nil); err != nil {
		return nil, err
	}
	if err := t.Plan.Run(); err != nil {
		return nil, err
	}
	return t.Read(ctx, z)
}

// first shows what the run starts from when the image tower keeps it waiting.
func (r *Run) first(ctx context.Context, z []float32) error {
	m, c := r.model, r.config
	if c.First == nil || m.has(weights.PartImage) {
		return nil
	}
	t := ops.NewTape(m.device)
	defer t.Close()
	latent := t.Input(1, c.Height/m.Factor(), c.Width/m.Factor(), m.manifest.VQGAN.EmbedDim, false)
	t.Write(latent, z)
	v := newView(t, latent, m.decoder)
	if t.Plan.Memory().Largest > m.device.Info().MaxBinding {
		return nil // the step will not fit either, and tells what does
	}
	if err := t.Compile(ctx, nil); err != nil {
		return err
	}
	picture, err := v.Render(ctx)
	if err == nil {
		c.First(picture)
	}
	return err
}

// scaled maps bytes to numbers.
func scaled(bytes []byte, factor, offset float32) []float32 {
	out := make([]float32, len(bytes))
	for i, b := range bytes {
		out[i] = float32(b)*factor + offset
	}
	return out
}

// Submit begins one update; at most MostSubmitted may be under way. With show, its report has the picture that it started from.
func (r *Run) Submit(show bool) error {
	if r.begun == r.done {
		r.clock = time.Now()
	}
	in := r.aug.draw(r.config.Seed, uint32(r.begun), r.config.Width, r.config.Height)
	in.Rate = r.config.LearningRate
	err := r.step.Submit(in, show)
	r.begun++
	return err
}

// Report waits for the oldest update under way.
func (r *Run) Report(ctx context.Context) (Report, error) {
	losses, pixels, err := r.step.Collect(ctx)
	if err != nil {
		return Report{}, err
	}
	r.done++
	now := time.Now()
	report := Report{Step: r.done, Losses: losses, Pixels: pixels, Milliseconds: float64(now.Sub(r.clock)) / float64(time.Millisecond)}
	r.clock = now
	for _, l := range losses {
		report.Loss += l
	}
	r.model.device.SetSpeed(r.step.tape.Plan.Work() / (report.Milliseconds / 1e3))
	return report, nil
}

// Picture is the state after the last update that was submitted.
func (r *Run) Picture(ctx context.Context) (Picture, error) { return r.view.Render(ctx) }

// Close gives the run's memory back; the model stays.
func (r *Run) Close() {
	if r.view != nil {
		r.view.Close()
	}
	if r.step != nil {
		r.step.Close()
	}
}
