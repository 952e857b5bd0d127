package ui

import (
	"encoding/json"
	"fmt"

	"reverie/recipe"
)

// Model is one entry of weights/index.json: a model that this site serves.
type Model struct {
	Name   string `json:"name"`
	Title  string `json:"title"`
	About  string `json:"about,omitempty"` // what it is good at, in a sentence
	Factor int    `json:"factor"`          // pixels per token along one axis
	Bytes  int64  `json:"bytes"`           // of all shards
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
