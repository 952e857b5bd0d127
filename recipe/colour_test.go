package recipe

import (
	"reflect"
	"strings"
	"testing"
)

func TestColours(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ""}, {"#FF8800, 0af;123456", "ff8800 00aaff 123456"}, {"  ff8800 ", "ff8800"},
	} {
		if got, err := (Colours{Max: 3}).Parse(c.text); err != nil || got != c.want {
			t.Errorf("%q becomes %q, %v, want %q", c.text, got, err, c.want)
		}
	}
	for _, text := range []string{"red", "ff88", "ff880g", "+f8800", "1 2 3 4", strings.Repeat("ff8800 ", 4)} {
		if got, err := (Colours{Max: 3}).Parse(text); err == nil {
			t.Errorf("%q is read as %q", text, got)
		}
	}
	if _, err := (Colours{Min: 1, Max: 1}).Parse(""); err == nil || !strings.Contains(err.Error(), "one colour") {
		t.Errorf("no colour where there must be one: %v", err)
	}
	if got, want := ColoursOf("ff0033 000000"), [][3]float64{{1, 0, 0.2}, {0, 0, 0}}; !reflect.DeepEqual(got, want) {
		t.Errorf("colours %v, want %v", got, want)
	}
}
