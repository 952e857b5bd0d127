package ui

import (
	"errors"
	"maps"
	"strings"

	"reverie/recipe"
)

// Form is what is typed: a text for each option that has a field, so that half-typed numbers survive. An empty text leaves open what the
// model may suggest or what is drawn at the start. Forms are values.
type Form struct {
	texts map[string]string // by the option's name; one that is not there is as on an empty page
	// Locked says that runs take the seed that is typed; else each gets a new one.
	Locked bool
}

// fields are the options that have a field: all but those that come with files.
func fields() []*recipe.Option {
	var list []*recipe.Option
	for _, o := range recipe.Options() {
		if o != recipe.ImagePrompts.Option && o != recipe.InitImage.Option {
			list = append(list, o)
		}
	}
	return list
}

// fieldID is the id of an option's field.
func fieldID(o *recipe.Option) string {
	switch o {
	case recipe.Prompt.Option:
		return promptID
	case recipe.Model.Option:
		return modelID
	case recipe.ImagePrompts.Option:
		return imagePromptID
	case recipe.InitImage.Option:
		return openImageID
	}
	return "field-" + o.Flag()
}

// FormOf shows a recipe in a form.
func FormOf(r recipe.Recipe) Form {
	f := Form{Locked: r.Says(recipe.Seed.Option)}
	for _, o := range fields() {
		if r.Says(o) {
			f = f.With(o, o.Format(r.Value(o)))
		}
	}
	return f
}

// Text is what stands in an option's field.
func (f Form) Text(o *recipe.Option) string {
	if text, ok := f.texts[o.Name]; ok {
		return text
	}
	return emptyText(o)
}

// emptyText is what stands in a field on an empty page.
func emptyText(o *recipe.Option) string {
	if o.Open != recipe.ByDefault {
		return ""
	}
	return o.Format(o.Default)
}

// With is the form with another text in a field.
func (f Form) With(o *recipe.Option, text string) Form {
	texts := maps.Clone(f.texts)
	if texts == nil {
		texts = map[string]string{}
	}
	delete(texts, o.Name)
	if text != emptyText(o) {
		texts[o.Name] = text
	}
	f.texts = texts
	return f
}

// Model is the name of the chosen model.
func (f Form) Model() string { return recipe.Pairing(recipe.Halves(f.Text(recipe.Model.Option))) }

// read gives the value in a field; open says that the field leaves it open. The error is recipe.Wrong.
func (f Form) read(o *recipe.Option) (v any, open bool, err error) {
	text := f.Text(o)
	if o.Open != recipe.ByDefault && strings.TrimSpace(text) == "" {
		return o.Default, true, nil
	}
	v, err = o.Parse(text)
	return v, false, err
}

// Recipe reads the form. Its error is recipe.Wrong, of the first field that cannot be read.
func (f Form) Recipe() (recipe.Recipe, error) {
	var r recipe.Recipe
	for _, o := range fields() {
		v, open, err := f.read(o)
		if err != nil {
			return r, err
		}
		if !open {
			r = r.With(recipe.Setting{Option: o, Value: v})
		}
	}
	return r, nil
}

// differ are the options whose fields say something else in two forms.
func (f Form) differ(other Form) []*recipe.Option {
	var list []*recipe.Option
	for _, o := range fields() {
		if f.Text(o) != other.Text(o) {
			list = append(list, o)
		}
	}
	return list
}

// wrongField is what is wrong with a field that is no option's own.
type wrongField struct {
	id string
	error
}

// fieldOf is the id of the field that an error is about, or "".
func fieldOf(err error) string {
	var own *wrongField
	if errors.As(err, &own) {
		return own.id
	}
	var w *recipe.Wrong
	if errors.As(err, &w) {
		return fieldID(w.Option)
	}
	return ""
}
