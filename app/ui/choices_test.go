package ui

import (
	"slices"
	"strings"
	"testing"

	"reverie/app/protocol"
	"reverie/recipe"
)

func sidesOf(s State) [2]string {
	return [2]string{s.Form.Text(recipe.Width.Option), s.Form.Text(recipe.Height.Option)}
}

func TestShapeAndSize(t *testing.T) {
	s := NewState()
	s.SetModels([]Model{{Name: "mini", Factor: 8, Bytes: 1}})
	for _, c := range []struct {
		what string
		do   func()
		want [2]string
		word string
	}{
		{"portrait", func() { s.ChooseShape(shapes[1]) }, [2]string{"88", "128"}, "Portrait"},
		{"larger", func() { s.ChooseSize(192) }, [2]string{"128", "192"}, "Portrait"},
		{"wide", func() { s.ChooseShape(shapes[2]) }, [2]string{"192", "128"}, "Wide"},
		{"square", func() { s.ChooseShape(shapes[0]) }, [2]string{"192", "192"}, "Square"},
		{"own sides", func() { s.Edit(recipe.Width.Option, "64") }, [2]string{"64", "192"}, ownShape},
		{"own shape, smaller", func() { s.ChooseSize(96) }, [2]string{"32", "96"}, ownShape},
	} {
		c.do()
		if sh, _ := s.shapeOf(); sidesOf(s) != c.want || sh.Word != c.word {
			t.Errorf("%s: %v, %s; want %v, %s", c.what, sidesOf(s), sh.Word, c.want, c.word)
		}
	}
	s.Edit(recipe.Width.Option, "wide")
	s.ChooseShape(shapes[0]) // what cannot be read is replaced
	if sidesOf(s) != [2]string{"128", "128"} {
		t.Errorf("from unreadable sides: %v", sidesOf(s))
	}
}

func TestToggleStyle(t *testing.T) {
	for _, c := range []struct{ prompt, on string }{
		{"", "fog"},
		{"a castle", "a castle, fog"},
		{"a castle:2 | roses", "a castle, fog:2 | roses"},
		{"a castle, mosaic | roses ^ a ship", "a castle, mosaic, fog | roses ^ a ship"},
	} {
		s := NewState()
		s.Edit(recipe.Prompt.Option, c.prompt)
		s.ToggleStyle("fog")
		if got := s.Form.Text(recipe.Prompt.Option); got != c.on || !s.styled("fog") {
			t.Errorf("%q becomes %q, want %q", c.prompt, got, c.on)
		}
		s.ToggleStyle("fog")
		if got := s.Form.Text(recipe.Prompt.Option); got != c.prompt || s.styled("fog") {
			t.Errorf("taken out, %q is left, want %q", got, c.prompt)
		}
	}
}

// The style's words are enough to choose from, and each can stand in a prompt.
func TestStyles(t *testing.T) {
	n, seen := 0, map[string]bool{}
	for _, st := range styles {
		for _, word := range st.Words {
			if n++; seen[word] || strings.ContainsAny(word, ",|:^") {
				t.Errorf("%q stands there twice or would be cut", word)
			}
			seen[word] = true
		}
	}
	if len(styles) != 4 || n < 24 {
		t.Errorf("%d words in %d kinds", n, len(styles))
	}
}

// A surprise begins at once, and so does the next one in its place; words of the person's it only replaces, and they come back.
func TestSurprise(t *testing.T) {
	s := idle(t)
	s.Edit(recipe.Prompt.Option, "")
	for range 2 {
		m, ok := s.Surprise("/weights/")
		begun, _ := m.(protocol.Start)
		if text := s.Form.Text(recipe.Prompt.Option); !ok || text == "" || recipe.Prompt.In(begun.Script.Recipe) != text {
			t.Fatalf("of the surprise %q it sends %+v", text, m)
		}
		s.Receive(protocol.Started{Script: begun.Script}, start)
		s.Receive(protocol.Done{Step: 1, Picture: pixel(1)}, start)
	}
	s.Edit(recipe.Prompt.Option, "mine")
	if m, ok := s.Surprise("/weights/"); ok {
		t.Errorf("in the place of words of the person's it sends %+v", m)
	}
	if text := s.Form.Text(recipe.Prompt.Option); text == "mine" || text == "" || s.UndoText() != "The surprise replaced your prompt." {
		t.Errorf("the prompt is %q, and the page says %q", text, s.UndoText())
	}
	s.PressUndo()
	if text := s.Form.Text(recipe.Prompt.Option); text != "mine" {
		t.Errorf("%q came back", text)
	}
}

