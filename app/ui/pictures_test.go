package ui

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"reverie/app/gallery"
	"reverie/app/picture"
	"reverie/app/protocol"
	"reverie/recipe"
	"reverie/recipe/prompt"
)

func kept(id, prompt string) gallery.Picture {
	script := recipe.Script{Recipe: recipe.New(recipe.Prompt.Is(prompt), recipe.Seed.Is(7), recipe.Width.Is(96), recipe.Steps.Is(20))}.With(4, recipe.Cutouts.Is(3))
	return gallery.Picture{ID: id, File: id + ".png", Script: script, Step: 20, Width: 96, Height: 64, Bytes: 300_000}
}

// Each run that ends leaves its picture as it then is, and no other moment does.
func TestFinishedPictures(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(s *State)
		step int // of the picture; 0 where there is none
	}{
		{"done", func(s *State) { s.Receive(protocol.Done{Step: 20, Picture: pixel(9)}, time.Time{}) }, 20},
		{"stopped", func(s *State) {
			s.PressStop()
			s.Receive(protocol.Stopped{Step: 3, Picture: pixel(9)}, time.Time{})
		}, 3},
		{"stopped before its first step", func(s *State) {
			s.PressStop()
			s.Receive(protocol.Stopped{Step: 0, Picture: pixel(9)}, time.Time{})
		}, 0},
		{"paused", func(s *State) { s.Receive(protocol.Paused{Step: 3, Picture: pixel(9)}, time.Time{}) }, 0},
		{"lost", func(s *State) { s.Receive(protocol.Lost{}, time.Time{}) }, 0},
	} {
		s := NewState()
		s.Receive(protocol.Ready{}, time.Time{})
		s.Edit(recipe.Prompt.Option, "a red apple")
		s.PressStart("")
		script := kept("", "a red apple").Script
		s.Receive(protocol.Started{Script: script}, time.Time{})
		s.Receive(protocol.Step{Step: 2, Picture: pixel(1)}, time.Time{})
		c.end(&s)
		f := s.takeFinished()
		if (f != nil) != (c.step > 0) {
			t.Errorf("%s: there is %+v", c.name, f)
			continue
		}
		if f != nil && (f.step != c.step || f.picture.Pix[0] != 9 || !reflect.DeepEqual(f.run.Script, script)) {
			t.Errorf("%s: there is %+v", c.name, f)
		}
		if s.takeFinished() != nil {
			t.Errorf("%s: it is taken twice", c.name)
		}
	}
}

