package recipe

import (
	"reflect"
	"strings"
	"testing"
)

func TestPerceptors(t *testing.T) {
	for _, c := range []struct {
		text, want string
		list       []Perceptor
	}{
		{"", "", nil},
		{" vit-b-16 ,rn50:0.50\t x:1 ", "vit-b-16 rn50:0.5 x", []Perceptor{{"vit-b-16", 1}, {"rn50", 0.5}, {"x", 1}}},
		{"a:1e-3", "a:0.001", []Perceptor{{"a", 0.001}}},
	} {
		got, err := PerceptorList{}.Parse(c.text)
		if err != nil || got != c.want || !reflect.DeepEqual(PerceptorsOf(c.want), c.list) {
			t.Errorf("%q is %q (%v) with %v", c.text, got, err, PerceptorsOf(c.want))
		}
	}
	for text, want := range map[string]string{
		"a:0": "a weight over 0", "a:-1": "a weight over 0", "a:101": "a weight over 0", "a:NaN": "a weight over 0", "a:x": "a weight over 0", "a:1:2": "a weight over 0",
		"a+b": "no model's name", "../a": "no model's name", ":1": "no model's name", "a b c d e": "at most 4",
	} {
		if _, err := (PerceptorList{}).Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
		if _, _, err := New(Prompt.Is("x"), Perceptors.Is(text)).Check(8); err == nil || !strings.Contains(err.Error(), "The list of further CLIPs cannot be read") {
			t.Errorf("%q is checked: %v", text, err)
		}
	}
}

// During a run a further CLIP may count more or less, and no other may come.
func TestPerceptorsChangeTheirWeights(t *testing.T) {
	now := New(Perceptors.Is("a b:0.5"))
	if err := now.CheckChange(New(Perceptors.Is("a:2 b"))); err != nil {
		t.Errorf("other weights: %v", err)
	}
	for _, other := range []string{"a", "a c:0.5", "b:0.5 a", "a b:0.5 c"} {
		if err := now.CheckChange(New(Perceptors.Is(other))); err == nil {
			t.Errorf("from %q the run may change to %q", Perceptors.In(now), other)
		}
	}
}
