//go:build !js

package driver

import (
	"os"
	"path/filepath"
	"testing"
)

func TestUnderWay(t *testing.T) {
	for _, c := range []struct {
		text, part string
		want       bool
	}{{"", "", true}, {"", "a.xyz.png.part", true}, {"PNG", "a.xyz.png.part", true}, {"PNG", "", false}} {
		dir := t.TempDir()
		path := filepath.Join(dir, "a.png")
		files := map[string]bool{path: true}
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if c.part != "" {
			files[filepath.Join(dir, c.part)] = true
		}
		if got := underWay(path, files); got != c.want {
			t.Errorf("a file of %q beside %q is under way: %t", c.text, c.part, got)
		}
	}
}
