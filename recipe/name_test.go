package recipe

import (
	"io/fs"
	"net/url"
	"path"
	"strings"
	"testing"
)

func TestCheckName(t *testing.T) {
	for _, name := range []string{"mini", "ViT-B_32.f16", "_x", "-", "0", strings.Repeat("a", 100)} {
		if err := CheckName(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{"", ".", "..", ".hidden", "../x", "a/b", `a\b`, "my model", "a%20b", "modèle", "a\x00", strings.Repeat("a", 101)} {
		if err := CheckName(name); err == nil || !strings.Contains(err.Error(), "use 1 to 100") {
			t.Errorf("%q: %v, want an error that says what to use", name, err)
		}
	}
}

// FuzzName holds that whatever may be a model's name is one folder inside another and stands in a URL as it is.
func FuzzName(f *testing.F) {
	for _, s := range []string{"mini", "..", ".x", "a/b", `a\b`, "a%2fb", "a:b", "NUL", "a\x00", "ä", "a?b#c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if CheckName(name) != nil {
			return
		}
		if !fs.ValidPath(name) || path.Base(name) != name || name[0] == '.' || url.PathEscape(name) != name || len(name) > maxName {
			t.Errorf("%q is taken for a name", name)
		}
	})
}
