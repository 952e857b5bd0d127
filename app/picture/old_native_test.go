//go:build !js

package picture

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"reverie/recipe"
)

// Pictures and links of an earlier build say what the build's own worker was told. That runs come of it is shown in web/e2e.
func TestOldPicturesAndLinksAgree(t *testing.T) {
	const folder = "../../web/e2e/testdata/v1"
	text, err := os.ReadFile(filepath.Join(folder, "runs.json"))
	if err != nil {
		t.Fatal(err)
	}
	var runs []struct {
		Name, Link, PNG string
		Settings        json.RawMessage
	}
	if err := json.Unmarshal(text, &runs); err != nil {
		t.Fatal(err)
	}
	usual, _, err := recipe.FromJSON(runs[0].Settings) // those of a link with nothing but a prompt
	if err != nil || runs[0].Name != "defaults" {
		t.Fatal(runs[0].Name, err)
	}
	for _, r := range runs {
		t.Run(r.Name, func(t *testing.T) {
			told, notices, err := recipe.FromJSON(r.Settings)
			if err != nil || len(notices) > 0 {
				t.Fatal(err, notices)
			}
			file, err := os.ReadFile(filepath.Join(folder, r.PNG))
			if err != nil {
				t.Fatal(err)
			}
			found, err := Read(file)
			if err != nil || !found.Complete {
				t.Fatalf("the picture tells %+v, %v", found, err)
			}
			if diff := told.Recipe.Diff(found.Script.Recipe); len(diff) > 0 {
				t.Errorf("the picture says otherwise: %v", diff)
			}
			link, _ := recipe.FromLink(r.Link)
			rounded, _, err := link.Recipe.Check(8)
			if err != nil {
				t.Fatal(err)
			}
			unusual := map[*recipe.Option]bool{}
			for _, s := range usual.Recipe.Diff(told.Recipe) {
				unusual[s.Option] = s.Option != recipe.Seed.Option // which is drawn where a link has none
			}
			for _, s := range told.Recipe.Diff(rounded) {
				if rounded.Says(s.Option) || unusual[s.Option] {
					t.Errorf("the link says otherwise: %s = %v", s.Option.Name, s.Value)
				}
			}
		})
	}
}
