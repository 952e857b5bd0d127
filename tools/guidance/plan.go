package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"reverie/gpu"
	"reverie/gpu/guide"
	"reverie/recipe"
	"reverie/weights"
)

// planner tells what steps take.
type planner struct {
	manifest *weights.Manifest
	forecast *guide.Forecast
}

// newPlanner plans for a device that makes a thousand million operations a second, so that its seconds are GFLOP.
func newPlanner(ctx context.Context, m *weights.Manifest) (*planner, error) {
	device := gpu.NewPlanner(gpu.Info{MaxBinding: 1 << 40, MaxBuffer: 1 << 40, Memory: 1 << 50})
	device.SetSpeed(1e9)
	forecast, err := guide.NewForecast(ctx, device, m)
	if err != nil {
		return nil, err
	}
	return &planner{m, forecast}, nil
}

// plan is how a variant spends its work.
type plan struct {
	variant
	Stages []stage
	Budget float64 // GFLOP
	Key    string  // names all that the pictures depend on but prompt and seed
}

// stage is a part of a run, at one size.
type stage struct {
	recipe recipe.Recipe // without prompt and seed
	Side   int
	Steps  int
	Cuts   int
	Work   float64 // of all its steps, in GFLOP
}

// placeholder stands for the prompt while a variant is planned; prompts of one part all cost alike.
const placeholder = "a red apple"

// plan gives a variant as many steps as the budget, in GFLOP, pays for, in pictures of side×side pixels. A budget of 0 is what steps steps take.
func (p *planner) plan(ctx context.Context, v variant, side, steps int, budget float64) (plan, error) {
	var settings recipe.Settings
	if err := settings.UnmarshalJSON([]byte(v.options)); err != nil {
		return plan{}, err
	}
	out := plan{variant: v}
	shares := []float64{1}
	sides := []int{side}
	if v.coarse > 0 {
		shares, sides = []float64{v.coarse, 1 - v.coarse}, []int{side / 2, side}
	}
	for i, share := range shares {
		r := recipe.New(settings...).With(recipe.Width.Is(sides[i]), recipe.Height.Is(sides[i]))
		each, err := p.work(ctx, r)
		if err != nil {
			return plan{}, err
		}
		n := steps
		if budget > 0 {
			// A start that is one of several has cost the way there of a step, about a third of one, for each.
			spare := share * budget
			if looks := recipe.BestOf.In(r); looks > 1 && i == 0 {
				spare -= float64(looks) * each / 3
			}
			n = max(1, int(spare/each))
		}
		r = r.With(recipe.Steps.Is(n))
		out.Stages = append(out.Stages, stage{recipe: r, Side: sides[i], Steps: n, Cuts: recipe.Cutouts.In(r), Work: float64(n) * each})
		out.Budget += float64(n) * each
	}
	key, err := out.key(p.manifest)
	out.Key = key
	return out, err
}

// work is what a step of a recipe takes, in GFLOP.
func (p *planner) work(ctx context.Context, r recipe.Recipe) (float64, error) {
	script, err := p.script(r, placeholder, 1)
	if err != nil {
		return 0, err
	}
	f, err := p.forecast.Run(ctx, script.Recipe)
	return f.Seconds, err
}

// script is a recipe as it runs.
func (p *planner) script(r recipe.Recipe, prompt string, seed uint64) (recipe.Script, error) {
	r = r.With(recipe.Prompt.Is(prompt), recipe.Seed.Is(seed), recipe.Model.Is(p.manifest.Name))
	s, _, err := recipe.Script{Recipe: r}.Suggest(p.manifest.Suggested).Check(p.manifest.VQGAN.Factor())
	return s, err
}

// job is the picture of a prompt and a seed.
func (p *planner) job(plan plan, name, prompt string, seed uint64) (job, error) {
	j := job{Name: name}
	for _, s := range plan.Stages {
		script, err := p.script(s.recipe, prompt, seed)
		if err != nil {
			return j, err
		}
		text, err := json.Marshal(script)
		if err != nil {
			return j, err
		}
		j.Scripts = append(j.Scripts, string(text))
	}
	return j, nil
}

// key is a short name of the scripts and of the model.
func (p plan) key(m *weights.Manifest) (string, error) {
	h := sha256.New()
	for _, part := range m.Parts {
		for _, s := range part.Shards {
			h.Write([]byte(s.SHA256))
		}
	}
	for _, s := range p.Stages {
		text, err := json.Marshal(s.recipe.Suggest(m.Suggested))
		if err != nil {
			return "", err
		}
		h.Write(text)
	}
	return fmt.Sprintf("%s-%x", p.name, h.Sum(nil)[:4]), nil
}
