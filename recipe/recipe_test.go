package recipe

import (
	"encoding/json"
	"flag"
	"io"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"reverie/recipe/peers"
	"reverie/recipe/prompt"
)

// apple is a recipe that can run.
func apple(settings ...Setting) Recipe { return New(Prompt.Is("a red apple")).With(settings...) }

func TestCheck(t *testing.T) {
	image := []prompt.Image{{Name: "a.png", Weight: 1, Stop: prompt.NoStop}}
	for _, test := range []struct {
		name        string
		factor      int
		asked, want Recipe
		notice      string // a part of the only notice, or "" for none
	}{
		{"defaults", 8, apple(), apple(), ""},
		{"rounds down", 16, apple(Width.Is(300), Height.Is(135)), apple(Width.Is(304), Height.Is(128)), "300x135 became 304x128"},
		{"rounds halves up", 16, apple(Width.Is(136)), apple(Width.Is(144)), "multiples of 16"},
		{"at least one token", 16, apple(Width.Is(1)), apple(Width.Is(16)), "1x128 became 16x128"},
		{"too large", 16, apple(Height.Is(1 << 30)), apple(Height.Is(4096)), "beyond 4096"},
		{"too large for an odd factor", 12, apple(Width.Is(5000), Height.Is(120)), apple(Width.Is(4092), Height.Is(120)), "beyond 4096"},
		{"trims the prompt", 8, apple(Prompt.Is("\n a red apple ")), apple(), ""},
		{"not text", 8, apple(Prompt.Is("a red\xff apple")), apple(), "not text"},
		{"a long prompt is left to the tokeniser", 8, apple(Prompt.Is(strings.Repeat("word", 1000))), apple(Prompt.Is(strings.Repeat("word", 1000))), ""},
		{"no steps", 8, apple(Steps.Is(0)), apple(Steps.Is(0)), ""},
		{"too many steps", 8, apple(Steps.Is(2000000)), apple(Steps.Is(MaxSteps)), "number of steps"},
		{"too many cutouts", 8, apple(Cutouts.Is(2000)), apple(Cutouts.Is(1024)), "number of cutouts"},
		{"endless rate", 8, apple(LearningRate.Is(math.Inf(1))), apple(LearningRate.Is(10)), "learning rate"},
		{"too smooth", 8, apple(Smoothness.Is(100.5)), apple(Smoothness.Is(100)), "The smoothness was 100.5 and became 100"},
		{"left out", 8, apple(Preset.Is(""), Augment.Is(""), Model.Is(""), InitLoss.Is(""), Optimizer.Is(""), Precision.Is("")), apple(), ""},
		{"image only", 8, New(ImagePrompts.Is(image)), New(ImagePrompts.Is(image)), ""},
	} {
		got, notices, err := test.asked.Check(test.factor)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %+v, want %+v", test.name, got, test.want)
		}
		if test.notice == "" && notices != nil || test.notice != "" && (len(notices) != 1 || !strings.Contains(notices[0], test.notice)) {
			t.Errorf("%s: notices %q, want one with %q", test.name, notices, test.notice)
		}
		if again, notices, err := got.Check(test.factor); err != nil || notices != nil || !reflect.DeepEqual(again, got) {
			t.Errorf("%s: a second time: %+v, %q, %v", test.name, again, notices, err)
		}
	}
}