// A picture takes the steps along that led to it, and with them another session looks back, forks and makes films.
func TestStepsOfAKeptPicture(t *testing.T) {
	s := told(t)
	s.Receive(protocol.Saved{Step: 4, Script: s.Run.Script, State: &protocol.Bytes{Data: []byte{1}}, Tokens: &protocol.Bytes{Data: []byte{4, 0, 7, 1}}}, start)
	script := s.Run.Script
	if early, err := gallery.UnpackSteps(s.past().pack(2)); err != nil || len(early.List) != 3 {
		t.Errorf("a picture of step 2 takes %+v along, %v", early, err)
	}
	s.Receive(protocol.Done{Step: 4, Picture: pixel(4)}, start)
	steps, err := gallery.UnpackSteps(s.takeFinished().steps)
	if err != nil || steps.Columns != 2 || steps.Rows != 1 || len(steps.List) != 5 || steps.List[4].Number != 4 || steps.List[4].Tokens[0] != 4 {
		t.Fatalf("it takes %+v along, %v", steps, err)
	}

	s = idle(t)
	r := review{of: "a", past: keptPast(script, steps)}
	m, ok := s.lookInto(r.past, &r.look, 2, "/weights/")
	look, _ := m.(protocol.Look)
	if !ok || look.Model != "mini" || look.Width != 2 || look.Height != 1 || look.Tokens.Data[0] != 2 {
		t.Fatalf("it asks for %+v (%t)", m, ok)
	}
	s.Receive(protocol.Looked{ID: look.ID, Picture: pixel(92)}, start)
	if r.look.take(protocol.Looked{ID: look.ID, Picture: pixel(92)}); r.look.picture == nil || r.look.at != 2 {
		t.Errorf("it shows %+v", r.look)
	}
	if picture, _, _ := s.Visible(); picture != nil {
		t.Error("the page shows it, too")
	}
	if problem := r.look.take(protocol.Looked{ID: look.ID, Problem: "No."}); problem != "No." || r.look.on {
		t.Errorf("of a problem it says %q", problem)
	}
	if _, ok := s.lookInto(r.past, &r.look, 4, "/weights/"); ok || r.look.on {
		t.Error("at the last step it looks back")
	}

	source := s.film(r.past, 4, "/weights/", func(m protocol.Look, _ func(*protocol.Picture, error)) { look = m })
	if source.Pictures != 5 || source.Title != "a red apple" || source.Width != 16 || !strings.HasSuffix(source.Name, "_4") {
		t.Errorf("a film would show %+v", source)
	}
	if source.Picture(3, nil); look.Tokens.Data[0] != 3 {
		t.Errorf("the film's fourth picture is asked for by %+v", look)
	}
	s.forkFrom(r.past, 2, s.Draft)
	started, _ := s.PressStart("/weights/")
	fork, _ := started.(protocol.Start)
	if tokens := recipe.StartTokens.In(fork.Script.Recipe); tokens.Columns != 2 || tokens.Rows != 1 || tokens.Codes[0] != 2 || recipe.Steps.In(fork.Script.Recipe) != 7 {
		t.Errorf("the fork starts %+v: %s", started, s.Problem)
	}
}

// The engine shows the steps of a model that it can show without a download, and that no run keeps it from.
func TestStepsWait(t *testing.T) {
	of := func(model string) recipe.Script { return recipe.Script{Recipe: recipe.New(recipe.Model.Is(model))} }
	s := idle(t)
	s.SetModels([]Model{{Name: "mini", Title: "Mini", Factor: 8, Bytes: 9e6}, {Name: "large", Title: "Large", Factor: 16, Bytes: 9e8}})
	for model, want := range map[string]string{"mini": "", "large": "the model Large is on this device", "none": "the model none is on this device"} {
		if got := s.stepsWait(of(model)); !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("of %s it says %q, want %q", model, got, want)
		}
	}
	s.PressStart("/weights/")
	if got := s.stepsWait(of("mini")); got != stepsLater {
		t.Errorf("while a run is prepared it says %q", got)
	}
	s.Receive(protocol.Started{Script: of("large")}, start)
	if got := s.stepsWait(of("mini")); got != stepsBusy {
		t.Errorf("while a run of another model goes on it says %q", got)
	}
	s.Run.Script = of("mini")
	if got := s.stepsWait(of("mini")); got != "" {
		t.Errorf("while a run of the model goes on it says %q", got)
	}
	s.Receive(protocol.Lost{}, start)
	if got := s.stepsWait(of("mini")); got != stepsLater {
		t.Errorf("without an engine it says %q", got)
	}
}

func TestUseSettings(t *testing.T) {
	s := NewState()
	s.Receive(protocol.Ready{}, time.Time{})
	s.Edit(recipe.Prompt.Option, "my own")
	p := kept("a", "a red apple")
	s.UseSettings(p)
	r, err := s.Recipe()
	if err != nil || recipe.Prompt.In(r) != "a red apple" || recipe.Seed.In(r) != 7 || recipe.Width.In(r) != 96 || !s.Form.Locked || len(s.Changes) != 1 {
		t.Errorf("the form says %+v, %v", s.Draft, err)
	}
	if want := "The settings of “a red apple” are in the form. Press Start to make the picture again."; s.Status != want {
		t.Errorf("the status is %q, want %q", s.Status, want)
	}
	s.PressUndo()
	if got := s.Form.Text(recipe.Prompt.Option); got != "my own" {
		t.Errorf("after Undo the prompt is %q", got)
	}
	p.Script.Recipe = p.Script.Recipe.With(recipe.InitImage.Is("start.png"), recipe.ImagePrompts.Is([]prompt.Image{{Name: "pull.png", Weight: 1, Stop: prompt.NoStop}}))
	s.UseSettings(p)
	if text := strings.Join(s.Notices, "\n"); !strings.Contains(text, `"start.png"`) || !strings.Contains(text, `"pull.png"`) {
		t.Errorf("of pictures that are not kept it says %q", text)
	}
}

