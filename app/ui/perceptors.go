package ui

import (
	"fmt"
	"slices"
	"strings"

	"reverie/recipe"
)

// judges says why the further CLIPs of a recipe cannot judge a picture now, or nil.
func (s *State) judges(r recipe.Recipe) error {
	wrong := func(text string, about ...any) error {
		return &recipe.Wrong{Option: recipe.Perceptors.Option, Reason: fmt.Errorf(text, about...)}
	}
	for _, p := range recipe.PerceptorsOf(recipe.Perceptors.In(r)) {
		switch m := s.entry(p.Name); {
		case m.Factor == 0 && m.CLIP == 0:
			return wrong(noSuchModel, p.Name)
		case m.CLIP == 0 && !m.whole():
			return wrong(cannotJudge, m.title())
		case s.Phase != Loading && s.lacksPerceptor(m):
			return wrong(notOnDevice, m.title(), byteCount(m.CLIP))
		}
	}
	return nil
}

// lacksPerceptor says that a folder's CLIP comes only when the person asks for it.
func (s *State) lacksPerceptor(m Model) bool {
	kept, _ := s.keptFolder(m.Name)
	here := kept.CLIP.Bytes == m.CLIP && kept.CLIP.Stored == m.CLIP || slices.Contains(strings.Fields(s.Loaded.Perceptors), m.Name)
	return m.CLIP > smallBytes && !here
}

// perceptors are the further CLIPs that the form names, or none where they cannot be read.
func (s *State) perceptors() string {
	named, err := recipe.Perceptors.Kind.Parse(s.Form.Text(recipe.Perceptors.Option))
	if err != nil {
		return ""
	}
	return named.(string)
}
