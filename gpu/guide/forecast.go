package guide

import (
	"context"
	"slices"

	"reverie/gpu"
	"reverie/gpu/clip"
	"reverie/gpu/load"
	"reverie/gpu/vqgan"
	"reverie/recipe"
	"reverie/recipe/prompt"
	"reverie/weights"
)

// Forecast tells what runs of a model take of a device before they begin. Their steps are recorded on a planner, for which the model's
// manifest is enough.
type Forecast struct {
	device  *gpu.Device
	model   *Model // on the planner
	further []*Model
}

// NewForecast plans a model for the device, and the further CLIPs that judge its pictures, in the order in which recipes name them.
func NewForecast(ctx context.Context, d *gpu.Device, m *weights.Manifest, further ...*weights.Manifest) (*Forecast, error) {
	planner := gpu.NewPlanner(d.Info())
	model, err := planned(ctx, planner, m)
	if err != nil {
		return nil, err
	}
	f := &Forecast{device: d, model: model}
	f.further, err = plannedFurther(ctx, planner, further)
	return f, err
}

// plannedFurther are further CLIPs on a planner.
func plannedFurther(ctx context.Context, planner *gpu.Device, manifests []*weights.Manifest) (list []*Model, err error) {
	for _, m := range manifests {
		if err := judges(m, m.Name); err != nil {
			return nil, err
		}
		model := plannedModel(planner, m)
		if model.image, err = clip.LoadImage(load.Planned(ctx, planner, m.Part(weights.PartImage)), m.CLIP); err != nil {
			return nil, err
		}
		list = append(list, model)
	}
	return list, nil
}

// plannedModel is a model of which nothing is planned yet and nothing arrives.
func plannedModel(planner *gpu.Device, m *weights.Manifest) *Model {
	model := &Model{device: planner, manifest: m, order: order, arrived: map[string]chan struct{}{}, ended: make(chan struct{})}
	close(model.ended)
	for _, name := range order {
		model.arrived[name] = model.ended
	}
	return model
}

// planned is a model on a planner, as far as a manifest tells of it: all that steps need to be recorded.
func planned(ctx context.Context, planner *gpu.Device, m *weights.Manifest) (*Model, error) {
	if err := whole(m, m.Name); err != nil {
		return nil, err
	}
	model := plannedModel(planner, m)
	var err error
	if model.decoder, err = vqgan.LoadDecoder(load.Planned(ctx, planner, m.Part(weights.PartDecoder)), m.VQGAN); err != nil {
		return nil, err
	}
	if model.image, err = clip.LoadImage(load.Planned(ctx, planner, m.Part(weights.PartImage)), m.CLIP); err != nil {
		return nil, err
	}
	bounds := make([]float32, m.VQGAN.EmbedDim)
	model.book = codebook{lowest: bounds, highest: bounds}
	return model, nil
}

// Manifest describes the model.
func (f *Forecast) Manifest() *weights.Manifest { return f.model.manifest }

// Run is what a run of a recipe, which is suggested and checked, would take, by the speed that the device has shown last. Its error is
// *TooLarge, without what would fit, where no way to run it does.
func (f *Forecast) Run(ctx context.Context, r recipe.Recipe) (Footprint, error) {
	r = r.Without(recipe.Coarse.Option) // the last size takes most
	s := newSession(f.model, Config{Script: recipe.Script{Recipe: r}, Perceptors: f.further})
	s.hasty = true // a search takes seconds
	speed, known := f.device.Speed()
	f.model.device.SetSpeed(speed) // by which long products are cut
	defer s.Close()
	if err := s.checkSize(); err != nil {
		return Footprint{}, err
	}
	for i := range s.perceptors {
		s.perceptors[i].targets = s.perceptors[i].asMany(r)
	}
	h, w := s.tokens()
	s.z0 = make([]float32, h*w*f.model.manifest.VQGAN.EmbedDim)
	if err := s.record(ctx, r, &State{Z: s.z0}, quiet); err != nil {
		return Footprint{}, err
	}
	footprint := s.Footprint()
	if !known {
		footprint.Seconds = 0
	}
	return footprint, nil
}

// asMany are as many targets as a recipe has; what they are takes nothing.
func (p *perceptor) asMany(r recipe.Recipe) targets {
	e := make([]float32, p.model.manifest.CLIP.EmbedDim)
	var t targets
	phases, _ := prompt.Parse(recipe.Prompt.In(r)) // the recipe was checked
	for _, phase := range phases {
		t.phases = append(t.phases, slices.Repeat([]Target{{Embeddings: [][]float32{e}, Weight: 1}}, len(phase)))
	}
	pictures := len(recipe.ImagePrompts.In(r))
	if t.start = recipe.InitImage.In(r) != "" && recipe.InitClip.In(r.Peak()) > 0; t.start {
		pictures++
	}
	for range pictures {
		t.images = append(t.images, Target{Embeddings: slices.Repeat([][]float32{e}, recipe.Cutouts.In(r)), Weight: 1})
	}
	return t
}
