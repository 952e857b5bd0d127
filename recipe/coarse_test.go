package recipe

import (
	"errors"
	"strings"
	"testing"

	"reverie/recipe/prompt"
)

// Sides are halved in tokens, rounded up, once for each number that is still to come.
func TestSizeAt(t *testing.T) {
	for _, c := range []struct {
		coarse        string
		width, height int
		step          int
		want          [2]int
	}{
		{"", 80, 48, 0, [2]int{80, 48}},
		{"10", 80, 48, 0, [2]int{40, 24}},
		{"10", 80, 48, 9, [2]int{40, 24}},
		{"10", 80, 48, 10, [2]int{80, 48}},
		{"10 30", 80, 56, 9, [2]int{24, 16}}, // 10×7 tokens, 5×4, 3×2
		{"10 30", 80, 56, 29, [2]int{40, 32}},
		{"10 30", 80, 56, 30, [2]int{80, 56}},
		{"10 10", 80, 56, 9, [2]int{24, 16}}, // twice at once
		{"1 2 3 4", 8, 8, 0, [2]int{8, 8}},
	} {
		r := New(Width.Is(c.width), Height.Is(c.height), Coarse.Is(c.coarse))
		if w, h := r.SizeAt(c.step, 8); [2]int{w, h} != c.want {
			t.Errorf("%d×%d, enlarged after %q, is %d×%d after %d, want %v", c.width, c.height, c.coarse, w, h, c.step, c.want)
		}
	}
}

func TestCoarseBesideOthers(t *testing.T) {
	sound := New(Prompt.Is("a red apple"), Steps.Is(51), Coarse.Is("20, 50"))
	if r, _, err := sound.Check(8); err != nil || Coarse.In(r) != "20 50" {
		t.Errorf("%q, %v", Coarse.In(r), err)
	}
	for _, c := range []struct {
		set  []Setting
		want string // of the error, "" for none
	}{
		{[]Setting{Steps.Is(50)}, "enlarged after 50 steps, and the run ends after 50"},
		{[]Setting{Steps.Is(50), Endless.Is(true)}, ""},
		{[]Setting{MotionEvery.Is(5)}, "that is moved"},
		{[]Setting{OverlayEvery.Is(5)}, "laid over"},
		{[]Setting{ImageLoss.Is("both")}, ""},
		{[]Setting{ImageLoss.Is("both"), ImagePrompts.Is([]prompt.Image{{Name: "a.png", Weight: 1}})}, "their pixels"},
		{[]Setting{Coarse.Is("1 2 3 4 5")}, "at most 4 numbers"},
	} {
		_, _, err := sound.With(c.set...).Check(8)
		var w *Wrong
		if c.want == "" && err != nil || c.want != "" && (!errors.As(err, &w) || w.Option != Coarse.Option || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%v: %v, want %q", c.set, err, c.want)
		}
	}
}

// A fork is enlarged when the run that it departs from would have been.
func TestForkOfACoarseRun(t *testing.T) {
	s := Script{Recipe: New(Steps.Is(100), Coarse.Is("20 50.5"))}
	for step, want := range map[int]string{0: "20 50.5", 19: "1 31.5", 20: "30.5", 50: "0.5", 51: ""} {
		if got := Coarse.In(s.Fork(step, Tokens{}).Recipe); got != want {
			t.Errorf("after step %d: enlarged after %q, want %q", step, got, want)
		}
	}
}
