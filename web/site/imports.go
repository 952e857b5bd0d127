//go:build !js

package site

import (
	"encoding/json"
	"fmt"

	"reverie/app/imports"
	"reverie/weights/catalogue"
)

// offers are what of a catalogue a page can fetch.
func offers(c *catalogue.Catalogue) imports.Catalogue {
	var list imports.Catalogue
	ids := map[string]string{} // by the file's name
	for _, f := range c.Files {
		urls := c.Readable(f)
		if f.ID == "" || len(urls) == 0 {
			continue
		}
		ids[f.Name] = f.ID
		mb := f.Needed
		if mb == 0 {
			mb = f.Size
		}
		list.Files = append(list.Files, imports.Offer{ID: f.ID, Name: f.Name, VQGAN: f.IsVQGAN(), Title: f.Title, About: f.About, Licence: f.Licence, Notice: f.Notice,
			URLs: urls, Bytes: f.Bytes, MB: mb, Kept: f.MB, Digests: f.Digests, Config: f.Config})
	}
	for _, m := range c.Models {
		if p := (imports.Pair{Title: m.Title, About: m.About, CLIP: ids[m.CLIP], VQGAN: ids[m.VQGAN], Suggested: m.Suggested}); p.CLIP != "" && p.VQGAN != "" {
			list.Pairs = append(list.Pairs, p)
		}
	}
	return list
}

// addCatalogue adds the list of published models.
func (s *Site) addCatalogue(c *catalogue.Catalogue) error {
	text, err := json.Marshal(offers(c))
	if err != nil {
		return fmt.Errorf("site: %w", err)
	}
	s.assets["/weights/"+imports.CatalogueFile] = newAsset(imports.CatalogueFile, append(text, '\n')).pack()
	return nil
}

// published is the catalogue that a site offers, or nil.
func (c Config) published() (*catalogue.Catalogue, error) {
	switch {
	case c.NoImport:
		return nil, nil
	case c.Catalogue != nil:
		return c.Catalogue, nil
	}
	return catalogue.Own()
}

// origins are what pages may connect to beside their own.
func origins(c *catalogue.Catalogue) []string {
	if c == nil {
		return nil
	}
	return c.Origins()
}
