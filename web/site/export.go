//go:build !js

package site

import (
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"

	"reverie/web/compress"
)

// Export writes the site as a folder for a static host, with the compressed forms beside the files for hosts that send those. Headers cannot
// be written; the page works without them.
func (s *Site) Export(dir string) error {
	urls, err := s.urls()
	if err != nil {
		return err
	}
	for _, url := range urls {
		path := url
		if path == "/" {
			path = "/index.html"
		}
		path = filepath.Join(dir, filepath.FromSlash(path))
		if err := s.exportFile(url, path); err != nil {
			return err
		}
		if a := s.assets[url]; a != nil && a.packed != nil {
			if err := exportPacked(a.packed(), path); err != nil {
				return err
			}
		}
	}
	return nil
}

// exportPacked writes FILE.br and FILE.gz.
func exportPacked(forms [][]byte, path string) error {
	for i, packed := range forms {
		if len(packed) == 0 {
			continue
		}
		if err := os.WriteFile(path+compress.Formats[i].Suffix, packed, 0o644); err != nil {
			return fmt.Errorf("site: %w", err)
		}
	}
	return nil
}

func (s *Site) exportFile(url, path string) error {
	answer := httptest.NewRecorder()
	s.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, url, nil))
	if answer.Code != http.StatusOK {
		return fmt.Errorf("site: exporting %s: HTTP status %d", url, answer.Code)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("site: %w", err)
	}
	if err := os.WriteFile(path, answer.Body.Bytes(), 0o644); err != nil {
		return fmt.Errorf("site: %w", err)
	}
	return nil
}

// urls is everything that the site serves.
func (s *Site) urls() ([]string, error) {
	urls := []string{"/weights/index.json"}
	for url := range s.assets {
		urls = append(urls, url)
	}
	for _, m := range s.models {
		files, err := fs.Glob(m.files, "*")
		if err != nil {
			return nil, fmt.Errorf("site: %w", err)
		}
		for _, name := range files {
			if name == "manifest.json" || shardName.MatchString(name) {
				urls = append(urls, "/weights/"+m.Name+"/"+name)
			}
		}
	}
	slices.Sort(urls)
	return urls, nil
}
