package recipe

import (
	"slices"
	"testing"
)

func TestWords(t *testing.T) {
	k := Words{Of: []string{"flip", "crop", "jitter"}, Also: map[string]string{"Ji": "jitter"}}
	for _, c := range []struct{ text, want string }{{"", ""}, {"crop, flip", "crop flip"}, {" Ji crop ", "jitter crop"}} {
		if got, err := k.Parse(c.text); err != nil || got != c.want {
			t.Errorf("%q becomes %q, %v, want %q", c.text, got, err, c.want)
		}
	}
	for _, text := range []string{"blur", "flip flip", "Ji jitter", "Flip"} {
		if got, err := k.Parse(text); err == nil {
			t.Errorf("%q is read as %q", text, got)
		}
	}
}

func TestParts(t *testing.T) {
	for _, c := range []struct {
		vectors    bool
		text, want string
	}{{false, "", ""}, {false, " 1:0.5|18446744073709551615 ", "1:0.5 | 18446744073709551615"}, {true, "AACAPwAAAMA:2", "AACAPwAAAMA:2"}} {
		if got, err := (Parts{c.vectors}).Parse(c.text); err != nil || got != c.want {
			t.Errorf("%q becomes %q, %v, want %q", c.text, got, err, c.want)
		}
	}
	for _, c := range []struct {
		vectors bool
		text    string
	}{{false, "a"}, {false, "-1"}, {true, "abc"}, {true, "AADAfw"}, {true, "7"}} { // the third is three bytes, the fourth NaN
		if got, err := (Parts{c.vectors}).Parse(c.text); err == nil {
			t.Errorf("%q is read as %q", c.text, got)
		}
	}
	if got := VectorOf("AACAPwAAAMA"); !slices.Equal(got, []float32{1, -2}) {
		t.Errorf("a vector of %v, want 1 and -2", got)
	}
}
