package settings

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	"reverie/recipe/prompt"
	"reverie/weights"
)

// apple is a small change from the defaults that can run.
func apple(change func(*Settings)) Settings {
	s := Default()
	s.Prompt = "a red apple"
	change(&s)
	return s
}

func TestNormalise(t *testing.T) {
	for _, test := range []struct {
		name   string
		factor int
		change func(*Settings)
		want   func(*Settings)
		notice string // a part of the only notice, or "" for none
	}{
		{"defaults", 8, func(s *Settings) {}, func(s *Settings) {}, ""},
		{"rounds down", 16, func(s *Settings) { s.Width, s.Height = 300, 135 }, func(s *Settings) { s.Width, s.Height = 304, 128 }, "300x135 became 304x128"},
		{"rounds halves up", 16, func(s *Settings) { s.Width = 136 }, func(s *Settings) { s.Width = 144 }, "multiples of 16"},
		{"at least one token", 16, func(s *Settings) { s.Width = 1 }, func(s *Settings) { s.Width = 16 }, "1x128 became 16x128"},
		{"too large", 16, func(s *Settings) { s.Height = 1 << 30 }, func(s *Settings) { s.Height = 4096 }, "beyond 4096"},
		{"too large for an odd factor", 12, func(s *Settings) { s.Width, s.Height = 5000, 120 }, func(s *Settings) { s.Width, s.Height = 4092, 120 }, "beyond 4096"},
		{"trims the prompt", 8, func(s *Settings) { s.Prompt = "\n a red apple " }, func(s *Settings) {}, ""},
		{"not text", 8, func(s *Settings) { s.Prompt = "a red\xff apple" }, func(s *Settings) {}, "not text"},
		{"a long prompt is left to the tokeniser", 8, func(s *Settings) { s.Prompt = strings.Repeat("word", 1000) },
			func(s *Settings) { s.Prompt = strings.Repeat("word", 1000) }, ""},
		{"no steps", 8, func(s *Settings) { s.Steps = 0 }, func(s *Settings) { s.Steps = 0 }, ""},
		{"too many steps", 8, func(s *Settings) { s.Steps = 2000000 }, func(s *Settings) { s.Steps = MaxSteps }, "number of steps"},
		{"too many cutouts", 8, func(s *Settings) { s.Cutouts = 2000 }, func(s *Settings) { s.Cutouts = MaxCutouts }, "number of cutouts"},
		{"endless rate", 8, func(s *Settings) { s.LearningRate = new(math.Inf(1)) }, func(s *Settings) { s.LearningRate = new(10.0) }, "learning rate"},
		{"too smooth", 8, func(s *Settings) { s.Smoothness = new(100.5) }, func(s *Settings) { s.Smoothness = new(100.0) }, "The smoothness was 100.5 and became 100"},
		{"left out", 8, func(s *Settings) {
			s.Preset, s.Augment, s.Model, s.InitLoss, s.Optimizer, s.Precision, s.Version = "", "", "", "", "", "", 0
		}, func(s *Settings) {}, ""},
		{"newer", 8, func(s *Settings) { s.Version = 99 }, func(s *Settings) {}, "newer Reverie"},
		{"image only", 8, func(s *Settings) {
			s.Prompt, s.ImagePrompts = "", []prompt.Image{{Name: "a.png", Weight: 1, Stop: prompt.NoStop}}
		},
			func(s *Settings) {
				s.Prompt, s.ImagePrompts = "", []prompt.Image{{Name: "a.png", Weight: 1, Stop: prompt.NoStop}}
			}, ""},
	} {
		got, notices, err := apple(test.change).Normalise(test.factor)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if want := apple(test.want); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", test.name, got, want)
		}
		if test.notice == "" && notices != nil || test.notice != "" && (len(notices) != 1 || !strings.Contains(notices[0], test.notice)) {
			t.Errorf("%s: notices %q, want one with %q", test.name, notices, test.notice)
		}
		if again, notices, err := got.Normalise(test.factor); err != nil || notices != nil || !reflect.DeepEqual(again, got) {
			t.Errorf("%s: a second time: %+v, %q, %v", test.name, again, notices, err)
		}
	}
}

