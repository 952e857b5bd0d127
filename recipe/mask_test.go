package recipe

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
)

func TestMaskAt(t *testing.T) {
	// A picture twice as wide as high: a length of 0.1 is 0.05 of its width.
	rectangle := Mask{{Rectangle: []float64{0.25, 0, 0.75, 1}, Softness: 0.2}}
	stroke := Mask{{Stroke: []float64{0.25, 0.5, 0.75, 0.5}, Radius: 0.2}}
	holed := append(append(Mask{}, rectangle...), Shape{Stroke: []float64{0.5, 0.5}, Radius: 0.1, Erase: true})
	for _, c := range []struct {
		name string
		mask Mask
		x, y float64
		want float64
	}{
		{"nothing", nil, 0.5, 0.5, 0},
		{"inside", rectangle, 0.5, 0.5, 1},
		{"on the edge", rectangle, 0.25, 0.5, 0.5},
		{"a quarter of the edge beyond it", rectangle, 0.225, 0.5, 0.25},
		{"outside", rectangle, 0.2, 0.5, 0},
		{"on the stroke", stroke, 0.5, 0.69, 1},
		{"beside the stroke", stroke, 0.5, 0.71, 0},
		{"at its end", stroke, 0.84, 0.5, 1},
		{"beyond its end", stroke, 0.86, 0.5, 0},
		{"erased", holed, 0.5, 0.5, 0},
		{"beside what is erased", holed, 0.5, 0.61, 1},
	} {
		if got := c.mask.At(c.x, c.y, 200, 100); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s: %g, want %g", c.name, got, c.want)
		}
	}
}

// Halves are named; only the line between them is soft, and the words stand in JSON too.
func TestHalvesByName(t *testing.T) {
	var list []Region
	if err := json.Unmarshal([]byte(`[{"prompt":0,"mask":"left_200"},{"prompt":1,"mask":"bottom.etop_100"}]`), &list); err != nil {
		t.Fatal(err)
	}
	if got := (RegionList{}).Format(list); got != "0r-1000_-1000_500_2000_200~1r-1000_500_2000_2000_0.er-1000_-1000_2000_500_100" {
		t.Errorf("they became %s", got)
	}
	for _, c := range []struct {
		name string
		x, y float64
		want float64
	}{
		{"left_200", 0, 0, 1}, {"left_200", 0.25, 1, 1}, {"left_200", 0.5, 0.5, 0.5}, {"left_200", 0.525, 0, 0.25}, {"left_200", 1, 0, 0},
		{"right", 0.49, 0.5, 0}, {"right", 0.51, 0, 1}, {"top_200", 0.5, 0, 1}, {"top_200", 0, 0.55, 0.25}, {"bottom_200", 1, 0.55, 0.75}, {"bottom_200", 0, 0, 0},
	} {
		m, err := parseMask(c.name)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.At(c.x, c.y, 200, 100); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s at %g, %g: %g, want %g", c.name, c.x, c.y, got, c.want)
		}
	}
	for _, text := range []string{"left_x", "left_1_2", "middle"} {
		if m, err := parseMask(text); err == nil {
			t.Errorf("%s became %v", text, m)
		}
	}
}

func TestMasksInWords(t *testing.T) {
	for text, want := range map[string]string{
		"0r0_0_500_1000_100~1er-250_0_500_1000_0.s50_20_300_400_310_420": "",
		"3":                 "",
		"r0_0_500_1000_100": "write regions like", "0q1_2": "write shapes like", "0r1_2_3_4": "write shapes like", "0s1_2_3": "write shapes like",
		"0r0_0_500_1000_100.": "write shapes like", "0r0_0_x_1000_100": "write shapes like", "99999999999": "write regions like",
	} {
		v, err := RegionList{}.Parse(text)
		switch {
		case want != "":
			if err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%s: %v, want %q", text, err, want)
			}
		case err != nil || RegionList{}.Format(v) != text:
			t.Errorf("%s became %s, %v", text, RegionList{}.Format(v), err)
		}
	}
	if link := New(Regions.Is([]Region{{Prompt: 1, Mask: Mask{{Rectangle: []float64{-0.25, 0, 0.5, 1}}}}})).ToLink(); !strings.Contains(link, "&regions=1r-250_0_500_1000_0&") {
		t.Errorf("the link is %s", link)
	}
}

