package worker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	"reverie/app/protocol"
	"reverie/app/settings"
	"reverie/gpu"
	"reverie/gpu/guide"
	"reverie/gpu/load"
	"reverie/gpu/quick"
	"reverie/gpu/store"
	"reverie/gpu/tune"
	"reverie/recipe/preset"
	"reverie/recipe/prompt"
	"reverie/weights"
)

// GPU is the engine on a WebGPU device.
type GPU struct {
	device  *gpu.Device
	store   store.Store
	kernels *tune.Kernels
	model   *guide.Model
	loaded  protocol.Loaded // describes model
	base    string          // of the model's folder

	forecast *guide.Forecast // of the model at foreseen
	foreseen string
}

// Open opens the fastest device that the browser offers, and what it keeps.
func (e *GPU) Open(ctx context.Context, m protocol.Open) (protocol.Ready, <-chan string, error) {
	device, err := gpu.Open(ctx)
	switch {
	case errors.Is(err, gpu.ErrNoWebGPU):
		return protocol.Ready{}, nil, reasoned{protocol.NoWebGPU, err}
	case errors.Is(err, gpu.ErrNoAdapter):
		return protocol.Ready{}, nil, reasoned{protocol.NoAdapter, err}
	case err != nil:
		return protocol.Ready{}, nil, err
	}
	e.device, e.store = device, store.Open(ctx, path(m.Base))
	e.kernels = tune.Open(ctx, device, store.Open(ctx, path(m.Base)+"kernels"), tune.Mode(m.Tune)) // apart from models, which come and go
	lost := make(chan string, 1)
	go func() {
		<-device.Lost()
		lost <- fmt.Sprint(device.Err())
	}()
	info := device.Info()
	return protocol.Ready{Adapter: info.String(), F16: info.F16}, lost, nil
}

// path is that of a URL: several sites of one origin keep their files apart.
func path(base string) string {
	if u, err := url.Parse(base); err == nil {
		return u.Path
	}
	return base
}

// Load fetches a model, unless it is there.
func (e *GPU) Load(ctx context.Context, m protocol.Load, progress Progress) (protocol.Loaded, error) {
	keep := e.store
	if m.Unkept {
		keep = store.Nothing{}
	}
	if err := e.open(ctx, m.Base+m.Model+"/", keep, progress); err != nil {
		return protocol.Loaded{}, err
	}
	if err := e.model.Wait(ctx); err != nil {
		if context.Cause(ctx) != errSuperseded {
			e.drop()
		}
		return protocol.Loaded{}, err
	}
	return e.loaded, nil
}

// open makes the model at base the one that is loaded, or is being loaded.
func (e *GPU) open(ctx context.Context, base string, keep store.Store, progress Progress) error {
	if e.device == nil {
		return problem("There is no GPU to load the model on.")
	}
	if e.model != nil && e.base == base && e.model.Failed() == nil {
		return nil
	}
	e.drop()
	source := load.From(base, keep)
	model, err := guide.Open(ctx, e.device, source, guide.Progress(progress))
	if err != nil {
		return err
	}
	manifest := model.Manifest()
	text, err := json.Marshal(manifest)
	if err != nil {
		return fmt.Errorf("worker: %w", err)
	}
	sum := sha256.Sum256(text)
	e.model, e.base = model, base
	e.loaded = protocol.Loaded{Model: source.Name, Title: manifest.Title, Factor: model.Factor(), Weights: hex.EncodeToString(sum[:8])}
	return nil
}

// drop gives the model's memory back and ends its loading.
func (e *GPU) drop() {
	if e.model != nil {
		e.model.Close()
		e.model = nil
	}
}