// What is made anew differs by its seed.
func TestUseAnew(t *testing.T) {
	s := NewState()
	s.draw = func() uint64 { return 99 }
	s.Receive(protocol.Ready{}, time.Time{})
	s.UseAnew(kept("a", "a red apple"))
	m, ok := s.PressStart("")
	start, _ := m.(protocol.Start)
	if r := start.Script.Recipe; !ok || recipe.Seed.In(r) != 99 || recipe.Prompt.In(r) != "a red apple" || len(start.Script.Changes) != 1 {
		t.Errorf("it starts %+v, %t", start.Script, ok)
	}
}

func TestEvolve(t *testing.T) {
	s := NewState()
	s.draw = func() uint64 { return 99 }
	s.Receive(protocol.Ready{}, time.Time{})
	s.Evolve(kept("a", "a red apple"), picture.RGBA(*pixel(5)))
	m, ok := s.PressStart("")
	start, _ := m.(protocol.Start)
	r := start.Script.Recipe
	if !ok || start.Init == nil || start.Init.Pix[0] != 5 || recipe.InitImage.In(r) != "a.png" {
		t.Errorf("it starts from %+v, %q, %t", start.Init, recipe.InitImage.In(r), ok)
	}
	if recipe.Seed.In(r) != 99 || recipe.Cutouts.In(r) != 3 || len(start.Script.Changes) != 0 {
		t.Errorf("by %+v; want a new seed and the settings that the picture ended with", start.Script)
	}
}

func TestShelf(t *testing.T) {
	var s shelf
	b := kept("b", "a red heart")
	b.Name = "Valentine"
	s.take([]gallery.Picture{kept("c", "a blue heart"), b, kept("a", "a red apple")})
	for query, want := range map[string]string{"": "cba", "heart": "cb", " RED  a ": "ba", "valen": "b", "pear": ""} {
		s.query = query
		got := ""
		for _, p := range s.found() {
			got += p.ID
		}
		if got != want {
			t.Errorf("%q finds %q, want %q", query, got, want)
		}
	}
	s.query = "red"
	s.pick("b")
	s.move(-1)
	if s.opened != "b" {
		t.Errorf("before the first that is found there is %q", s.opened)
	}
	s.compare()
	s.pick("c")
	if s.opened != "b" || s.against != "c" || s.choose {
		t.Errorf("compared: %q with %q, choosing %t", s.opened, s.against, s.choose)
	}
	s.move(1)
	if s.opened != "a" || s.against != "" {
		t.Errorf("after the first there is %q beside %q", s.opened, s.against)
	}
	other := s
	other.pick("b")
	if other.removed("b"); other.opened != "a" {
		t.Errorf("after the first was deleted %q is open", other.opened)
	}
	if said := s.removed("a"); s.opened != "b" || said != "“a red apple” is deleted." || len(s.all) != 2 {
		t.Errorf("after the last was deleted %q is open, %q, %d left", s.opened, said, len(s.all))
	}
	if got, want := s.usage(256_000_000), "2 pictures, 0.6 MB of 256 MB"; got != want {
		t.Errorf("it says %q, want %q", got, want)
	}
	s.take([]gallery.Picture{kept("c", "a blue heart")}) // another tab has deleted the one that is open
	if s.opened != "" {
		t.Errorf("%q is open and not there", s.opened)
	}
	if said := s.removed("c", "b"); said != "2 pictures deleted." || len(s.all) != 0 {
		t.Errorf("it says %q, %d left", said, len(s.all))
	}
}
