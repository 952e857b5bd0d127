package ui

import (
	"reflect"
	"strings"
	"testing"

	"reverie/app/film"
	"reverie/app/picture"
	"reverie/app/protocol"
	"reverie/recipe"
	"reverie/recipe/prompt"
)

// A link holds the run that was steered, until the form says something else.
func TestLinkOfASteeredRun(t *testing.T) {
	s := running(t, 9)
	if script, err := s.linked(); err != nil || len(script.Changes) != 0 || recipe.Prompt.In(script.Recipe) != "a red apple" {
		t.Fatalf("before the first change it holds %+v, %v", script, err)
	}
	steered := s.Run.Script.With(3, recipe.Cutouts.Is(5), recipe.ImagePrompts.Is([]prompt.Image{{Name: "x.png", Weight: 1, Stop: prompt.NoStop}}))
	s.Run.Script = steered
	script, err := s.linked()
	if want := steered.Without(recipe.ImagePrompts.Option); err != nil || !reflect.DeepEqual(script, want) {
		t.Errorf("it holds %+v, %v, want %+v", script, err, want)
	}
	other := idle(t)
	other.FollowLink(script.ToLink())
	if len(other.Changes) != 1 || recipe.Cutouts.In(recipe.New(other.Changes[0].Set...)) != 5 {
		t.Errorf("who follows it has the changes %+v", other.Changes)
	}
	if script, err := other.linked(); err != nil || len(script.Changes) != 1 {
		t.Errorf("and gives on %+v, %v", script, err)
	}
	s.Receive(protocol.Done{Step: 9, Picture: pixel(1)}, start)
	write(s, recipe.Prompt, "a blue heart")
	if script, _ := s.linked(); len(script.Changes) != 0 || recipe.Prompt.In(script.Recipe) != "a blue heart" {
		t.Errorf("after another prompt was typed it holds %+v", script)
	}
}

func TestLinkText(t *testing.T) {
	steered := recipe.Script{}.With(3, recipe.Cutouts.Is(5))
	for _, c := range []struct {
		link   string
		script recipe.Script
		want   string
	}{
		{"#p=a", recipe.Script{}, "it carries the prompt and the settings, and no picture."},
		{"#p=a", steered, "it carries the prompt, the settings and the changes on the way, and no picture."},
		{strings.Repeat("a", 2001), steered, "It has 2001 characters, and some programs cut such links"},
	} {
		if got := linkText(c.link, c.script); !strings.Contains(got, c.want) {
			t.Errorf("it says %q, want %q", got, c.want)
		}
	}
}

func TestEnlarge(t *testing.T) {
	m, err := enlarge(picture.RGBA{Width: 1024, Height: 1, Pix: make([]byte, 4096)})
	if e, ok := m.(film.Enlarge); err != nil || !ok || e.Times != 4 || e.Picture.Width != 1024 {
		t.Errorf("it asks for %+v, %v", m, err)
	}
	if _, err := enlarge(picture.RGBA{Width: 1025, Height: 1}); err == nil || !strings.Contains(err.Error(), "1024 are the most") {
		t.Errorf("of a large one it says %v", err)
	}
	if got := variant("a_7_5.png", "4x"); got != "a_7_5_4x.png" {
		t.Errorf("it is called %q", got)
	}
}

func TestAnswered(t *testing.T) {
	for want, m := range map[string]film.Message{"": film.Packed{}, "check the connection": film.Error{Reason: film.NoProgram, Message: "TypeError"},
		"It is no zip.": film.Error{Message: "It is no zip."}, "close other pages": film.Exit{Code: 2}} {
		if err := answered(m); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", m, err, want)
		}
	}
}