func TestCheckErrors(t *testing.T) {
	for _, test := range []struct {
		set  Setting
		want string
	}{
		{Prompt.Is(" "), "Type what the picture should show."},
		{Prompt.Is("a:nan"), "weight"},
		{Prompt.Is(strings.Repeat("é", 20001)), "20001 characters"},
		{Prompt.Is(strings.Repeat("a|", 65)), "65 parts"},
		{Prompt.Is(strings.Repeat("a^", 257)), "257 phases"},
		{ImagePrompts.Is([]prompt.Image{{Name: "a.png", Weight: math.NaN()}}), "weight"},
		{Model.Is("../secret"), "no model's name"},
		{Model.Is(".."), "no model's name"},
		{Width.Is(0), "The width is 0"},
		{Height.Is(-8), "The height is -8"},
		{Steps.Is(-1), "The number of steps is -1: choose 1 or more (0 gives the start picture)."},
		{Cutouts.Is(0), "The number of cutouts is 0: choose at least 1."},
		{LearningRate.Is(0), "The learning rate is 0: choose a positive number."},
		{LearningRate.Is(math.NaN()), "learning rate"},
		{CutPow.Is(-1), "cut power"},
		{Smoothness.Is(-0.5), "The smoothness is -0.5: choose 0 or a positive number."},
		{Smoothness.Is(math.NaN()), "smoothness"},
		{InitWeight.Is(math.Inf(-1)), "start weight"},
		{Preset.Is("turbo"), "There is no preset \"turbo\": choose upd, zq, pool, latest, nrupdated, pytti, pixray, reverie."},
		{Augment.Is("some"), "choose moves, all"},
		{Precision.Is("double"), "choose full, half"},
		{InitLoss.Is("l1"), "choose notebook, nerdyrodent"},
		{Optimizer.Is("sgd"), "choose adam, adamw, radam, schedule-free"},
	} {
		if _, _, err := apple(test.set).Check(8); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v, want an error with %q", err, test.want)
		}
	}
}

func TestSuggest(t *testing.T) {
	mini := New(LearningRate.Is(0.15), CutPow.Is(0.3), Smoothness.Is(1))
	for _, test := range []struct {
		name                     string
		asked, by                Recipe
		rate, cutPow, smoothness float64
	}{
		{"nobody says anything", apple(), Recipe{}, 0.1, 1, 0},
		{"the model does", apple(), mini, 0.15, 0.3, 1},
		{"the model says a part", apple(), New(CutPow.Is(0)), 0.1, 0, 0},
		{"the person says a part", apple(LearningRate.Is(0.1)), mini, 0.1, 0.3, 1},
		{"the person says all", apple(LearningRate.Is(0.2), CutPow.Is(0), Smoothness.Is(0)), mini, 0.2, 0, 0},
	} {
		before := apple(test.asked.Said()...)
		got := test.asked.Suggest(test.by)
		if LearningRate.In(got) != test.rate || CutPow.In(got) != test.cutPow || Smoothness.In(got) != test.smoothness {
			t.Errorf("%s: %+v; want %g, %g, %g", test.name, got, test.rate, test.cutPow, test.smoothness)
		}
		if !got.Says(LearningRate.Option) || !reflect.DeepEqual(test.asked, before) {
			t.Errorf("%s: nothing is left open in %+v, and the recipe that was asked for is %+v", test.name, got, test.asked)
		}
	}
	for _, wrong := range []Recipe{New(Steps.Is(3)), New(LearningRate.Is(0)), New(LearningRate.Is(10.5)), New(CutPow.Is(-0.5)), New(Smoothness.Is(math.NaN()))} {
		if CheckSuggestion(wrong) == nil {
			t.Errorf("a model may suggest %+v", wrong)
		}
	}
	if err := CheckSuggestion(mini); err != nil {
		t.Error(err)
	}
}

