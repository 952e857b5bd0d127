package ui

import (
	"slices"
	"strings"

	"reverie/recipe"
)

// answers says whether all words, or parts of words, that a person looks for are among those that an option has: its names here and in other tools, its group,
// its help and its values'.
func answers(o *recipe.Option, sought string) bool {
	if sought == "" {
		return true // without a look at each option in each rendering
	}
	words := []string{o.Name, o.Label, o.Help, string(o.Group)}
	for _, e := range slices.Concat(settingNames, steerings) {
		if e.Option == o {
			words = append(words, e.Plain)
		}
	}
	for _, tool := range recipe.Tools {
		words = append(words, o.Elsewhere[tool])
	}
	values, _ := o.Kind.(recipe.Choice)
	for _, value := range values {
		words = append(words, value.Label)
	}
	all := strings.ToLower(strings.Join(words, "\n"))
	return !slices.ContainsFunc(strings.Fields(strings.ToLower(sought)), func(word string) bool { return !strings.Contains(all, word) })
}

// found are those of the options that have a field and answer to what is looked for.
func found(sought string) (list []*recipe.Option) {
	for _, o := range fields() {
		if answers(o, sought) && o != recipe.Prompt.Option && o != recipe.Model.Option {
			list = append(list, o)
		}
	}
	return list
}