// Start prepares a run.
func (e *GPU) Start(ctx context.Context, m protocol.Start, progress Progress, say func(protocol.Message)) (Run, protocol.Started, error) {
	base := m.Base + m.Settings.Model + "/"
	if e.model == nil || e.base != base || !e.model.Usable() {
		if err := e.open(ctx, base, e.store, progress); err != nil {
			return nil, protocol.Started{}, err
		}
	}
	config, started, err := configure(m, e.model.Manifest())
	if err != nil {
		return nil, started, err
	}
	config.First = func(p guide.Picture) {
		picture := protocol.Picture(p)
		say(protocol.First{Settings: started.Settings, Picture: &picture})
	}
	run, notices, err := guide.NewRun(ctx, e.model, config, guide.Progress(progress))
	if err != nil {
		if !e.model.Usable() {
			e.drop()
		}
		return nil, started, err
	}
	footprint := run.Footprint()
	say(e.loaded)
	started.Notices = append(started.Notices, notices...)
	started.Bytes, started.Seconds = footprint.Bytes, footprint.Seconds
	return &gpuRun{run, config.Width, config.Height, e.kernels}, started, nil
}

// Tune times kernels where nothing is known of the device. A run does without when that fails.
func (e *GPU) Tune(ctx context.Context, progress Progress) (tuned bool, err error) {
	if e.kernels == nil || !e.kernels.Due() {
		return false, nil
	}
	err = e.kernels.Tune(ctx, tune.Limit, func(done, total int) { progress(tune.Phase, int64(done), int64(total)) })
	return err == nil, ctx.Err()
}

// Kernels tells which variants the device runs.
func (e *GPU) Kernels() protocol.Kernels {
	var m protocol.Kernels
	for _, c := range e.kernels.Choices() {
		m.Kernels = append(m.Kernels, protocol.Kernel(c))
	}
	return m
}

// Foresee records the run on a planner.
func (e *GPU) Foresee(ctx context.Context, m protocol.Foresee, idle bool) (protocol.Foreseen, error) {
	if e.device == nil {
		return protocol.Foreseen{}, problem("There is no GPU to plan for.")
	}
	if err := e.plan(ctx, m.Base, m.Settings.Model); err != nil {
		return protocol.Foreseen{}, err
	}
	if idle {
		if err := guide.Calibrate(ctx, e.device); err != nil {
			return protocol.Foreseen{}, err
		}
	}
	config, _, err := configure(protocol.Start{Settings: m.Settings, Images: make([]protocol.Picture, len(m.Settings.ImagePrompts))}, e.forecast.Manifest())
	if err != nil {
		return protocol.Foreseen{}, err
	}
	footprint, err := e.forecast.Run(ctx, config)
	var large *guide.TooLarge
	if errors.As(err, &large) {
		return protocol.Foreseen{ID: m.ID, Problem: large.Error()}, nil
	}
	if err != nil {
		e.forecast = nil // a planner keeps its first error
	}
	return protocol.Foreseen{ID: m.ID, Bytes: footprint.Bytes, Seconds: footprint.Seconds}, err
}

// plan makes the forecast that of a model.
func (e *GPU) plan(ctx context.Context, base, model string) error {
	if e.forecast != nil && e.foreseen == base+model {
		return nil
	}
	manifest, err := load.From(base+model+"/", e.store).Look(ctx)
	if err != nil {
		return err
	}
	f, err := guide.NewForecast(ctx, e.device, manifest)
	if err == nil {
		e.forecast, e.foreseen = f, base+model
	}
	return err
}

// PhaseMeasure is counted in workloads.
const PhaseMeasure = "Measuring this GPU"

// Measure times a few kernels.
func (e *GPU) Measure(ctx context.Context, progress Progress) (protocol.Measured, error) {
	if e.device == nil {
		return protocol.Measured{}, problem("There is no GPU to measure.")
	}
	results, err := quick.Run(ctx, e.device, func(done int) { progress(PhaseMeasure, int64(done), int64(quick.Count())) })
	var m protocol.Measured
	for _, r := range results {
		m.Speeds = append(m.Speeds, protocol.Speed{Workload: r.Workload, Milliseconds: r.Milliseconds, Rate: r.Rate()})
	}
	return m, err
}

// Keep stores a model without loading it.
func (e *GPU) Keep(ctx context.Context, m protocol.Keep) error {
	return load.From(m.Base+m.Model+"/", e.store).Keep(ctx)
}

