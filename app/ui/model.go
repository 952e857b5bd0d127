package ui

import (
	"encoding/json"
	"fmt"
)

// Model is one entry of weights/index.json: a model that this site serves.
type Model struct {
	Name   string `json:"name"`
	Title  string `json:"title"`
	Factor int    `json:"factor"` // pixels per token along one axis
	Bytes  int64  `json:"bytes"`  // of all shards
}

// Label is the model as the page lists it.
func (m Model) Label() string {
	title := m.Title
	if title == "" {
		title = m.Name
	}
	return fmt.Sprintf("%s (%s)", title, megabytes(m.Bytes))
}

func parseModels(text []byte) ([]Model, error) {
	var models []Model
	if err := json.Unmarshal(text, &models); err != nil {
		return nil, fmt.Errorf("ui: weights/index.json: %w", err)
	}
	return models, nil
}
