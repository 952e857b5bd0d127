package recipe

import "fmt"

// CheckSuggestion says what is wrong with a recipe that a model suggests, or nil: it says only what models may, within the limits.
func CheckSuggestion(r Recipe) error {
	for _, s := range r.Said() {
		if s.Option.Open != ByModel {
			return fmt.Errorf("recipe: a model cannot suggest %s", s.Option.Name)
		}
		_, notice, err := s.Option.Kind.check(s.Option, s.Value)
		if err != nil {
			return fmt.Errorf("recipe: suggested: %w", err)
		}
		if notice != "" {
			return fmt.Errorf("recipe: suggested: %s", notice)
		}
	}
	return nil
}

// ByModels are the options that a model may suggest.
func ByModels() []*Option {
	var list []*Option
	for _, o := range table {
		if o.Open == ByModel {
			list = append(list, o)
		}
	}
	return list
}
