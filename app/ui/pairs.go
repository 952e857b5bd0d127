package ui

import (
	"slices"

	"reverie/recipe"
)

// choices are the models that can be chosen as they are, and the pair that is chosen.
func (s *State) choices() []Model {
	m := s.Model()
	if m.Factor == 0 || slices.ContainsFunc(s.Models, func(o Model) bool { return o.Name == m.Name }) {
		return s.Models
	}
	return append(slices.Clone(s.Models), m)
}

// halfField is for one of the two that a run needs, and the folders that have it.
type halfField struct {
	id, label string
	chosen    string
	folders   []Model
}

// halves are those from which a person makes a pair; none where there is nothing to choose.
func (s *State) halves() []halfField {
	clip, vqgan := recipe.Halves(s.Form.Model())
	list := []halfField{{id: clipID, label: clipTitle, chosen: clip}, {id: vqganID, label: vqganTitle, chosen: vqgan}}
	for _, m := range s.folders {
		if m.CLIP > 0 {
			list[0].folders = append(list[0].folders, m)
		}
		if m.VQGAN > 0 {
			list[1].folders = append(list[1].folders, m)
		}
	}
	if len(list[0].folders) < 2 && len(list[1].folders) < 2 {
		return nil
	}
	return list
}

// ChooseHalf makes a pair of a folder and the other half of what is chosen.
func (s *State) ChooseHalf(id, name string) {
	clip, vqgan := recipe.Halves(s.Form.Model())
	if id == clipID {
		clip = name
	} else {
		vqgan = name
	}
	s.Edit(recipe.Model.Option, recipe.Pairing(clip, vqgan))
}
