package ui

import (
	"reflect"
	"strings"
	"testing"

	"reverie/app/picture"
	"reverie/app/protocol"
	"reverie/recipe"
)

func TestUndo(t *testing.T) {
	own := recipe.New(recipe.Prompt.Is("a blue heart"), recipe.Seed.Is(9), recipe.Cutouts.Is(3))
	for _, c := range []struct {
		name    string
		replace func(*State)
		prompt  string
		text    string
	}{
		{"an example", func(s *State) { s.setPrompt(theExample, "a snowman") }, "a snowman", "The example replaced your prompt."},
		{"a link", func(s *State) { s.FollowLink("#p=b&steps=3&v=2") }, "b", "The link replaced your prompt and settings."},
		{"a picture", func(s *State) { s.OpenFile("heart.png", ownPicture(t, own), picture.Decoder{})() }, "a blue heart", "heart.png replaced your prompt and settings."},
		{"a text", func(s *State) { s.DropText("c") }, "c", "The text replaced your prompt."},
	} {
		s := idle(t)
		write(s, recipe.Cutouts, "half-typed")
		write(s, recipe.LearningRate, "0.2")
		s.takeImagePrompt(Opened{"i.png", *pixel(1)}, nil)
		s.Start = &Opened{Name: "s.png", Picture: *pixel(2)}
		before := s.Draft
		c.replace(s)
		if text(s, recipe.Prompt) != c.prompt || s.UndoText() != c.text {
			t.Errorf("%s: prompt %q, the page says %q, want %q", c.name, text(s, recipe.Prompt), s.UndoText(), c.text)
		}
		s.PressUndo()
		if !reflect.DeepEqual(s.Draft, before) || s.UndoText() != "" || s.Status != "Your prompt and settings are back." {
			t.Errorf("%s: after Undo %+v, want %+v; status %q", c.name, s.Draft, before, s.Status)
		}
		for end, do := range map[string]func(){"an edit": func() { write(s, recipe.Steps, "9") }, "a start": func() { s.PressStart("/") }} {
			write(s, recipe.Cutouts, "4")
			c.replace(s)
			if do(); s.UndoText() != "" {
				t.Errorf("%s: after %s the page still says %q", c.name, end, s.UndoText())
			}
		}
	}
}

// Where nothing of the person's is lost, nothing is offered.
func TestNothingToUndo(t *testing.T) {
	s := NewState()
	s.SetModels([]Model{{Name: "mini", Factor: 8}})
	s.setPrompt(theExample, "a snowman")
	if s.UndoText() != "" {
		t.Errorf("an empty prompt: %q", s.UndoText())
	}
	write(&s, recipe.Prompt, "")
	s.Prefill("#p=b&steps=3&v=2")
	if s.UndoText() != "" {
		t.Errorf("an empty form: %q", s.UndoText())
	}
	s.Prefill("#p=b&steps=3&v=2")
	if s.UndoText() != "" {
		t.Errorf("the same again: %q", s.UndoText())
	}
	s = NewState()
	s.Form = s.Form.With(recipe.Seed.Option, "7") // that the last run has drawn
	s.Prefill("#p=b&v=2")
	if s.UndoText() != "" {
		t.Errorf("a seed that nobody typed: %q", s.UndoText())
	}
}

// What comes back during a run goes to the run.
func TestUndoDuringARun(t *testing.T) {
	s := running(t, 10)
	s.setPrompt(theExample, "a snowman")
	takes(s, sends(t, s), 0)
	s.PressUndo()
	wantChange(t, "undone", sends(t, s), recipe.Prompt.Is("a red apple"))
}

// Settings that come without a start picture, or with another one, do not start from the one that is open.
func TestRestoredSettingsHaveTheirStart(t *testing.T) {
	for name, c := range map[string]struct {
		init string
		want bool
	}{"none": {"", false}, "another": {"b.png", false}, "this": {"a.png", true}} {
		s := idle(t)
		s.Start = &Opened{Name: "a.png", Picture: *pixel(1)}
		s.OpenFile("x.png", ownPicture(t, recipe.New(recipe.Prompt.Is("x"), recipe.InitImage.Is(c.init))), picture.Decoder{})()
		if got := s.Start != nil; got != c.want {
			t.Errorf("%s: the start picture stays: %t", name, got)
		}
		m, ok := s.PressStart("/")
		if !ok {
			t.Fatal(s.Problem)
		}
		if init := m.(protocol.Start).Init != nil; init != c.want {
			t.Errorf("%s: it is sent: %t", name, init)
		}
	}
}

// The changes of a picture's run come with it, until the person drops them.
func TestPictureOfASteeredRun(t *testing.T) {
	script := recipe.Script{Recipe: recipe.New(recipe.Prompt.Is("x"), recipe.Seed.Is(1)).Suggest(recipe.Recipe{})}.With(30, recipe.Prompt.Is("y"), recipe.LearningRate.Is(0.2)).With(60, recipe.Cutouts.Is(4))
	data, _, err := picture.Write(make([]byte, 4*64*64), 64, 64, picture.Meta{Script: script, Step: 150})
	if err != nil {
		t.Fatal(err)
	}
	s := idle(t)
	s.OpenFile("x.png", data, picture.Decoder{})()
	if want := "The next run changes on its way, as the one of the picture did: prompt, learning rate from step 31 on; cutouts from step 61 on."; s.changesText() != want {
		t.Errorf("the page says %q, want %q", s.changesText(), want)
	}
	for _, again := range []bool{false, true} {
		m, ok := s.PressStart("/")
		if !ok {
			t.Fatal(s.Problem)
		}
		if got := m.(protocol.Start).Script; !reflect.DeepEqual(got, script) {
			t.Errorf("again %t: the script is %+v, want %+v", again, got, script)
		}
		s.Phase = Idle
	}
	s.DropChanges()
	m, _ := s.PressStart("/")
	if got := m.(protocol.Start).Script; len(got.Changes) > 0 || s.changesText() != "" {
		t.Errorf("the script is %+v, and the page says %q", got, s.changesText())
	}
}