func TestLink(t *testing.T) {
	for _, test := range []struct {
		recipe Recipe
		want   string
	}{
		{apple(), "#p=a%20red%20apple&v=2"},
		{apple(Steps.Is(300), Seed.Is(math.MaxUint64)), "#p=a%20red%20apple&steps=300&seed=18446744073709551615&v=2"},
		{apple(Seed.Is(0)), "#p=a%20red%20apple&seed=0&v=2"},
		{New(Prompt.Is("a+b & ü:2|c #1"), ImagePrompts.Is([]prompt.Image{{Name: "x:1.png", Weight: -0.5, Stop: -0.25}}), LearningRate.Is(0.05)),
			"#p=a%2Bb%20%26%20%C3%BC%3A2%7Cc%20%231&images=x%3A1.png%3A-0.5%3A-0.25&lr=0.05&v=2"},
		{apple(LearningRate.Is(0.1), CutPow.Is(0)), "#p=a%20red%20apple&cut_pow=0&lr=0.1&v=2"},
		{apple(Smoothness.Is(0)), "#p=a%20red%20apple&smoothness=0&v=2"},
		{apple(Preset.Is("pool"), Augment.Is("all")), "#p=a%20red%20apple&preset=pool&augment=all&v=2"},
		{apple(Precision.Is("half"), Endless.Is(true)), "#p=a%20red%20apple&endless=true&precision=half&v=2"},
	} {
		got := test.recipe.ToLink()
		if got != test.want {
			t.Errorf("%+v as a link: %s, want %s", test.recipe, got, test.want)
		}
		if back, notices := FromLink(got); notices != nil || !reflect.DeepEqual(back, Script{Recipe: test.recipe}) {
			t.Errorf("%s is read as %+v, %q", got, back, notices)
		}
	}
}

func TestLinkForgives(t *testing.T) {
	s, notices := FromLink("prompt=a+red+apple&steps=many&seed=-1&lr=nan&turbo=1&height=%zz&width=64&&images=a:nan&v=2")
	if want := (Script{Recipe: apple(Width.Is(64))}); !reflect.DeepEqual(s, want) {
		t.Errorf("%+v, want %+v", s, want)
	}
	if len(notices) != 6 {
		t.Errorf("notices %q, want one each for steps, seed, lr, turbo, height and images", notices)
	}
	if _, notices := FromLink("p=a&v=99"); len(notices) != 1 || !strings.Contains(notices[0], "newer Reverie") {
		t.Errorf("a link of version 99: %q", notices)
	}
	if s, notices := FromLink("p=a&cutn=3&num_cuts=9&v=2"); notices != nil || Cutouts.In(s.Recipe) != 9 {
		t.Errorf("other tools' names: %+v, %q", s, notices)
	}
	s, notices = FromLink("p=a&30.turbo=1&-1.steps=3&x.steps=3&9999999.steps=3&30.steps=many&v=2")
	if len(s.Changes) != 0 || len(notices) != 5 {
		t.Errorf("of changes that cannot be read: %+v, %q", s, notices)
	}
}

// A link holds what changed on a run's way, in whatever order it says that.
func TestLinkOfAScript(t *testing.T) {
	want := Script{Recipe: apple(Seed.Is(7))}.With(4, Cutouts.Is(3)).With(30, Prompt.Is("a red apple | fog:-0.5"), LearningRate.Is(0.3))
	link := want.ToLink()
	if link != "#p=a%20red%20apple&seed=7&4.cutouts=3&30.p=a%20red%20apple%20%7C%20fog%3A-0.5&30.lr=0.3&v=2" {
		t.Errorf("the link is %s", link)
	}
	if got, notices := FromLink(link); notices != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("it is read as %+v, %q", got, notices)
	}
	got, _ := FromLink("#30.lr=9&30.p=a+red+apple+%7C+fog:-0.5&p=a+red+apple&30.learning_rate=0.3&4.cutouts=3&seed=7&v=2")
	if !reflect.DeepEqual(got, want) {
		t.Errorf("in another order it is read as %+v", got)
	}
	bare := want.With(50, ImagePrompts.Is([]prompt.Image{{Name: "x.png", Weight: 1, Stop: prompt.NoStop}})).Without(ImagePrompts.Option)
	if !reflect.DeepEqual(bare, want) {
		t.Errorf("without its pictures it is %+v", bare)
	}
}

// What links and settings of version 1 left out, and what a caret was in them, they still mean.
func TestVersion1KeepsItsMeaning(t *testing.T) {
	want := New(Prompt.Is(`2\^3 | b`), Seed.Is(0), Steps.Is(9))
	if s, notices := FromLink("#p=2%5E3%20%7C%20b&steps=9"); notices != nil || !reflect.DeepEqual(s, Script{Recipe: want}) {
		t.Errorf("the link is read as %+v, %q", s, notices)
	}
	s, notices, err := FromJSON([]byte(`{"version":1,"prompt":"2^3 | b","steps":9,"width":128}`))
	if err != nil || notices != nil || !reflect.DeepEqual(s, Script{Recipe: want}) {
		t.Errorf("the settings are read as %+v, %q, %v", s, notices, err)
	}
}

