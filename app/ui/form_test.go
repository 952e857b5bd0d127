package ui

import (
	"fmt"
	"html"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"reverie/app/protocol"
	"reverie/recipe"
	"reverie/recipe/prompt"
)

// another is a value of an option that is not its default.
func another(t *testing.T, o *recipe.Option) any {
	t.Helper()
	switch kind := o.Kind.(type) {
	case recipe.Choice:
		return kind[1].Value
	case recipe.Switch:
		return true
	case recipe.Whole, recipe.Side:
		return o.Default.(int) + 1
	case recipe.Real:
		return o.Default.(float64) + 1e-7
	case recipe.Number64:
		return uint64(1)<<63 + 1
	case recipe.Text:
		return "other"
	case recipe.PerceptorList:
		return "vit-b-16 rn50:0.5"
	case recipe.Parts:
		if kind.Vectors {
			return "AACAPwAAAMA:2"
		}
		return "1:0.5 | 2"
	case recipe.Curves:
		return "learning_rate 0:(0.1), 60:(0.3)"
	case recipe.Words:
		return "flip crop"
	case recipe.Colours:
		return "0123ab"
	case recipe.Numbers:
		return "10 50"
	case recipe.TokenGrid:
		return recipe.Tokens{Columns: 1, Rows: 2, Codes: []uint16{3, 65535}}
	case recipe.Area:
		return recipe.Mask{{Stroke: []float64{0.25, -0.5, 1.001, 0.999}, Radius: 0.1, Softness: 0.05}, {Rectangle: []float64{0, 0, 1, 1}, Erase: true}}
	case recipe.RegionList:
		return []recipe.Region{{Prompt: 12, Mask: recipe.Mask{{Rectangle: []float64{0, 0.001, 1, 1}}}}, {Prompt: 0}}
	case recipe.Pictures:
		return []prompt.Image{{Name: "a.png", Weight: -0.5, Stop: 0.25}, {Name: "b.png", Weight: 1, Stop: prompt.NoStop}}
	}
	t.Fatalf("no value for the option %s", o.Name)
	return nil
}

func TestDraftHoldsEveryOption(t *testing.T) {
	have := Draft{Start: &Opened{Name: "other"}, Images: []ImagePrompt{{Name: "a.png", Picture: pixel(1)}, {Name: "b.png", Picture: pixel(2)}}}
	for _, o := range recipe.Options() {
		want := recipe.New(recipe.Setting{Option: o, Value: another(t, o)})
		if got, err := DraftOf(recipe.Script{Recipe: want}, have).Recipe(); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v became %+v, %v", o.Name, want, got, err)
		}
	}
}

func TestEmptyFieldsLeaveOpen(t *testing.T) {
	for _, o := range recipe.Options() {
		if o.Open == recipe.ByDefault {
			continue
		}
		f := FormOf(recipe.New(recipe.Setting{Option: o, Value: another(t, o)})).With(o, " ")
		if r, err := f.Recipe(); err != nil || r.Says(o) {
			t.Errorf("%s: an empty field says %v, %v", o.Name, r.Value(o), err)
		}
	}
}

// tags are those of HTML.
var tags = regexp.MustCompile(`<[^>]*>`)

// The table alone makes a field: its label, its help, its choices, its heading.
func TestEveryOptionHasAField(t *testing.T) {
	page := html.UnescapeString(app.HTMLString(NewPage().Render()))
	squeezed := func(text string) string { return strings.Join(strings.Fields(text), "") }
	text := squeezed(tags.ReplaceAllString(page, "")) // terms in it are elements, which go-app writes in lines of their own
	for _, o := range fields() {
		want := []string{`for="` + fieldID(o) + `"`, `id="` + fieldID(o) + `"`, ">" + o.Label + "</label>"}
		if o != recipe.Model.Option && !paints(o) && !strings.Contains(text, squeezed(o.Help)) { // a model's help is its own, and a brush stands in a field's place
			t.Errorf("%s: the page lacks %s", o.Name, o.Help)
		}
		if choice, ok := o.Kind.(recipe.Choice); ok {
			for _, word := range choice {
				want = append(want, word.Label)
			}
		}
		if paints(o) {
			want = []string{`id="` + fieldID(o) + `"`, `id="` + fieldID(o) + `-problem"`}
		} else if o.Group != recipe.Essentials {
			want = append(want, ">"+string(o.Group)+"</span>", `id="`+groupFold(o.Group)+`"`)
		}
		for _, w := range want {
			if !strings.Contains(page, w) {
				t.Errorf("%s: the page lacks %s", o.Name, w)
			}
		}
	}
	for _, o := range recipe.ByModels() {
		if want := fmt.Sprintf("placeholder=%q", o.Format(o.Default)); !strings.Contains(page, want) {
			t.Errorf("%s: the page lacks %s", o.Name, want)
		}
	}
}

