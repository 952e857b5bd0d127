package recipe

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"reverie/recipe/prompt"
)

// Side is a kind of lengths of a picture's sides in pixels, of type int.
type Side struct{ Whole }

// check leaves lengths to sizes, which knows the model.
func (Side) check(_ *Option, v any) (any, string, error) { return v, "", nil }

func (Side) schema() map[string]any {
	return map[string]any{"type": "integer", "minimum": 1, "maximum": MaxSide}
}

// Wrong is why a value cannot run, as a sentence, and which option's it is.
type Wrong struct {
	Option *Option
	Reason error
}

func (w *Wrong) Error() string { return w.Reason.Error() }
func (w *Wrong) Unwrap() error { return w.Reason }

// wrong makes an error, if it is one, that of an option.
func wrong(o *Option, reason error) error {
	if reason == nil {
		return nil
	}
	return &Wrong{o, reason}
}

// Check gives the recipe that will run with a model of that factor (pixels per token along one axis), and notices, one sentence each, for
// what differs from the recipe given. The error, if any, is Wrong.
func (r Recipe) Check(factor int) (Recipe, []string, error) {
	if factor < 1 {
		return r, nil, fmt.Errorf("recipe: a model of %d pixels per token", factor)
	}
	c := checker{Recipe: r}
	for _, check := range []func() error{
		func() error { return wrong(Prompt.Option, c.text()) }, func() error { return wrong(Prompt.Option, c.prompts()) },
		func() error { return wrong(Model.Option, c.model()) }, func() error { return c.sizes(factor) }, c.start, c.values, c.coarse, c.window,
	} {
		if err := check(); err != nil {
			return r, nil, err
		}
	}
	return c.Recipe, c.notices, nil
}

type checker struct {
	Recipe
	notices []string
}

func (c *checker) notice(format string, args ...any) {
	c.notices = append(c.notices, fmt.Sprintf(format, args...))
}

func (c *checker) set(s Setting) { c.Recipe = c.With(s) }

// text makes sure that the prompt is text, without spaces around it.
func (c *checker) text() error {
	text := Prompt.In(c.Recipe)
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "")
		c.notice("The prompt held bytes that are not text; they were left out.")
	}
	text = strings.TrimSpace(text)
	c.set(Prompt.Is(text))
	if count := utf8.RuneCountInString(text); count > MaxPrompt {
		return fmt.Errorf("The prompt has %d characters: shorten it to at most %d.", count, MaxPrompt)
	}
	return nil
}

func (c *checker) prompts() error {
	images := ImagePrompts.In(c.Recipe)
	phases, err := prompt.Parse(Prompt.In(c.Recipe))
	most := 0
	for _, phase := range phases {
		most = max(most, len(phase))
	}
	more := len(PartsOf(NoisePrompts.In(c.Recipe))) + len(PartsOf(VectorPrompts.In(c.Recipe)))
	switch parts := most + len(images) + more; {
	case parts > MaxParts:
		return fmt.Errorf("The prompt has %d parts: leave at most %d.", parts, MaxParts)
	case len(phases) > MaxPhases:
		return fmt.Errorf("The prompt has %d phases: leave at most %d.", len(phases), MaxPhases)
	case errors.Is(err, prompt.ErrEmpty) && len(images) > 0:
		return nil
	}
	return err
}

// model checks the names of the model's folders, which become parts of URLs and of paths.
func (c *checker) model() error {
	if Model.In(c.Recipe) == "" {
		c.set(Model.Is(Model.Default.(string)))
	}
	clip, vqgan := Halves(Model.In(c.Recipe))
	for _, name := range []string{clip, vqgan} {
		if err := CheckName(name); err != nil {
			return &Wrong{Model.Option, fmt.Errorf("%w.", err)}
		}
	}
	c.set(Model.Is(Pairing(clip, vqgan)))
	return nil
}

func (c *checker) sizes(factor int) error {
	width, height := Width.In(c.Recipe), Height.In(c.Recipe)
	for _, side := range []Of[int]{Width, Height} {
		if pixels := side.In(c.Recipe); pixels < 1 {
			return wrong(side.Option, fmt.Errorf("The %s is %d pixels: choose at least %d.", side.noun(), pixels, factor))
		}
	}
	w, h := nearestMultiple(width, factor), nearestMultiple(height, factor)
	c.set(Width.Is(w))
	c.set(Height.Is(h))
	switch {
	case max(width, height) > MaxSide:
		c.notice("The size %dx%d is beyond %d pixels and became %dx%d.", width, height, MaxSide, w, h)
	case w != width || h != height:
		c.notice("The size %dx%d became %dx%d: this model draws multiples of %d pixels.", width, height, w, h, factor)
	}
	return nil
}

// start makes sure that there is one.
func (c *checker) start() error {
	if InitImage.In(c.Recipe) != "" && len(StartTokens.In(c.Recipe).Codes) > 0 {
		return wrong(StartTokens.Option, errors.New("The run starts from a picture and from tokens: remove one of them."))
	}
	return nil
}

// nearestMultiple rounds to the nearest positive multiple of factor that is at most MaxSide, halves upwards.
func nearestMultiple(pixels, factor int) int {
	tokens := (min(pixels, MaxSide) + factor/2) / factor
	return max(min(tokens, MaxSide/factor), 1) * factor
}

// values checks every option by its kind.
func (c *checker) values() error {
	for _, s := range c.Said() {
		valid, notice, err := s.Option.Kind.check(s.Option, s.Value)
		if err != nil {
			return wrong(s.Option, err)
		}
		if notice != "" {
			c.notice("%s", notice)
		}
		c.set(Setting{s.Option, valid})
	}
	return nil
}
