package ui

import (
	"os"
	"slices"
	"testing"
)

func glossary(t *testing.T) []Entry {
	t.Helper()
	data, err := os.ReadFile("../../web/glossary.json")
	if err != nil {
		t.Fatal(err)
	}
	list, err := parseGlossary(data)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// Every term of the page's texts is in the glossary and every entry of it has words that lead there, each once and in the order of the names.
func TestGlossaryIsWhole(t *testing.T) {
	list := glossary(t)
	if len(list) < 25 {
		t.Errorf("the glossary has %d terms", len(list))
	}
	for i, e := range list {
		if e.Name == "" || len(e.Text) < 40 || len(e.Text) > 320 {
			t.Errorf("%s is %q: %d characters", e.ID, e.Name, len(e.Text))
		}
		if i > 0 && e.Name <= list[i-1].Name {
			t.Errorf("%s stands after %s", e.Name, list[i-1].Name)
		}
		if n := len(slices.DeleteFunc(slices.Clone(terms), func(t term) bool { return t.ID != e.ID })); n != 1 {
			t.Errorf("%d terms are called %s", n, e.ID)
		}
	}
	has := func(id string) bool { return slices.ContainsFunc(list, func(e Entry) bool { return e.ID == id }) }
	for _, one := range terms {
		if !has(one.ID) {
			t.Errorf("the glossary lacks %s", one.ID)
		}
	}
	for _, one := range append(slices.Clone(steerings), settingNames...) {
		if !has(one.Term) {
			t.Errorf("the glossary lacks %s", one.Term)
		}
	}
}

// Terms are found as words of their own, the longest of those that begin at a place, each once.
func TestPieces(t *testing.T) {
	for _, c := range []struct {
		text string
		want []piece
	}{
		{"no word of it", []piece{{Text: "no word of it"}}},
		{"CLIP judges cutouts.", []piece{{"CLIP", "clip", ""}, {Text: " judges "}, {"cutouts", "cutout", "."}}},
		{"Cutouts, and more cutouts", []piece{{"Cutouts", "cutout", ","}, {Text: " and more cutouts"}}},
		{"the spherical distance", []piece{{Text: "the "}, {"spherical distance", "distance", ""}}},
		{"to clip, decoders, encoding", []piece{{Text: "to clip, decoders, encoding"}}},
		{"“half precision” – schön", []piece{{Text: "“"}, {"half precision", "precision", "”"}, {Text: " – schön"}}},
	} {
		if got := pieces(c.text); !slices.Equal(got, c.want) {
			t.Errorf("%q falls into %q", c.text, got)
		}
	}
}
