package main

import (
	"fmt"
	"strconv"
	"strings"

	"reverie/gpu/guide"
	"reverie/recipe"
)

// coarse are a run's first steps in a smaller size. The next size starts from their tokens, enlarged.
type coarse struct{ width, height, steps int }

// addCoarse reads WIDTHxHEIGHT:STEPS.
func (j *job) addCoarse(text string) error {
	size, steps, _ := strings.Cut(text, ":")
	width, height, err := parseSize(size)
	n, errSteps := strconv.Atoi(steps)
	if err != nil || errSteps != nil || n < 1 {
		return fmt.Errorf("write a size and a number of steps: 64x64:50")
	}
	j.coarse = append(j.coarse, coarse{width, height, n})
	return nil
}

// checkCoarse says what keeps the run from being made in several sizes, or nil.
func (j *job) checkCoarse() error {
	sum := 0
	for _, c := range j.coarse {
		sum += c.steps
	}
	switch {
	case sum == 0:
		return nil
	case len(j.script.Changes) > 0 || j.state != nil || j.saveEvery > 0 || j.frames != "" || j.styling != nil || isFilm(j.out):
		return fmt.Errorf("-coarse is for runs from their start, without changes, -save-every, frames and -video: leave it out")
	case sum >= recipe.Steps.In(j.script.Recipe):
		return fmt.Errorf("-coarse takes %d of %d steps and leaves none for the picture's own size: write more with -steps", sum, recipe.Steps.In(j.script.Recipe))
	}
	return nil
}

// next is the script of the next size: of the coarse ones in their order, and then of the picture's own.
func (r *renderer) next() recipe.Script {
	if len(r.coarse) == 0 {
		return r.whole
	}
	c := r.coarse[0]
	return recipe.Script{Recipe: r.whole.Recipe.With(recipe.Width.Is(c.width), recipe.Height.Is(c.height), recipe.Steps.Is(c.steps))}
}

// finer begins the next size from the tokens of the one that is done, and says whether there is one.
func (r *renderer) finer() (bool, error) {
	if len(r.coarse) == 0 {
		return false, nil
	}
	data, err := r.bytes("run.state()")
	if err != nil {
		return false, err
	}
	state, err := guide.ParseState(data)
	if err != nil {
		return false, err
	}
	made := state.Script.At(state.Step)
	tokens := recipe.Tokens{Columns: recipe.Width.In(made) / r.factor, Rows: recipe.Height.In(made) / r.factor}
	for _, code := range state.Tokens {
		tokens.Codes = append(tokens.Codes, uint16(code))
	}
	done := r.coarse[0].steps
	r.coarse = r.coarse[1:]
	r.whole = r.whole.Fork(done, tokens)
	r.whole.Recipe = r.whole.Recipe.With(recipe.Seed.Is(recipe.Seed.In(made))) // it may have been drawn
	r.init = nil
	r.script = r.next()
	return true, r.start()
}
