// Package recipe says what a run is: a recipe, which is every option's value, and a script, which is a recipe with changes at steps.
//
// Options are said once, in the table of options.go. From it follow the forms in which a run travels: JSON (scripts, pictures, messages)
// with its schema, links (#p=a%20red%20apple&steps=300&v=2), flags of commands, the page's fields with their help, and docs/options.md.
//
// Reading is forgiving: what is unknown or cannot be read is left out and named in a notice. Check is strict: it gives a recipe that
// can run, or one sentence that says what is wrong and what to do.
package recipe

import (
	"fmt"
	"maps"
	"reflect"
)

// Version is the version of the forms that this package writes.
const Version = 2

// Recipe holds the options that somebody has said; all others are open. The zero value is a recipe of which nothing is said. Recipes are
// values: With returns another one.
type Recipe struct {
	said map[string]any // by name; a value that is the default is not kept, unless the option can be left open
}

// New is a recipe of settings.
func New(settings ...Setting) Recipe { return Recipe{}.With(settings...) }

// Value is an option's value: what was said or else the default.
func (r Recipe) Value(o *Option) any {
	if v, ok := r.said[o.Name]; ok {
		return v
	}
	return o.Default
}

// Says reports whether an option has a value of its own: for one that can be left open, whether it is not.
func (r Recipe) Says(o *Option) bool {
	_, ok := r.said[o.Name]
	return ok
}

// Empty reports whether nothing is said.
func (r Recipe) Empty() bool { return len(r.said) == 0 }

// IsZero lets encoding/json leave out a recipe of which nothing is said.
func (r Recipe) IsZero() bool { return r.Empty() }

// With is the recipe with settings changed.
func (r Recipe) With(settings ...Setting) Recipe {
	said := maps.Clone(r.said)
	if said == nil {
		said = map[string]any{}
	}
	for _, s := range settings {
		if s.Option.Open == ByDefault && reflect.DeepEqual(s.Value, s.Option.Default) {
			delete(said, s.Option.Name)
		} else {
			said[s.Option.Name] = s.Value
		}
	}
	if len(said) == 0 {
		said = nil
	}
	return Recipe{said}
}

// Without is the recipe with options left open.
func (r Recipe) Without(options ...*Option) Recipe {
	said := maps.Clone(r.said)
	for _, o := range options {
		delete(said, o.Name)
	}
	if len(said) == 0 {
		said = nil
	}
	return Recipe{said}
}

// Said lists what is said, in the table's order.
func (r Recipe) Said() []Setting {
	var list []Setting
	for _, o := range table {
		if v, ok := r.said[o.Name]; ok {
			list = append(list, Setting{o, v})
		}
	}
	return list
}

// Suggest fills in what the recipe leaves to the model: by its suggestion or else by the default.
func (r Recipe) Suggest(by Recipe) Recipe {
	for _, o := range table {
		if o.Open == ByModel && !r.Says(o) {
			r = r.With(Setting{o, by.Value(o)})
		}
	}
	return r
}

// CheckChange says what keeps a run of the recipe from going on by another one, or nil. Its error is Wrong.
func (r Recipe) CheckChange(to Recipe) error {
	for _, s := range r.Diff(to) {
		if !s.Option.Steers(r.Value(s.Option), s.Value) {
			return wrong(s.Option, fmt.Errorf("%s belongs to a run as a whole: start a new run to change it.", s.Option.Label))
		}
	}
	return nil
}

// Diff lists what becomes of the options that differ in to, in the table's order.
func (r Recipe) Diff(to Recipe) []Setting {
	var list []Setting
	for _, o := range table {
		if !reflect.DeepEqual(r.Value(o), to.Value(o)) {
			list = append(list, Setting{o, to.Value(o)})
		}
	}
	return list
}
