package recipe

import (
	"errors"
	"testing"

	"reverie/recipe/prompt"
)

// Whatever cannot run is said of the option that it is, however deep it was found.
func TestWrongNamesItsOption(t *testing.T) {
	sound := New(Prompt.Is("a red apple"))
	_, typed := Width.Parse("many")
	check := func(s Setting) error {
		_, _, err := sound.With(s).Check(8)
		return err
	}
	_, _, later := Script{Recipe: sound}.With(30, Cutouts.Is(0)).Check(8)
	for _, c := range []struct {
		err  error
		want *Option
	}{
		{typed, Width.Option},
		{check(Prompt.Is(" ")), Prompt.Option},
		{check(Prompt.Is("a:nan")), Prompt.Option},
		{check(Model.Is("../x")), Model.Option},
		{check(Height.Is(0)), Height.Option},
		{check(LearningRate.Is(0)), LearningRate.Option},
		{check(Preset.Is("none")), Preset.Option},
		{check(ImagePrompts.Is([]prompt.Image{{}})), ImagePrompts.Option},
		{later, Cutouts.Option},
	} {
		var w *Wrong
		if !errors.As(c.err, &w) || w.Option != c.want {
			t.Errorf("%v is said of %+v, want %s", c.err, w, c.want.Name)
		}
	}
}
