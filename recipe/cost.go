package recipe

import (
	"fmt"
	"strings"

	"reverie/recipe/prompt"
)

// CostKey names what decides a run's memory and the time of a step: recipes of one key cost the same. Of prompts that is their number.
func (r Recipe) CostKey() string {
	var key strings.Builder
	for _, o := range table {
		if !o.Costs {
			continue
		}
		switch o {
		case Prompt.Option:
			phases, _ := prompt.Parse(Prompt.In(r)) // what cannot be read cannot run
			for _, phase := range phases {
				fmt.Fprintf(&key, "%d ", len(phase))
			}
		case ImagePrompts.Option:
			fmt.Fprintf(&key, "images=%d ", len(ImagePrompts.In(r)))
		default:
			fmt.Fprintf(&key, "%s=%s ", o.Name, o.Format(r.Value(o)))
		}
	}
	return key.String()
}