// Delete removes a model.
func (e *GPU) Delete(ctx context.Context, m protocol.Delete) error {
	if e.model != nil && e.loaded.Model == m.Model {
		e.drop()
	}
	err := load.Forget(ctx, e.store, m.Model)
	if errors.Is(err, store.ErrBusy) {
		return problem("Another tab uses this model: close it and delete the model again.")
	}
	return err
}

// Storage tells what is stored, and for what.
func (e *GPU) Storage(ctx context.Context) (protocol.Storage, error) {
	kept, err := load.List(ctx, e.store)
	if err != nil {
		return protocol.Storage{}, err
	}
	room, err := e.store.Room(ctx)
	if err != nil {
		return protocol.Storage{}, err
	}
	s := protocol.Storage{How: string(e.store.Kind()), Usage: room.Usage, Quota: room.Quota, Persisted: room.Persisted}
	for _, k := range kept {
		s.Models = append(s.Models, protocol.Model{Name: k.Name, Title: k.Manifest.Title, Factor: k.Manifest.VQGAN.Factor(), Bytes: k.Total, Stored: k.Stored,
			Suggested: k.Manifest.Suggested})
	}
	return s, nil
}

// configure turns what the page asks for into a run of a model.
func configure(m protocol.Start, model *weights.Manifest) (guide.Config, protocol.Started, error) {
	s, notices, err := m.Settings.Suggest(model.Suggested).Normalise(model.VQGAN.Factor())
	if err != nil {
		return guide.Config{}, protocol.Started{}, err
	}
	if len(m.Images) != len(s.ImagePrompts) {
		return guide.Config{}, protocol.Started{}, fmt.Errorf("worker: %d pictures for %d image prompts", len(m.Images), len(s.ImagePrompts))
	}
	prompts, err := prompt.Parse(s.Prompt)
	if err != nil && !(errors.Is(err, prompt.ErrEmpty) && len(m.Images) > 0) {
		return guide.Config{}, protocol.Started{}, err
	}
	chosen, ok := preset.Named(s.Preset)
	if !ok {
		return guide.Config{}, protocol.Started{}, fmt.Errorf("worker: there is no preset %q", s.Preset)
	}
	if s.Augment == settings.AugmentMoves {
		chosen = chosen.Moving()
	}
	c := guide.Config{
		Prompts: prompts, Width: s.Width, Height: s.Height, Cutouts: s.Cutouts, CutPow: *s.CutPow, Seed: s.Seed,
		LearningRate: *s.LearningRate, Preset: chosen, InitWeight: s.InitWeight, InitLoss: s.InitLoss, Smoothness: *s.Smoothness,
		HalfPrecision: s.Precision == settings.PrecisionHalf,
	}
	if m.Init != nil {
		start := guide.Picture(*m.Init)
		c.Init = &start
	}
	for i, p := range m.Images {
		c.ImagePrompts = append(c.ImagePrompts, guide.ImagePrompt{Picture: guide.Picture(p), Weight: s.ImagePrompts[i].Weight, Stop: s.ImagePrompts[i].Stop})
	}
	return c, protocol.Started{Settings: s, Notices: notices}, nil
}

// gpuRun is a guide.Run in the protocol's terms.
type gpuRun struct {
	*guide.Run
	width, height int
	kernels       *tune.Kernels
}

// Close keeps the speed that the run has shown.
func (r *gpuRun) Close() {
	r.Run.Close()
	r.kernels.Keep(context.Background()) // else the next visit measures it
}

func (r *gpuRun) Report(ctx context.Context) (protocol.Step, error) {
	report, err := r.Run.Report(ctx)
	if err != nil {
		return protocol.Step{}, err
	}
	step := protocol.Step{Step: report.Step, Loss: report.Loss, Losses: report.Losses, Milliseconds: report.Milliseconds}
	if report.Pixels != nil {
		step.Picture = &protocol.Picture{Width: r.width, Height: r.height, Pix: report.Pixels}
	}
	return step, nil
}

func (r *gpuRun) Picture(ctx context.Context) (*protocol.Picture, error) {
	p, err := r.Run.Picture(ctx)
	if err != nil {
		return nil, err
	}
	picture := protocol.Picture(p)
	return &picture, nil
}