func TestScriptJSON(t *testing.T) {
	want := Script{Recipe: apple(Seed.Is(math.MaxUint64), ImagePrompts.Is([]prompt.Image{{Name: "a.png", Weight: 2, Stop: prompt.NoStop}}),
		InitImage.Is("b.png"), InitWeight.Is(0.5), LearningRate.Is(0.1), Smoothness.Is(0))}.
		With(3, Prompt.Is("b"), LearningRate.Is(0.1)).With(7, Steps.Is(150))
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`{"version":2,"recipe":{"prompt":"a red apple"`, `"seed":"18446744073709551615"`, `"changes":[{"step":3,"set":{"prompt":"b","learning_rate":0.1}},{"step":7,"set":{"steps":150}}]`} {
		if !strings.Contains(string(b), part) {
			t.Errorf("%s lacks %s", b, part)
		}
	}
	if got, notices, err := FromJSON(b); err != nil || notices != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%s is read as %+v, %q, %v", b, got, notices, err)
	}
	var strict Script
	if err := json.Unmarshal(b, &strict); err != nil || !reflect.DeepEqual(strict, want) {
		t.Errorf("%s is read as %+v, %v", b, strict, err)
	}
}

func TestScriptJSONForgives(t *testing.T) {
	got, notices, err := FromJSON([]byte(`{"version":2,"recipe":{"prompt":"a red apple","steps":"many","seed":7,"turbo":true,"width":64},
		"changes":[{"step":-1,"set":{"steps":3}},{"step":2,"set":{"steps":4,"x":1}},{"set":{}},7]}`))
	want := Script{Recipe: apple(Width.Is(64))}.With(2, Steps.Is(4))
	if err != nil || len(notices) != 7 || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %q, %v; want %+v and notices for seed, steps, turbo, x and three changes", got, notices, err, want)
	}
	for _, wrong := range []string{`[1]`, `{"version":2,"recipe":7}`, `{"version":2,"recipe":{},"changes":{}}`} {
		if s, _, err := FromJSON([]byte(wrong)); err == nil {
			t.Errorf("%s is read as %+v", wrong, s)
		}
	}
}

func TestScriptAt(t *testing.T) {
	s := Script{Recipe: apple()}.With(2, Prompt.Is("b"), Steps.Is(3)).With(5, Steps.Is(9)).With(5, Cutouts.Is(4))
	for step, want := range map[int]Recipe{
		1: apple(), 2: New(Prompt.Is("b"), Steps.Is(3)), 4: New(Prompt.Is("b"), Steps.Is(3)), 5: New(Prompt.Is("b"), Steps.Is(9), Cutouts.Is(4)),
	} {
		if got := s.At(step); !reflect.DeepEqual(got, want) {
			t.Errorf("after step %d: %+v, want %+v", step, got, want)
		}
	}
	if changed := s.With(3, Steps.Is(7)); Steps.In(changed.At(9)) != 7 || Cutouts.In(changed.At(9)) != 4 {
		t.Errorf("what was to change later holds on: %+v", changed)
	}
	if got := s.Until(4); len(got.Changes) != 1 || !reflect.DeepEqual(got.At(9), s.At(4)) {
		t.Errorf("until step 4: %+v", got)
	}
	// A default that is set during a run is a change, too.
	if got := (Script{Recipe: apple(Cutouts.Is(4))}).With(2, Cutouts.Is(16)); Cutouts.In(got.At(2)) != 16 {
		t.Errorf("set to the default: %+v", got)
	}
}

