//go:build !js

package site

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"reverie/web/compress"
)

// MaxFile is what usual static hosts take as one file, in bytes.
const MaxFile = 25 << 20

// Export writes the site as a folder for a static host: compressed forms beside the files for hosts that send those, the page that is shown
// where nothing is, and for the usual hosts how to send the headers, without which the page works, too.
func (s *Site) Export(dir string) error {
	for url, a := range s.assets {
		if url == HealthPath {
			continue
		}
		path := url
		if path == "/" {
			path = "/index.html"
		}
		if err := exportAsset(a, filepath.Join(dir, filepath.FromSlash(path))); err != nil {
			return err
		}
	}
	for url, shard := range s.shards {
		if err := shard.export(filepath.Join(dir, filepath.FromSlash(url))); err != nil {
			return err
		}
	}
	for name, text := range s.hosting() {
		if err := exportFile(filepath.Join(dir, name), text); err != nil {
			return err
		}
	}
	return nil
}

// exportAsset writes a file, and FILE.br and FILE.gz.
func exportAsset(a *asset, path string) error {
	if err := exportFile(path, a.plain); err != nil || a.packed == nil {
		return err
	}
	for i, packed := range a.packed() {
		if len(packed) == 0 {
			continue
		}
		if err := exportFile(path+compress.Formats[i].Suffix, packed); err != nil {
			return err
		}
	}
	return nil
}

// export copies the shard. One that is missing is left out: whoever asks for it gets the same answer from either server.
func (s shard) export(path string) error {
	f, size, err := s.open()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("site: exporting %s: %w", s.name, err)
	}
	defer f.Close()
	if size > MaxFile {
		return fmt.Errorf("site: exporting %s: it has %d bytes, and static hosts take %d: verify the model with go run ./cmd/weights verify", s.name, size, MaxFile)
	}
	data, err := io.ReadAll(f)
	if err != nil {
		return fmt.Errorf("site: exporting %s: %w", s.name, err)
	}
	return exportFile(path, data)
}

func exportFile(path string, data []byte) error {
	if len(data) > MaxFile {
		return fmt.Errorf("site: exporting %s: it has %d bytes, and static hosts take %d", path, len(data), MaxFile)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("site: %w", err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		return fmt.Errorf("site: %w", err)
	}
	return nil
}
