package recipe

import (
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