func TestScriptCheck(t *testing.T) {
	s := Script{Recipe: apple(Cutouts.Is(4000))}.With(3, LearningRate.Is(99))
	got, notices, err := s.Check(8)
	if err != nil || len(notices) != 2 || LearningRate.In(got.At(3)) != 10 || Cutouts.In(got.At(0)) != 1024 {
		t.Errorf("%+v, %q, %v", got, notices, err)
	}
	if _, _, err := s.With(3, Cutouts.Is(0)).Check(8); err == nil || !strings.Contains(err.Error(), "After step 3: The number of cutouts is 0") {
		t.Errorf("a change that cannot run: %v", err)
	}
}

func TestFlags(t *testing.T) {
	r := apple(Steps.Is(3))
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	AddFlags(flags, &r, Options())
	err := flags.Parse([]string{"-cut-pow", "0.5", "-image-prompts", "a.png:2 | b.png", "-seed", "18446744073709551615", "-endless", "true", "-steps", "7"})
	want := apple(CutPow.Is(0.5), Seed.Is(math.MaxUint64), Endless.Is(true), Steps.Is(7), ImagePrompts.Is([]prompt.Image{{Name: "a.png", Weight: 2, Stop: prompt.NoStop}, {Name: "b.png", Weight: 1, Stop: prompt.NoStop}}))
	if err != nil || !reflect.DeepEqual(r, want) {
		t.Errorf("%+v, %v; want %+v", r, err, want)
	}
	if err := flags.Parse([]string{"-steps", "many"}); err == nil || !strings.Contains(err.Error(), "write a whole number") {
		t.Errorf("a number that is none: %v", err)
	}
}

// The documentation is made from the table: make docs writes it.
func TestDocumentationIsUpToDate(t *testing.T) {
	schema, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"../docs/options.md": Markdown() + peers.Markdown(), "../docs/script.schema.json": string(schema)} {
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("%s is not what the table says (%v): run make docs", path, err)
		}
	}
}

// Names are one for one option, and none is a link's own key.
func TestNamesAreUnique(t *testing.T) {
	seen := []string{versionKey}
	for _, o := range Options() {
		for _, name := range slices.Compact([]string{o.Name, o.key()}) {
			if slices.Contains(seen, name) {
				t.Errorf("%s is the name of two options", name)
			}
			seen = append(seen, name)
		}
		if o.Label == "" || !strings.HasSuffix(o.Help, ".") || !slices.Contains(Groups, o.Group) {
			t.Errorf("%s: label %q, help %q, group %q", o.Name, o.Label, o.Help, o.Group)
		}
	}
}

func FuzzLink(f *testing.F) {
	f.Add("#p=a%20red%20apple&steps=300&seed=7")
	f.Add("#p=a&30.lr=0.3&4.cutouts=3&30.p=b&v=2")
	f.Add("#p=%ff&images=a%5C%7Cb:1:-1&width=-1&lr=1e999&%zz=1&=&init_image=x&v=2")
	f.Fuzz(func(t *testing.T, fragment string) {
		s, _ := FromLink(fragment)
		again, notices := FromLink(s.ToLink())
		if notices != nil || !reflect.DeepEqual(again, s) {
			t.Errorf("%q gives %+v, written as %s it gives %+v, %q", fragment, s, s.ToLink(), again, notices)
		}
		if n, _, err := s.Check(16); err == nil {
			if again, notices, err := n.Check(16); err != nil || notices != nil || !reflect.DeepEqual(again, n) {
				t.Errorf("checked twice: %+v then %+v, %q, %v", n, again, notices, err)
			}
		}
	})
}

func FuzzJSON(f *testing.F) {
	f.Add([]byte(`{"version":1,"prompt":"a","seed":"7","image_prompts":[{"name":"a","stop":-1}]}`))
	f.Add([]byte(`{"version":"x","width":1e99,"image_prompts":[{}],"seed":7}`))
	f.Add([]byte(`{"version":2,"recipe":{"image_prompts":[],"prompt":"a^b"},"changes":[{"step":3,"set":{"steps":4}}]}`))
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
