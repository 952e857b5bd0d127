package guide

import (
	"context"
	"fmt"

	"reverie/recipe"
	"reverie/weights"
)

// perceptor is a CLIP of a session: its model, how much it counts, and what it pulls to.
type perceptor struct {
	model   *Model
	weight  float64
	targets targets
	images  []ImageState // the image prompts as it sees them
}

// targetsOf are those of each perceptor by a recipe for the next update, with what the perceptor counts.
func (s *Session) targetsOf(r recipe.Recipe) (list [][]Target) {
	for _, p := range s.perceptors {
		targets := p.targets.at(r, s.begun)
		for i := range targets {
			targets[i].Weight *= p.weight
		}
		list = append(list, targets)
	}
	return list
}

// weigh makes the further perceptors count what a recipe says.
func (s *Session) weigh(r recipe.Recipe) {
	for i, p := range recipe.PerceptorsOf(recipe.Perceptors.In(r)) {
		if i+1 < len(s.perceptors) {
			s.perceptors[i+1].weight = p.Weight
		}
	}
}

// embedTexts makes each perceptor's targets of a recipe's prompts. The notices are about the model's own.
func (s *Session) embedTexts(ctx context.Context, r recipe.Recipe, progress Progress) (notices []string, err error) {
	if asked := recipe.PerceptorsOf(recipe.Perceptors.In(r)); len(asked) != len(s.config.Perceptors) {
		return nil, fmt.Errorf("guide: %d further CLIPs are loaded where the recipe names %d", len(s.config.Perceptors), len(asked))
	}
	for i := range s.perceptors {
		p := &s.perceptors[i]
		phases, told, err := p.textTargets(ctx, r, progress)
		if err != nil {
			return nil, err
		}
		p.targets.phases = phases
		if i == 0 {
			notices = told
		}
	}
	return notices, nil
}

// drawGiven makes each perceptor's targets of what no text or picture makes.
func (s *Session) drawGiven(r recipe.Recipe) (err error) {
	for i := range s.perceptors {
		p := &s.perceptors[i]
		if p.targets.given, err = p.givenTargets(r, i == 0); err != nil {
			return err
		}
	}
	return nil
}

// waitForImages waits for all image towers.
func (s *Session) waitForImages(ctx context.Context) error {
	for _, p := range s.perceptors {
		if err := p.model.wait(ctx, weights.PartImage); err != nil {
			return err
		}
	}
	return nil
}

// takeImages gives each perceptor its image prompts of a state.
func (s *Session) takeImages(images []ImageState) {
	for _, image := range images {
		if image.Perceptor < len(s.perceptors) {
			p := &s.perceptors[image.Perceptor]
			p.images = append(p.images, image)
		}
	}
}

// imageStates are the image prompts of all perceptors.
func (s *Session) imageStates() (list []ImageState) {
	for _, p := range s.perceptors {
		list = append(list, p.images...)
	}
	return list
}

// identity identifies the weights of the model and of all further CLIPs.
func (s *Session) identity() string {
	all := s.model.Identity()
	for _, p := range s.perceptors[1:] {
		all += " " + p.model.Identity()
	}
	return all
}