func TestCheckMasks(t *testing.T) {
	square := []float64{0, 0, 1, 1}
	got, notices, err := apple(Hold.Is(Mask{{Rectangle: []float64{-9, 0, 0.33333, 1}, Softness: -1}})).Check(8)
	if want := (Mask{{Rectangle: []float64{-1, 0, 0.333, 1}}}); err != nil || notices != nil || !reflect.DeepEqual(Hold.In(got), want) {
		t.Errorf("%+v, %q, %v", Hold.In(got), notices, err)
	}
	for want, s := range map[string]Setting{
		"is neither a rectangle":              Hold.Is(Mask{{Rectangle: []float64{1, 2, 3}}}),
		"part that is dreamt anew is neither": Dream.Is(Mask{{Rectangle: square, Stroke: []float64{1, 2}}}),
		"regions is neither":                  Regions.Is([]Region{{0, Mask{{}}}}),
		"with more than 1000 strokes":         Hold.Is(make(Mask, 1001)),
		"or 20000 numbers":                    Hold.Is(Mask{{Stroke: make([]float64, 20002)}}),
		"Prompt 3 has two regions":            Regions.Is([]Region{{3, nil}, {3, nil}}),
		"A region is of prompt 64":            Regions.Is([]Region{{64, nil}}),
		"The start has 1 tokens for 2×1":      StartTokens.Is(Tokens{2, 1, []uint16{1}}),
	} {
		if _, _, err := apple(s).Check(8); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	_, _, err = apple(InitImage.Is("a.png"), StartTokens.Is(Tokens{1, 1, []uint16{1}})).Check(8)
	if err == nil || !strings.Contains(err.Error(), "from a picture and from tokens") {
		t.Errorf("%v", err)
	}
}

func TestTokensInWords(t *testing.T) {
	v, err := TokenGrid{}.Parse("2x1.AQACAA")
	if want := (Tokens{2, 1, []uint16{1, 2}}); err != nil || !reflect.DeepEqual(v, want) {
		t.Errorf("%+v, %v", v, err)
	}
	for _, text := range []string{"2x1", "2x2.AQACAA", "0x0.", "x1.AQAC", "2x1.AQA=AA", "-1x-2.AQACAA", "5000x1.AQACAA"} {
		if v, err := (TokenGrid{}).Parse(text); err == nil {
			t.Errorf("%s is read as %+v", text, v)
		}
	}
}

// A change may take back whatever option was said.
func TestChangesBackToTheDefault(t *testing.T) {
	for _, o := range Options() {
		s := Script{Recipe: apple()}.With(3, Setting{o, o.Default})
		b, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if got, notices, err := FromJSON(b); err != nil || notices != nil || !reflect.DeepEqual(got, s) {
			t.Errorf("%s became %+v, %q, %v", b, got, notices, err)
		}
	}
}

func TestFork(t *testing.T) {
	tokens := Tokens{2, 1, []uint16{1, 2}}
	s := Script{Recipe: apple(Steps.Is(50), InitImage.Is("a.png"), InitWeight.Is(1))}.With(10, LearningRate.Is(0.3), Dream.Is(Mask{{Rectangle: []float64{0, 0, 1, 1}}})).With(30, Cutouts.Is(3))
	got := s.Fork(20, tokens)
	if want := (Script{Recipe: apple(Steps.Is(30), InitWeight.Is(1), LearningRate.Is(0.3), StartTokens.Is(tokens))}); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := s.Fork(50, tokens); Steps.In(got.Recipe) != 1 {
		t.Errorf("a fork from the end has %d steps", Steps.In(got.Recipe))
	}
}
