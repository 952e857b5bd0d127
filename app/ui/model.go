package ui

import (
	"encoding/json"
	"fmt"
	"slices"

	"reverie/recipe"
)

// Model is one entry of weights/index.json, a folder that this site serves: a pair, or a CLIP or a VQGAN alone. Or it is a pair of two folders, under
// the name that recipe.Halves reads.
type Model struct {
	Name   string `json:"name"`
	Title  string `json:"title"`
	About  string `json:"about,omitempty"` // what it is good at, in a sentence
	Factor int    `json:"factor"`          // pixels per token along one axis; 0 of a CLIP alone
	Bytes  int64  `json:"bytes"`           // of all shards
	CLIP   int64  `json:"clip,omitempty"`  // of its CLIP's shards
	VQGAN  int64  `json:"vqgan,omitempty"`
	// Suggested are its own settings.
	Suggested recipe.Recipe `json:"suggested,omitzero"`
}

// smallBytes is the size up to which a model is fetched without asking.
const smallBytes = 16 << 20

// Small says that the model is fetched when it is needed, without a word about it.
func (m Model) Small() bool { return m.Bytes <= smallBytes }

func (m Model) title() string {
	if m.Title == "" {
		return m.Name
	}
	return m.Title
}

// whole says that a run needs no other folder. A list of older versions says nothing of halves, and all that it has is whole.
func (m Model) whole() bool { return (m.CLIP > 0) == (m.VQGAN > 0) }

// FindModel is the model of a name among folders: one of them, or a pair of two. Of one that a run cannot take it says why, in a sentence.
func FindModel(folders []Model, name string) (Model, error) {
	find := func(name string) (Model, error) {
		if i := slices.IndexFunc(folders, func(m Model) bool { return m.Name == name }); i >= 0 {
			return folders[i], nil
		}
		return Model{}, fmt.Errorf(noSuchModel, name)
	}
	clipName, vqganName := recipe.Halves(name)
	clip, err := find(clipName)
	if err != nil {
		return Model{}, err
	}
	vqgan, err := find(vqganName)
	switch {
	case err != nil:
		return Model{}, err
	case clipName == vqganName && clip.whole():
		return clip, nil
	case clip.CLIP == 0:
		return Model{}, fmt.Errorf(lacksHalf, clip.title(), clipTitle)
	case vqgan.VQGAN == 0:
		return Model{}, fmt.Errorf(lacksHalf, vqgan.title(), vqganTitle)
	}
	return Model{Name: recipe.Pairing(clipName, vqganName), Title: clip.title() + " + " + vqgan.title(), Factor: vqgan.Factor,
		Bytes: clip.CLIP + vqgan.VQGAN, CLIP: clip.CLIP, VQGAN: vqgan.VQGAN, Suggested: recipe.SuggestedByPair(clip.Suggested, vqgan.Suggested)}, nil
}

// suggests is what a run takes of an option that is left to the model, as text; "" of any other.
func (m Model) suggests(o *recipe.Option) string {
	if o.Open != recipe.ByModel {
		return ""
	}
	return o.Format(recipe.Recipe{}.Suggest(m.Suggested).Value(o))
}

func parseModels(text []byte) ([]Model, error) {
	var models []Model
	if err := json.Unmarshal(text, &models); err != nil {
		return nil, fmt.Errorf("ui: weights/index.json: %w", err)
	}
	return models, nil
}

// ImportsEnv is go-app's variable that says whether the site lets visitors fetch published models.
const ImportsEnv = "REVERIE_IMPORTS"