func TestWeigh(t *testing.T) {
	s := NewState()
	s.Edit(recipe.Prompt.Option, "a castle | fog:0.5:-0.2")
	s.Weigh(1, -0.3)
	if got := s.Form.Text(recipe.Prompt.Option); got != "a castle | fog:-0.3:-0.2" {
		t.Errorf("the prompt is %q", got)
	}
	s.Edit(recipe.Prompt.Option, "a castle ^ fog")
	if s.parts() != nil {
		t.Error("phases have sliders that would join them")
	}
}

// A slow device gets a smaller size than usual, once, and only where nobody has chosen one.
func TestSizeSuitsTheDevice(t *testing.T) {
	foresee := func(s *State, seconds float64) {
		s.Receive(protocol.Foreseen{ID: s.forecast.id, Seconds: seconds}, start)
	}
	for _, c := range []struct {
		what    string
		prepare func(*State)
		seconds float64
		want    string
	}{
		{"fast", func(*State) {}, 0.5, "128"},
		{"slow", func(*State) {}, 6, "64"},
		{"slow, chosen", func(s *State) { s.Edit(recipe.Cutouts.Option, "4") }, 6, "128"},
		{"slow, not the first visit", func(s *State) { s.fresh = false }, 6, "128"},
	} {
		s := NewState()
		s.Phase, s.fresh = Idle, true
		s.SetModels([]Model{{Name: "mini", Factor: 8, Bytes: 1}})
		c.prepare(&s)
		foresee(&s, c.seconds)
		if got := s.Form.Text(recipe.Width.Option); got != c.want || (c.want == "64") != strings.Contains(s.Status, "64 × 64 is chosen") {
			t.Errorf("%s: width %s, and the page says %q", c.what, got, s.Status)
		}
		s.Edit(recipe.Width.Option, "128")
		foresee(&s, 60)
		if got := s.Form.Text(recipe.Width.Option); got != "128" {
			t.Errorf("%s: a choice of the person's became %s", c.what, got)
		}
	}
}

// The page says a thing once.
func TestNoticesAreSaidOnce(t *testing.T) {
	s := State{Run: &Run{Notices: []string{"Width is 64 now.", "Half fits."}}, Notices: []string{"Half fits.", "The file is old."}}
	if got := s.unsaid("Optimising, 3 steps. Width is 64 now."); !slices.Equal(got, []string{"Half fits.", "The file is old."}) {
		t.Errorf("beside the message stands %q", got)
	}
}

// An effort is so many steps, in the present size or, on a slow device, in the largest one that takes no longer than people wait.
func TestEfforts(t *testing.T) {
	quick, fine := efforts[0], efforts[2]
	for _, c := range []struct {
		seconds       float64 // of a step at 256 × 128
		quick, fine   string
		width, height string // after Quick
	}{
		{0, "Quick · 60 steps", "Fine · 400 steps", "256", "128"},
		{0.5, "Quick · 60 steps · about 30 s", "Fine · 400 steps · about 3 min", "256", "128"},
		{2, "Quick · 60 steps, 128 × 64 · about 30 s", "Fine · 400 steps · about 13 min", "128", "64"},
		{1000, "Quick · 60 steps, 64 × 32 · about 63 min", "Fine · 400 steps, 64 × 32 · about 6.9 hours", "64", "32"},
	} {
		s := idle(t)
		write(s, recipe.Width, "256")
		if c.seconds > 0 {
			s.forecast.told = &protocol.Foreseen{Seconds: c.seconds}
		}
		if got := s.effortText(quick); got != c.quick {
			t.Errorf("at %g s a step: %q, want %q", c.seconds, got, c.quick)
		}
		if got := s.effortText(fine); got != c.fine {
			t.Errorf("at %g s a step: %q, want %q", c.seconds, got, c.fine)
		}
		s.ChooseEffort(quick)
		if text(s, recipe.Width) != c.width || text(s, recipe.Height) != c.height || text(s, recipe.Steps) != "60" {
			t.Errorf("at %g s a step Quick is %s × %s, %s steps", c.seconds, text(s, recipe.Width), text(s, recipe.Height), text(s, recipe.Steps))
		}
	}
}