// A problem is at the field that it is about, as long as it is.
func TestProblemStaysAtItsField(t *testing.T) {
	s := idle(t)
	write(s, recipe.Width, "many")
	write(s, recipe.Steps, "few")
	if s.Problem != "" {
		t.Errorf("before anybody pressed Start: %q", s.Problem)
	}
	s.PressStart("/")
	if s.Wrong != fieldID(recipe.Width.Option) {
		t.Errorf("%q is wrong", s.Wrong)
	}
	write(s, recipe.Prompt, "a blue heart")
	if s.Wrong != fieldID(recipe.Width.Option) || s.Status != s.Problem {
		t.Errorf("after another field was edited %q is wrong, status %q", s.Wrong, s.Status)
	}
	write(s, recipe.Width, "64")
	if s.Wrong != fieldID(recipe.Steps.Option) || !strings.Contains(s.Problem, "Steps") {
		t.Errorf("the next one: %q of %q", s.Problem, s.Wrong)
	}
	write(s, recipe.Steps, "20")
	if s.Wrong != "" || s.Problem != "" || s.Status != "" {
		t.Errorf("all is right: problem %q of %q, status %q", s.Problem, s.Wrong, s.Status)
	}
}

func TestProblemOfAModelGoesWithTheDownload(t *testing.T) {
	s := withBig(t)
	s.PressStart("/")
	if s.Wrong != modelID {
		t.Fatalf("%q of %q", s.Problem, s.Wrong)
	}
	stored(s, "files", big(150e6))
	if s.Problem != "" || s.Wrong != "" {
		t.Errorf("the model is here, and still: %q of %q", s.Problem, s.Wrong)
	}
}

func seeds(s *State, list ...uint64) {
	s.draw = func() uint64 {
		seed := list[0]
		list = list[1:]
		return seed
	}
}

func startedSeed(t *testing.T, s *State) uint64 {
	t.Helper()
	m, ok := s.PressStart("/")
	if !ok {
		t.Fatal(s.Problem)
	}
	s.Phase = Idle
	r := m.(protocol.Start).Script.Recipe
	if !r.Says(recipe.Seed.Option) {
		t.Error("the run's seed is not said")
	}
	return recipe.Seed.In(r)
}

// Each run gets a seed of its own, which the field shows, unless it is locked: by hand, by typing one, by a link or a picture.
func TestSeed(t *testing.T) {
	s := idle(t)
	seeds(s, 1<<63+5, 8, 9)
	if got := text(s, recipe.Seed); got != "" {
		t.Errorf("before the first run the seed is %q", got)
	}
	if got := startedSeed(t, s); got != 1<<63+5 || text(s, recipe.Seed) != "9223372036854775813" {
		t.Errorf("the first run has seed %d, and the field says %s", got, text(s, recipe.Seed))
	}
	if got := startedSeed(t, s); got != 8 || text(s, recipe.Seed) != "8" {
		t.Errorf("the second run has seed %d, and the field says %s", got, text(s, recipe.Seed))
	}
	s.LockSeed(true)
	if got := startedSeed(t, s); got != 8 {
		t.Errorf("with a lock on 8 the run has seed %d", got)
	}
	write(s, recipe.Seed, "")
	if s.Form.Locked {
		t.Error("nothing is locked")
	}
	s.LockSeed(true)
	if got := text(s, recipe.Seed); got != "9" {
		t.Errorf("a lock without a seed takes %q", got)
	}
	s.LockSeed(false)
	write(s, recipe.Seed, "5476245293527641887")
	if got := startedSeed(t, s); got != 5476245293527641887 || !s.Form.Locked {
		t.Errorf("what was typed became %d, locked %t", got, s.Form.Locked)
	}
	for fragment, locked := range map[string]bool{"#p=x&seed=3&v=2": true, "#p=x&v=2": false, "#p=x": true} {
		s := idle(t)
		s.FollowLink(fragment)
		if s.Form.Locked != locked {
			t.Errorf("%s: locked %t", fragment, s.Form.Locked)
		}
	}
}

func TestNudgeSeed(t *testing.T) {
	for _, c := range []struct {
		seed string
		up   bool
		want string
	}{
		{"5476245293527641887", true, "5476245293527641888"}, {"5476245293527641887", false, "5476245293527641886"},
		{"18446744073709551615", true, "18446744073709551615"}, {"0", false, "0"}, {"", true, "0"}, {"x", true, "x"},
	} {
		s := idle(t)
		write(s, recipe.Seed, c.seed)
		s.NudgeSeed(c.up)
		if got := text(s, recipe.Seed); got != c.want {
			t.Errorf("%q, up %t, gives %q, want %q", c.seed, c.up, got, c.want)
		}
	}
}

func TestCountsAreWords(t *testing.T) {
	for n, want := range map[int]string{0: "0 steps", 1: "1 step", 2: "2 steps"} {
		if got := count(n, "step"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	s := running(t, 1)
	if s.Status != "Optimising, 1 step." {
		t.Errorf("the status is %q", s.Status)
	}
	step(s, 1, 1, nil)
	s.Receive(protocol.Done{Step: 1, Picture: pixel(1)}, start)
	if s.Status != "Done: 1 step." {
		t.Errorf("the status is %q", s.Status)
	}
}