// Telephones call every photograph image.jpg.
func TestSecondPictureOfAName(t *testing.T) {
	s := idle(t)
	add := func(v byte) { s.AddImagePrompt("image.jpg", coloured(t, v), picture.Decoder{})() }
	add(1)
	s.EditImage(0, func(p *ImagePrompt) { p.Weight = "0.5" })
	add(2)
	add(3)
	if len(s.Images) != 3 || s.Images[0].Weight != "0.5" || s.Images[0].Picture.Pix[0] != 1 || s.Images[1].Name != "image (2).jpg" ||
		s.Images[1].Picture.Pix[0] != 2 || s.Images[2].Name != "image (3).jpg" {
		t.Errorf("the image prompts are %+v", s.Images)
	}
	if s.Status != "image (3).jpg is an image prompt now." {
		t.Errorf("the status is %q", s.Status)
	}
	add(2) // the same picture once more
	if len(s.Images) != 3 || s.Status != "image.jpg is an image prompt already." {
		t.Errorf("%d image prompts, status %q", len(s.Images), s.Status)
	}
	m, ok := s.PressStart("/")
	if !ok {
		t.Fatal(s.Problem)
	}
	start := m.(protocol.Start)
	for i, image := range recipe.ImagePrompts.In(start.Script.Recipe) {
		if start.Images[i].Name != image.Name || start.Images[i].Picture.Pix[0] != byte(i+1) {
			t.Errorf("picture %d is %+v of %+v", i, start.Images[i], image)
		}
	}
}

// The file of a missing picture may be called otherwise than the script calls it.
func TestFillImagePrompt(t *testing.T) {
	s := idle(t)
	s.Images = []ImagePrompt{{Name: "image.jpg", Weight: "1"}, {Name: "image (2).jpg", Weight: "3"}}
	s.FillImagePrompt("image (2).jpg")("image.jpg", coloured(t, 2), picture.Decoder{})()
	if s.Images[0].Picture != nil || s.Images[1].Picture == nil || s.Images[1].Picture.Pix[0] != 2 || s.Images[1].Weight != "3" || len(s.Images) != 2 {
		t.Errorf("the image prompts are %+v", s.Images)
	}
}

func TestDroppedText(t *testing.T) {
	s := idle(t)
	s.DropText("  a green tree \n")
	if text(s, recipe.Prompt) != "a green tree" || s.Status != "The text that you dropped is the prompt now. Press Start to make the picture." {
		t.Errorf("prompt %q, status %q", text(s, recipe.Prompt), s.Status)
	}
	s.DropText(" ")
	if text(s, recipe.Prompt) != "a green tree" || !strings.Contains(s.Status, "no text and no file") {
		t.Errorf("prompt %q, status %q", text(s, recipe.Prompt), s.Status)
	}
}

func TestFollowedLink(t *testing.T) {
	s := idle(t)
	s.Status = "Done: 5 steps."
	s.FollowLink("#p=b&steps=3&v=2")
	if s.Status != "The link's settings are in the form. Press Start to make the picture." {
		t.Errorf("the status is %q", s.Status)
	}
}

// An example begins at once, or waits for the device, as what was typed does.
func TestStartExample(t *testing.T) {
	s := idle(t)
	s.Edit(recipe.Prompt.Option, "")
	m, ok := s.StartExample("a snowman", "/weights/")
	if start, _ := m.(protocol.Start); !ok || recipe.Prompt.In(start.Script.Recipe) != "a snowman" {
		t.Errorf("it sends %+v", m)
	}
	early := NewState()
	early.SetModels([]Model{{Name: "mini", Factor: 8, Bytes: 9e6}})
	if m, ok := early.StartExample("a snowman", "/weights/"); ok {
		t.Errorf("before there is a device it sends %+v", m)
	}
	early.Receive(protocol.Ready{}, start)
	m, ok = early.FollowUp("/weights/")
	if start, _ := m.(protocol.Start); !ok || recipe.Prompt.In(start.Script.Recipe) != "a snowman" {
		t.Errorf("then it sends %+v", m)
	}
	typed := NewState()
	typed.Edit(recipe.Prompt.Option, "a fox")
	if m, ok := typed.PressStart("/weights/"); ok || typed.Status != beginsWithGPU {
		t.Errorf("before there is a device a start sends %+v and says %s", m, typed.Status)
	}
	typed.Receive(protocol.Ready{}, start)
	m, ok = typed.FollowUp("/weights/")
	if start, _ := m.(protocol.Start); !ok || recipe.Prompt.In(start.Script.Recipe) != "a fox" {
		t.Errorf("then it sends %+v", m)
	}
	own := idle(t)
	own.Edit(recipe.Prompt.Option, "typed with care")
	if m, ok := own.StartExample("a snowman", "/weights/"); ok || own.Form.Text(recipe.Prompt.Option) != "a snowman" {
		t.Errorf("in the place of words of the person's it sends %+v", m)
	}
	if own.PressUndo(); own.Form.Text(recipe.Prompt.Option) != "typed with care" {
		t.Errorf("taken back, the prompt is %q", own.Form.Text(recipe.Prompt.Option))
	}
}
