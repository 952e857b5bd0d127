package ui

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"reverie/app/protocol"
	"reverie/recipe"
	"reverie/recipe/prompt"
)

// A program's run is just what it says, with changes and pictures, and the form shows it.
func TestTakeOrder(t *testing.T) {
	s := NewState()
	o := Order{Every: 10, Start: &Opened{Name: "b.png", Picture: *pixel(1)}, Images: []protocol.Named{{Name: "a.png", Picture: *pixel(2)}},
		Script: recipe.Script{Recipe: recipe.New(recipe.Prompt.Is("a red apple"), recipe.InitImage.Is("b.png"), recipe.LearningRate.Is(0.3),
			recipe.ImagePrompts.Is([]prompt.Image{{Name: "a.png", Weight: 2, Stop: prompt.NoStop}}))}.With(3, recipe.Cutouts.Is(4))}
	if _, err := s.TakeOrder("/w/", o); err == nil || !strings.Contains(err.Error(), "busy") {
		t.Errorf("before there is an engine: %v", err)
	}
	s.Receive(protocol.Ready{}, time.Time{})
	m, err := s.TakeOrder("/w/", o)
	if err != nil {
		t.Fatal(err)
	}
	want := o.Script
	want.Recipe = want.Recipe.With(recipe.Seed.Is(0))
	got := m.(protocol.Start)
	if !reflect.DeepEqual(got.Script, want) || got.Every != 10 || got.Init == nil || len(got.Images) != 1 || got.Images[0].Name != "a.png" || got.State != nil {
		t.Errorf("got %+v, want the script %+v", got, want)
	}
	if s.Form.Text(recipe.LearningRate.Option) != "0.3" || s.Phase != Starting {
		t.Errorf("the form shows %+v", s.Form)
	}
	s = NewState()
	s.Receive(protocol.Ready{}, time.Time{})
	o.Script.Recipe = o.Script.Recipe.With(recipe.Cutouts.Is(0))
	if _, err := s.TakeOrder("/w/", o); err == nil || !strings.Contains(err.Error(), "cutouts") || s.Phase != Idle {
		t.Errorf("a script that cannot run: %v", err)
	}
}

// A program changes the run under way as a person does by the form, but nothing by what the run cannot take.
func TestTakeChange(t *testing.T) {
	s := running(t, 9)
	set := func(one ...recipe.Setting) (protocol.Change, error) {
		m, err := s.TakeChange(one)
		c, _ := m.(protocol.Change)
		return c, err
	}
	c, err := set(recipe.Prompt.Is("a blue heart"), recipe.LearningRate.Is(0.3))
	if err != nil || len(c.Set) != 2 || c.ID != s.changes || text(s, recipe.Prompt) != "a blue heart" || text(s, recipe.LearningRate) != "0.3" {
		t.Errorf("it sends %+v, %v; the form says %q", c, err, text(s, recipe.Prompt))
	}
	if c, err := set(recipe.Prompt.Is("a blue heart")); err != nil || c.ID != 0 {
		t.Errorf("what the run goes by already sends %+v, %v", c, err)
	}
	for want, one := range map[string]recipe.Setting{
		"new run": recipe.Width.Is(256), "cutouts": recipe.Cutouts.Is(-1), "need files": recipe.ImagePrompts.Is([]prompt.Image{{Name: "a.png", Weight: 1, Stop: prompt.NoStop}}),
	} {
		if c, err := set(one, recipe.Prompt.Is("lost")); err == nil || !strings.Contains(err.Error(), want) || c.ID != 0 || text(s, recipe.Prompt) != "a blue heart" {
			t.Errorf("%s: it sends %+v, %v; the form says %q", want, c, err, text(s, recipe.Prompt))
		}
	}
	if _, err := idle(t).TakeChange(nil); err == nil {
		t.Error("a change without a run is taken")
	}
}

// A program's run goes on from its state without the pictures that are in it.
func TestTakeOrderOfAState(t *testing.T) {
	s := NewState()
	s.Receive(protocol.Ready{}, time.Time{})
	script := recipe.Script{Recipe: recipe.New(recipe.Prompt.Is("a red apple"), recipe.Seed.Is(7), recipe.InitImage.Is("b.png"))}
	s.Edit(recipe.Prompt.Option, "other") // what stood in the form is no change to the run
	m, err := s.TakeOrder("/w/", Order{Script: script, State: []byte{1, 2}})
	if err != nil {
		t.Fatal(err)
	}
	got := m.(protocol.Start)
	if !reflect.DeepEqual(got.Script, script) || got.State == nil || len(got.State.Data) != 2 || got.Init != nil {
		t.Errorf("got %+v", got)
	}
	s.Receive(protocol.Started{Script: script, Step: 9}, time.Time{})
	if m, ok := s.Change(); ok {
		t.Errorf("the run is changed at once: %+v", m)
	}
	if s.Phase != Running || s.Run.Step != 9 || s.Form.Text(recipe.Prompt.Option) != "a red apple" {
		t.Errorf("running at step %d, the form shows %+v", s.Run.Step, s.Form)
	}
}
