package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"reverie/app/ui"
	"reverie/recipe"
)

// judges are the CLIPs by which each of pixray's qualities judges a picture.
var judges = map[string][]string{
	"draft": {"vit-b-16"}, "normal": {"vit-b-32", "vit-b-16"}, "better": {"rn50", "vit-b-32", "vit-b-16"},
	"best": {"rn50x4", "vit-b-32", "vit-b-16"}, "supreme": {"rn50x4", "rn101", "vit-b-32", "vit-b-16"},
}

// judge makes a recipe's further CLIPs those of a quality besides the model's own, as far as there are models that hold them, where it says nothing of them.
// What is missing is told.
func judge(r recipe.Recipe, quality, model string, models []ui.Model, notices io.Writer) recipe.Recipe {
	if slices.ContainsFunc(r.Said(), func(s recipe.Setting) bool { return s.Option == recipe.Perceptors.Option }) {
		return r
	}
	var found, missing []string
	for _, clip := range judges[quality] {
		holds := func(name string) bool {
			return name == clip || strings.HasPrefix(name, clip+"-") || strings.HasPrefix(name, clip+"+")
		}
		if holds(model) {
			continue
		}
		if i := slices.IndexFunc(models, func(m ui.Model) bool { return m.CLIP > 0 && holds(m.Name) }); i >= 0 {
			found = append(found, models[i].Name)
		} else {
			missing = append(missing, clip)
		}
	}
	if len(missing) > 0 {
		fmt.Fprintf(notices, "The quality %s judges by %s, too, which the folder of models lacks: convert it with cmd/weights.\n", quality, strings.Join(missing, " and "))
	}
	if len(found) > 0 {
		r = r.With(recipe.Perceptors.Is(strings.Join(found, " ")))
	}
	return r
}