func TestNormaliseErrors(t *testing.T) {
	for _, test := range []struct {
		change func(*Settings)
		want   string
	}{
		{func(s *Settings) { s.Prompt = " " }, "Type what the picture should show."},
		{func(s *Settings) { s.Prompt = "a:nan" }, "weight"},
		{func(s *Settings) { s.Prompt = strings.Repeat("é", 20001) }, "20001 characters"},
		{func(s *Settings) { s.Prompt = strings.Repeat("a|", 65) }, "65 parts"},
		{func(s *Settings) { s.ImagePrompts = []prompt.Image{{Name: "a.png", Weight: math.NaN()}} }, "weight"},
		{func(s *Settings) { s.Model = "../secret" }, "model name"},
		{func(s *Settings) { s.Model = ".." }, "model name"},
		{func(s *Settings) { s.Width = 0 }, "The width is 0"},
		{func(s *Settings) { s.Height = -8 }, "The height is -8"},
		{func(s *Settings) { s.Steps = -1 }, "steps"},
		{func(s *Settings) { s.Cutouts = 0 }, "cutouts"},
		{func(s *Settings) { s.Cutouts = -3 }, "cutouts"},
		{func(s *Settings) { s.LearningRate = new(0.0) }, "learning rate"},
		{func(s *Settings) { s.LearningRate = new(math.NaN()) }, "learning rate"},
		{func(s *Settings) { s.CutPow = new(-1.0) }, "cut power"},
		{func(s *Settings) { s.Smoothness = new(-0.5) }, "The smoothness is -0.5: choose 0 or a positive number."},
		{func(s *Settings) { s.Smoothness = new(math.NaN()) }, "smoothness"},
		{func(s *Settings) { s.InitWeight = math.Inf(-1) }, "init weight"},
		{func(s *Settings) { s.Preset = "turbo" }, "choose upd, zq, pool"},
		{func(s *Settings) { s.Augment = "some" }, "choose moves, all"},
		{func(s *Settings) { s.Precision = "double" }, "choose full, half"},
		{func(s *Settings) { s.InitLoss = "l1" }, "choose notebook, nerdyrodent"},
		{func(s *Settings) { s.Optimizer = "sgd" }, "choose adam"},
	} {
		if _, _, err := apple(test.change).Normalise(8); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v, want an error with %q", err, test.want)
		}
	}
}

func TestSuggest(t *testing.T) {
	mini := weights.Suggested{LearningRate: new(0.15), CutPow: new(0.3), Smoothness: new(1.0)}
	for _, test := range []struct {
		name                     string
		said                     func(*Settings)
		by                       weights.Suggested
		rate, cutPow, smoothness float64
	}{
		{"nobody says anything", func(s *Settings) {}, weights.Suggested{}, 0.1, 1, 0},
		{"the model does", func(s *Settings) {}, mini, 0.15, 0.3, 1},
		{"the model says a part", func(s *Settings) {}, weights.Suggested{CutPow: new(0.0)}, 0.1, 0, 0},
		{"the person says a part", func(s *Settings) { s.LearningRate = new(0.1) }, mini, 0.1, 0.3, 1},
		{"the person says all", func(s *Settings) { s.LearningRate, s.CutPow, s.Smoothness = new(0.2), new(0.0), new(0.0) }, mini, 0.2, 0, 0},
	} {
		asked := apple(test.said)
		got := asked.Suggest(test.by)
		if *got.LearningRate != test.rate || *got.CutPow != test.cutPow || *got.Smoothness != test.smoothness {
			t.Errorf("%s: learning rate %g, cut power %g, smoothness %g; want %g, %g, %g", test.name,
				*got.LearningRate, *got.CutPow, *got.Smoothness, test.rate, test.cutPow, test.smoothness)
		}
		if !reflect.DeepEqual(asked, apple(test.said)) {
			t.Errorf("%s: the settings that were asked for have changed", test.name)
		}
	}
}

// Settings that are cut to a limit leave those of the caller, and the model's, as they are.
func TestNormaliseCopies(t *testing.T) {
	asked := apple(func(s *Settings) { s.CutPow = new(1000.0) })
	if got, _, err := asked.Normalise(8); err != nil || *got.CutPow != MaxCutPow || *asked.CutPow != 1000 {
		t.Errorf("%g became %g, and the caller's is %g; %v", 1000.0, *got.CutPow, *asked.CutPow, err)
	}
}

func TestFragment(t *testing.T) {
	for _, test := range []struct {
		settings Settings
		want     string
	}{
		{apple(func(s *Settings) {}), "#p=a%20red%20apple"},
		{apple(func(s *Settings) { s.Steps, s.Seed = 300, math.MaxUint64 }), "#p=a%20red%20apple&steps=300&seed=18446744073709551615"},
		{apple(func(s *Settings) {
			s.Prompt = "a+b & ü:2|c #1"
			s.ImagePrompts = []prompt.Image{{Name: "x:1.png", Weight: -0.5, Stop: -0.25}}
			s.LearningRate = new(0.05)
		}), "#p=a%2Bb%20%26%20%C3%BC%3A2%7Cc%20%231&images=x%3A1.png%3A-0.5%3A-0.25&lr=0.05"},
		{apple(func(s *Settings) { s.LearningRate, s.CutPow = new(0.1), new(0.0) }), "#p=a%20red%20apple&cut_pow=0&lr=0.1"},
		{apple(func(s *Settings) { s.Smoothness = new(0.0) }), "#p=a%20red%20apple&smoothness=0"},
		{apple(func(s *Settings) { s.Preset, s.Augment = PresetPool, AugmentAll }), "#p=a%20red%20apple&preset=pool&augment=all"},
		{apple(func(s *Settings) { s.Precision = PrecisionHalf }), "#p=a%20red%20apple&precision=half"},
	} {
		got := test.settings.ToFragment()
		if got != test.want {
			t.Errorf("%+v as fragment: %s, want %s", test.settings, got, test.want)
		}
		if back, notices := FromFragment(got); notices != nil || !reflect.DeepEqual(back, test.settings) {
			t.Errorf("%s is read as %+v, %q", got, back, notices)
		}
	}
}

