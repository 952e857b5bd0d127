package guide

import (
	"context"

	"reverie/gpu"
	"reverie/gpu/clip"
	"reverie/gpu/load"
	"reverie/gpu/vqgan"
	"reverie/weights"
)

// Forecast tells what runs of a model take of a device before they begin. Their steps are recorded on a planner, for which the model's
// manifest is enough.
type Forecast struct {
	device *gpu.Device
	model  *Model // on the planner
}

// NewForecast plans a model for the device.
func NewForecast(ctx context.Context, d *gpu.Device, m *weights.Manifest) (*Forecast, error) {
	planner := gpu.NewPlanner(d.Info())
	model := &Model{device: planner, manifest: m, arrived: map[string]chan struct{}{}, ended: make(chan struct{})}
	close(model.ended)
	for _, name := range order {
		model.arrived[name] = model.ended
	}
	var err error
	if model.decoder, err = vqgan.LoadDecoder(load.Planned(ctx, planner, m.Part(weights.PartDecoder)), m.VQGAN); err != nil {
		return nil, err
	}
	if model.image, err = clip.LoadImage(load.Planned(ctx, planner, m.Part(weights.PartImage)), m.CLIP); err != nil {
		return nil, err
	}
	bounds := make([]float32, m.VQGAN.EmbedDim)
	model.book = codebook{lowest: bounds, highest: bounds}
	return &Forecast{d, model}, nil
}

// Manifest describes the model.
func (f *Forecast) Manifest() *weights.Manifest { return f.model.manifest }

// Run is what a run would take, by the speed that the device has shown last. Its error is *TooLarge, without what would fit, where no way to run it does.
func (f *Forecast) Run(ctx context.Context, c Config) (Footprint, error) {
	r := newRun(f.model, c)
	r.hasty = true // a search takes seconds
	speed, known := f.device.Speed()
	f.model.device.SetSpeed(speed) // by which long products are cut
	defer r.Close()
	e := make([]float32, f.model.manifest.CLIP.EmbedDim)
	var targets []Target
	for range c.Prompts {
		targets = append(targets, Target{Embeddings: [][]float32{e}, Weight: 1})
	}
	for range c.ImagePrompts {
		of := make([][]float32, c.Cutouts)
		for i := range of {
			of[i] = e
		}
		targets = append(targets, Target{Embeddings: of, Weight: 1})
	}
	z := make([]float32, c.Width/f.model.Factor()*(c.Height/f.model.Factor())*f.model.manifest.VQGAN.EmbedDim)
	if err := r.record(ctx, targets, z, func(string, int64, int64) {}); err != nil {
		return Footprint{}, err
	}
	var err error
	if r.view, err = NewView(ctx, r.step); err != nil {
		return Footprint{}, err
	}
	footprint := r.Footprint()
	if !known {
		footprint.Seconds = 0
	}
	return footprint, nil
}
