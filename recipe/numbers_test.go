package recipe

import (
	"encoding/json"
	"slices"
	"testing"
)

func TestNumbers(t *testing.T) {
	k := Numbers{Max: 100, Most: 3}
	for text, want := range map[string]string{"": "", " 75, 50": "50 75", "[75.0]": "75", "0.5;100": "0.5 100"} {
		if got, err := k.Parse(text); err != nil || got != want {
			t.Errorf("%q became %q, %v; want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"x", "-1", "101", "NaN", "1 2 3 4"} {
		if got, err := k.Parse(text); err == nil {
			t.Errorf("%q became %q", text, got)
		}
	}
	if got := NumbersOf("0.5 100"); !slices.Equal(got, []float64{0.5, 100}) {
		t.Errorf("%v", got)
	}
	s, _, err := FromJSON([]byte(`{"version":2,"recipe":{"rate_drop":62.5}}`)) // as scripts say it in which there was one
	if err != nil || RateDrop.In(s.Recipe) != "62.5" {
		t.Errorf("%q, %v", RateDrop.In(s.Recipe), err)
	}
}

// The hash is FNV-1a's, whose authors publish that of "foobar".
func TestWordsAsSeeds(t *testing.T) {
	var r Recipe
	if err := json.Unmarshal([]byte(`{"seed":" foobar "}`), &r); err != nil || Seed.In(r) != 0x85944171f73967e8 {
		t.Errorf("%#x, %v", Seed.In(r), err)
	}
	for _, text := range []string{"-1", "1.5", "1e5", "5 apples", "18446744073709551616", ""} {
		if v, err := Seed.Parse(text); err == nil {
			t.Errorf("%q became %v", text, v)
		}
	}
}