func TestFragmentForgives(t *testing.T) {
	s, notices := FromFragment("prompt=a+red+apple&steps=many&seed=-1&lr=nan&turbo=1&height=%zz&width=64&&images=a:nan")
	want := apple(func(s *Settings) { s.Width = 64 })
	if !reflect.DeepEqual(s, want) {
		t.Errorf("%+v, want %+v", s, want)
	}
	if len(notices) != 6 {
		t.Errorf("notices %q, want one each for steps, seed, lr, turbo, height and images", notices)
	}
}

func TestJSON(t *testing.T) {
	want := apple(func(s *Settings) {
		s.Seed = math.MaxUint64
		s.ImagePrompts = []prompt.Image{{Name: "a.png", Weight: 2, Stop: prompt.NoStop}}
		s.InitImage, s.InitWeight, s.LearningRate, s.Smoothness = "b.png", 0.5, new(0.1), new(0.0)
	})
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(b), `"seed":"18446744073709551615"`) {
		t.Errorf("the seed is not a string in %s", b)
	}
	if got, notices, err := FromJSON(b); err != nil || notices != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%s is read as %+v, %q, %v", b, got, notices, err)
	}
	got, notices, err := FromJSON([]byte(`{"prompt":"a red apple","steps":"many","seed":7,"turbo":true,"width":64}`))
	if err != nil || len(notices) != 3 || !reflect.DeepEqual(got, apple(func(s *Settings) { s.Width = 64 })) {
		t.Errorf("%+v, %q, %v; want notices for seed, steps and turbo", got, notices, err)
	}
	if _, _, err := FromJSON([]byte(`[1]`)); err == nil {
		t.Error("a list is read as settings")
	}
}

// TestFieldsAreComplete finds a setting that has no place in fragments.
func TestFieldsAreComplete(t *testing.T) {
	known := map[string]bool{"version": true}
	for _, f := range fields {
		known[f.json] = true
	}
	for i := range reflect.TypeFor[Settings]().NumField() {
		name, _, _ := strings.Cut(reflect.TypeFor[Settings]().Field(i).Tag.Get("json"), ",")
		if !known[name] {
			t.Errorf("the setting %q is not in fields", name)
		}
		delete(known, name)
	}
	for name := range known {
		t.Errorf("fields name %q, which is no setting", name)
	}
}

func FuzzFragment(f *testing.F) {
	f.Add("#p=a%20red%20apple&steps=300&seed=7")
	f.Add("#p=%ff&images=a%5C%7Cb:1:-1&width=-1&lr=1e999&%zz=1&=&init_image=x")
	f.Fuzz(func(t *testing.T, fragment string) {
		s, _ := FromFragment(fragment)
		again, notices := FromFragment(s.ToFragment())
		if notices != nil || !reflect.DeepEqual(again, s) {
			t.Errorf("%q gives %+v, written as %s it gives %+v, %q", fragment, s, s.ToFragment(), again, notices)
		}
		if n, _, err := s.Normalise(16); err == nil {
			if again, notices, err := n.Normalise(16); err != nil || notices != nil || !reflect.DeepEqual(again, n) {
				t.Errorf("normalised twice: %+v then %+v, %q, %v", n, again, notices, err)
			}
		}
	})
}

func FuzzJSON(f *testing.F) {
	f.Add([]byte(`{"version":1,"prompt":"a","seed":"7","image_prompts":[{"name":"a","stop":-1}]}`))
	f.Add([]byte(`{"version":"x","width":1e99,"image_prompts":[{}],"seed":7}`))
	f.Add([]byte(`{"image_prompts":[]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, _, err := FromJSON(b)
		if err != nil {
			return
		}
		written, err := json.Marshal(s)
		if err != nil {
			t.Fatalf("%+v cannot be written: %v", s, err)
		}
		if again, notices, err := FromJSON(written); err != nil || notices != nil || !reflect.DeepEqual(again, s) {
			t.Errorf("%s is read as %+v, %q, %v", written, again, notices, err)
		}
	})
}
