package guide

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"reverie/gpu/ops"
	"reverie/recipe"
)

// Change sets options from the next update on, for the script and for the run. Pictures are those of image prompts that are new. No update
// may be under way. Its notices and its error are sentences; after an error the run goes on as it was, unless it is not Usable any more.
func (s *Session) Change(ctx context.Context, set recipe.Settings, pictures map[string]Picture, progress Progress) ([]string, error) {
	if len(s.script.Changes) >= recipe.MaxChanges {
		return nil, fmt.Errorf("This run has been changed %d times, as often as a script can hold: start a new one.", recipe.MaxChanges)
	}
	set, err := s.alsoDreamt(set)
	if err != nil {
		return nil, err
	}
	next, notices, err := s.now.With(set...).Check(s.model.Factor())
	if err != nil {
		return nil, err
	}
	before := s.script
	s.config.Images = joined(s.config.Images, pictures)
	s.script = s.script.With(s.begun, changed(set, next)...)
	told, err := s.Apply(ctx, progress)
	if err != nil {
		s.script = before
		return nil, err
	}
	return append(notices, told...), nil
}

func joined(a, b map[string]Picture) map[string]Picture {
	all := map[string]Picture{}
	maps.Copy(all, a)
	maps.Copy(all, b)
	return all
}

// changed are the settings with the values that were found to be valid.
func changed(set recipe.Settings, valid recipe.Recipe) recipe.Settings {
	var list recipe.Settings
	for _, one := range set {
		list = append(list, recipe.Setting{Option: one.Option, Value: valid.Value(one.Option)})
	}
	return list
}

// Apply makes the changes of the script that are due. No update may be under way. After an error the run goes on as it was, unless it is
// not Usable any more, and Due still holds.
func (s *Session) Apply(ctx context.Context, progress Progress) (notices []string, err error) {
	if s.begun != s.done {
		return nil, errors.New("guide: a change while updates are under way")
	}
	next, before := s.script.At(s.begun), slices.Clone(s.perceptors)
	if err := s.now.CheckChange(next); err != nil {
		return nil, err
	}
	restore := func() { s.perceptors = before }
	s.weigh(next)
	differ := func(o *recipe.Option) bool { return !reflect.DeepEqual(s.now.Value(o), next.Value(o)) }
	if slices.ContainsFunc([]*recipe.Option{recipe.Prompt.Option, recipe.PromptPrefix.Option, recipe.PromptSuffix.Option, recipe.LongPrompts.Option}, differ) {
		if notices, err = s.embedTexts(ctx, next, progress); err != nil {
			restore()
			return nil, err
		}
	}
	if err = s.drawGiven(next); err != nil {
		restore()
		return nil, err
	}
	if differ(recipe.ImagePrompts.Option) || differ(recipe.ImageLoss.Option) || s.pullsToStart(next) != s.perceptors[0].targets.start {
		if err = s.embedImages(ctx, next); err != nil {
			restore()
			return nil, err
		}
	}
	if !s.grows() && s.step.serves(s.spec(next, s.targetsOf(next))) {
		if err = s.equipAnew(ctx, next, progress); err != nil {
			restore()
			return notices, err
		}
		if err = s.setPictures(ctx); err != nil {
			restore()
			return notices, err
		}
		s.now, s.applied, s.pulled = next, s.begun, changedTargets
	} else if err = s.recordAnew(ctx, next, restore, progress); err != nil {
		return notices, err
	}
	return notices, s.dream(ctx)
}

// changedTargets is a name that no targets have.
const changedTargets = "changed"

// serves says whether the step does what another spec asks for, but for numbers.
func (s *Step) serves(spec StepSpec) bool {
	return reflect.DeepEqual(s.spec.recorded(), spec.recorded())
}

// recorded is that of a spec which a step is recorded for: targets are numbers, except how many there are, and how memory is spared changes nothing.
func (spec StepSpec) recorded() any {
	var rows []int
	for _, p := range spec.perceptors() {
		for _, t := range p.Targets {
			rows = append(rows, len(t.Embeddings))
		}
	}
	spec.Targets, spec.Further = nil, slices.Clone(spec.Further)
	for i := range spec.Further {
		spec.Further[i].Targets = nil
	}
	spec.Thrift, spec.Inspect = Thrift{}, false
	return struct {
		StepSpec
		rows []int
	}{spec, rows}
}

// recordAnew replaces the step by that of another recipe, or of another size, and carries the state over. When the other one does not fit, the old one comes
// back, with the targets that restore brings.
func (s *Session) recordAnew(ctx context.Context, next recipe.Recipe, restore func(), progress Progress) error {
	state, err := s.state(ctx)
	if err != nil {
		restore()
		return err
	}
	before := s.step.spec.Thrift
	state.Thrift, s.thrift = s.config.Thrift, s.config.Thrift
	if state.sound() {
		s.good = state // lest nothing can be recorded any more
	}
	s.Close()
	sides, start, larger := s.sides, s.z0, state
	if s.grows() {
		to, _ := s.sizes(next, s.begun)
		larger = s.resize(state, to)
	}
	if err := s.record(ctx, next, larger, progress); err != nil {
		restore()
		s.Close()
		s.sides, s.z0, s.placed = sides, start, nil
		state.Thrift, s.thrift = before, before
		return errors.Join(err, s.record(ctx, s.now, state, progress))
	}
	s.now, s.applied = next, s.begun
	return nil
}

// carry puts a state into the step that was recorded for it. What its optimiser has not remembered starts anew, and so does the count.
func (s *Session) carry(step *Step, state *State) {
	step.tape.Write(step.Z, state.Z)
	step.tape.Write(step.Shown, state.shown(step.averages()))
	step.setStart(s.z0)
	s.averaged = 0
	if step.averages() {
		s.averaged = state.Averaged
	}
	from, _ := ops.NamedOptimiser(state.Optimiser)
	if reflect.DeepEqual(from.Memory(), step.spec.Optimiser.Memory()) && len(state.Memory) == len(step.memory) {
		for i, m := range step.memory {
			step.tape.Write(m, state.Memory[i])
		}
		s.count = state.Count
		return
	}
	s.count = ops.Count{}
}
