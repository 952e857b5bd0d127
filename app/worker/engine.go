package worker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"reverie/app/protocol"
	"reverie/gpu"
	"reverie/gpu/guide"
	"reverie/gpu/guide/preset"
	"reverie/gpu/guide/prompt"
)

// GPU is the engine on a WebGPU device.
type GPU struct {
	device *gpu.Device
	model  *guide.Model
	loaded protocol.Loaded
	base   string // of the loaded model's folder
}

// Open opens the fastest device that the browser offers.
func (e *GPU) Open(ctx context.Context) (protocol.Ready, <-chan string, error) {
	device, err := gpu.Open(ctx)
	switch {
	case errors.Is(err, gpu.ErrNoWebGPU):
		return protocol.Ready{}, nil, reasoned{protocol.NoWebGPU, err}
	case errors.Is(err, gpu.ErrNoAdapter):
		return protocol.Ready{}, nil, reasoned{protocol.NoAdapter, err}
	case err != nil:
		return protocol.Ready{}, nil, err
	}
	e.device = device
	lost := make(chan string, 1)
	go func() {
		<-device.Lost()
		lost <- fmt.Sprint(device.Err())
	}()
	info := device.Info()
	return protocol.Ready{Adapter: info.String(), F16: info.F16}, lost, nil
}

// Load fetches a model, unless it is there.
func (e *GPU) Load(ctx context.Context, m protocol.Load, progress Progress) (protocol.Loaded, error) {
	if e.device == nil {
		return protocol.Loaded{}, problem("There is no GPU to load the model on.")
	}
	base := m.Base + m.Model + "/"
	if e.model != nil && e.base == base {
		return e.loaded, nil
	}
	if e.model != nil {
		e.model.Close()
		e.model = nil
	}
	model, err := guide.Load(ctx, e.device, base, guide.Progress(progress))
	if err != nil {
		return protocol.Loaded{}, err
	}
	manifest := model.Manifest()
	text, err := json.Marshal(manifest)
	if err != nil {
		return protocol.Loaded{}, fmt.Errorf("worker: %w", err)
	}
	sum := sha256.Sum256(text)
	e.model, e.base = model, base
	e.loaded = protocol.Loaded{Model: m.Model, Title: manifest.Title, Factor: model.Factor(), Weights: hex.EncodeToString(sum[:8])}
	return e.loaded, nil
}

// Start prepares a run of the loaded model.
func (e *GPU) Start(ctx context.Context, m protocol.Start, progress Progress) (Run, protocol.Started, error) {
	config, started, err := configure(m, e.model.Factor())
	if err != nil {
		return nil, started, err
	}
	run, notices, err := guide.NewRun(ctx, e.model, config, guide.Progress(progress))
	if err != nil {
		return nil, started, err
	}
	started.Notices = append(started.Notices, notices...)
	return &gpuRun{run, config.Width, config.Height}, started, nil
}

// configure turns what the page asks for into a run of a model with that many pixels per token.
func configure(m protocol.Start, factor int) (guide.Config, protocol.Started, error) {
	s, notices, err := m.Settings.Normalise(factor)
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
	c := guide.Config{
		Prompts: prompts, Width: s.Width, Height: s.Height, Cutouts: s.Cutouts, CutPow: s.CutPow, Seed: s.Seed,
		LearningRate: s.LearningRate, Preset: chosen, InitWeight: s.InitWeight, InitLoss: s.InitLoss,
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
}

func (r *gpuRun) Step(ctx context.Context, show bool) (protocol.Step, error) {
	report, err := r.Run.Step(ctx, show)
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
