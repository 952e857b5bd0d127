package ui

import (
	"reflect"
	"strings"
	"testing"

	"reverie/app/picture"
	"reverie/app/protocol"
	"reverie/recipe"
	"reverie/recipe/prompt"
)

// sends is what the run under way is to take now, or nothing.
func sends(t *testing.T, s *State) protocol.Change {
	t.Helper()
	m, ok := s.Change()
	if !ok {
		return protocol.Change{}
	}
	return m.(protocol.Change)
}

// wantChange compares what is sent with settings in the table's order.
func wantChange(t *testing.T, what string, got protocol.Change, want ...recipe.Setting) {
	t.Helper()
	if len(got.Set) != len(want) || len(want) > 0 && !reflect.DeepEqual([]recipe.Setting(got.Set), want) {
		t.Errorf("%s: sent %+v, want %+v", what, got.Set, want)
	}
}

// takes answers a change as the engine does, after so many updates.
func takes(s *State, m protocol.Change, step int) {
	s.Receive(protocol.Changed{ID: m.ID, Step: step, Script: s.Run.Script.With(step, m.Set...)}, start)
}

func TestEditsGoToTheRun(t *testing.T) {
	s := running(t, 100)
	wantChange(t, "nothing was edited", sends(t, s))
	for i := 28; i <= 30; i++ {
		step(s, i, 1, nil)
	}
	write(s, recipe.Prompt, " a blue heart ")
	write(s, recipe.LearningRate, "0.2")
	write(s, recipe.Width, "130") // rounded, it is as before
	m := sends(t, s)
	wantChange(t, "edited", m, recipe.Prompt.Is("a blue heart"), recipe.LearningRate.Is(0.2))
	if s.Status != "Changing prompt, learning rate." {
		t.Errorf("the status is %q", s.Status)
	}
	wantChange(t, "it is on its way", sends(t, s))
	step(s, 31, 1, nil) // was under way
	if s.Run.Prompt() != "a red apple" {
		t.Errorf("before the answer the run has the prompt %q", s.Run.Prompt())
	}
	takes(s, m, 31)
	if want := "From step 32 on: prompt, learning rate."; s.Status != want || s.Run.Prompt() != "a blue heart" {
		t.Errorf("status %q, want %q; prompt %q", s.Status, want, s.Run.Prompt())
	}
	if each, measured := s.Run.Pace(); measured {
		t.Errorf("the pace %v of before counts for other settings", each)
	}
	wantChange(t, "the run has it", sends(t, s))
	write(s, recipe.LearningRate, "")
	wantChange(t, "left to the model", sends(t, s), recipe.LearningRate.Is(0.1))
	write(s, recipe.Steps, "200")
	wantChange(t, "steps", sends(t, s), recipe.Steps.Is(200))
}

// What is wrong stays here, and the rest goes.
func TestWrongEditsStay(t *testing.T) {
	s := running(t, 100)
	write(s, recipe.Steps, "90")
	write(s, recipe.Cutouts, "0")
	write(s, recipe.LearningRate, "fast")
	write(s, recipe.CutPow, "2")
	wantChange(t, "two of four can be", sends(t, s), recipe.Steps.Is(90), recipe.CutPow.Is(2))
	if s.Wrong != fieldID(recipe.LearningRate.Option) || s.Status != s.Problem {
		t.Errorf("problem %q of %q, status %q", s.Problem, s.Wrong, s.Status)
	}
	write(s, recipe.LearningRate, "0.3")
	if s.Wrong != fieldID(recipe.Cutouts.Option) {
		t.Errorf("problem %q of %q", s.Problem, s.Wrong)
	}
	write(s, recipe.Cutouts, "4")
	if s.Problem != "" {
		t.Errorf("problem %q of %q", s.Problem, s.Wrong)
	}
	wantChange(t, "all is right", sends(t, s), recipe.Cutouts.Is(4), recipe.LearningRate.Is(0.3))
	write(s, recipe.Prompt, "")
	wantChange(t, "no prompt", sends(t, s))
	if s.Wrong != promptID {
		t.Errorf("problem %q of %q", s.Problem, s.Wrong)
	}
}

// A person who changes their mind before the engine has answered gets what they want in the end.
func TestEditsBeforeTheAnswer(t *testing.T) {
	s := running(t, 100)
	write(s, recipe.Prompt, "b")
	first := sends(t, s)
	write(s, recipe.Prompt, "a red apple")
	second := sends(t, s)
	wantChange(t, "back again", second, recipe.Prompt.Is("a red apple"))
	takes(s, first, 1)
	takes(s, second, 1)
	if s.Run.Prompt() != "a red apple" || first.ID == second.ID {
		t.Errorf("prompt %q, ids %d and %d", s.Run.Prompt(), first.ID, second.ID)
	}
	s.Receive(protocol.Changed{Step: 5, Script: s.Run.Script.With(0, recipe.Prompt.Is("c"))}, start)
	write(s, recipe.Prompt, "a red apple")
	wantChange(t, "what was answered is past", sends(t, s), recipe.Prompt.Is("a red apple"))
}

// The engine may refuse; the run goes on as it was, and says so until the person edits something.
func TestRefusedChange(t *testing.T) {
	s := running(t, 100)
	before := s.Run.Script
	write(s, recipe.Cutouts, "500")
	m := sends(t, s)
	s.Receive(protocol.Changed{ID: m.ID, Step: 3, Script: before, Problem: "Too large: choose fewer cutouts."}, start)
	if s.Problem != "Too large: choose fewer cutouts." || s.Wrong != fieldID(recipe.Cutouts.Option) || s.Phase != Running || !reflect.DeepEqual(s.Run.Script, before) {
		t.Errorf("problem %q of %q, phase %d", s.Problem, s.Wrong, s.Phase)
	}
	wantChange(t, "it is not tried again", sends(t, s))
	write(s, recipe.Cutouts, "8")
	if s.Problem != "" {
		t.Errorf("the problem stays: %q", s.Problem)
	}
	wantChange(t, "another number", sends(t, s), recipe.Cutouts.Is(8))
}

// What the script itself changes is told, and no edit of something else takes it back.
func TestScriptChangesByItself(t *testing.T) {
	s := running(t, 100)
	s.Run.Script = s.Run.Script.With(10, recipe.Prompt.Is("b"), recipe.CutPow.Is(2))
	step(s, 10, 1, nil)
	s.Receive(protocol.Changed{Step: 10, Script: s.Run.Script, Notices: []string{"CLIP reads less."}}, start)
	if want := "From step 11 on: prompt, cut power. CLIP reads less."; s.Status != want || len(s.Run.Notices) != 1 {
		t.Errorf("status %q, want %q; notices %q", s.Status, want, s.Run.Notices)
	}
	write(s, recipe.LearningRate, "0.2")
	wantChange(t, "another option", sends(t, s), recipe.LearningRate.Is(0.2))
	write(s, recipe.Prompt, "a red apple")
	wantChange(t, "what the form has said all along", sends(t, s), recipe.Prompt.Is("a red apple"))
}

// What was typed and is as the run has it is no edit any more, when the script changes it later.
func TestEditsThatChangeNothing(t *testing.T) {
	s := running(t, 100)
	write(s, recipe.Prompt, "a red apple ")
	wantChange(t, "the same", sends(t, s))
	s.Receive(protocol.Changed{Step: 0, Script: s.Run.Script.With(0, recipe.Prompt.Is("b"))}, start)
	wantChange(t, "the script goes on", sends(t, s))
}

func TestNewRunIsOffered(t *testing.T) {
	s := running(t, 100)
	write(s, recipe.Width, "64")
	wantChange(t, "a size", sends(t, s))
	if want := "Width takes effect in a new run."; s.NewRunText() != want {
		t.Errorf("the page says %q, want %q", s.NewRunText(), want)
	}
	write(s, recipe.Height, "64")
	write(s, recipe.Seed, "5")
	sends(t, s)
	if want := "Width, height and seed take effect in a new run."; s.NewRunText() != want {
		t.Errorf("the page says %q, want %q", s.NewRunText(), want)
	}
	for _, o := range []recipe.Of[int]{recipe.Width, recipe.Height} {
		write(s, o, "128")
	}
	sends(t, s)
	if want := "Seed takes effect in a new run."; s.NewRunText() != want {
		t.Errorf("the page says %q, want %q", s.NewRunText(), want)
	}
	write(s, recipe.Cutouts, "none")
	if _, ok := s.PressNewRun(); ok || s.Wrong != fieldID(recipe.Cutouts.Option) || s.Phase != Running {
		t.Errorf("a form that cannot run ends the run: phase %d, problem %q", s.Phase, s.Problem)
	}
	write(s, recipe.Cutouts, "2")
	if m, ok := s.PressNewRun(); !ok || m != (protocol.Stop{}) || s.Phase != Stopping {
		t.Fatalf("got %v, %t", m, ok)
	}
	if s.NewRunText() != "" {
		t.Errorf("the page still says %q", s.NewRunText())
	}
	if _, ok := s.FollowUp("/"); ok {
		t.Error("the next run begins before the last has ended")
	}
	s.Receive(protocol.Stopped{Step: 3, Picture: pixel(3)}, start)
	m, ok := s.FollowUp("/weights/")
	if !ok {
		t.Fatal("no new run begins")
	}
	next := m.(protocol.Start)
	if r := next.Script.Recipe; recipe.Seed.In(r) != 5 || recipe.Cutouts.In(r) != 2 || next.Base != "/weights/" || len(next.Script.Changes) > 0 {
		t.Errorf("the new run is %+v", next)
	}
	if _, ok := s.FollowUp("/"); ok || s.NewRunText() != "" {
		t.Error("another run begins")
	}
	s.Receive(protocol.Stopped{}, start) // of a Stop that came after the end
	if s.Phase != Starting {
		t.Errorf("a late answer ends the new run: phase %d", s.Phase)
	}
	s.Receive(protocol.Started{Script: next.Script}, start)
	s.Receive(protocol.Done{Step: 150, Picture: pixel(3)}, start)
	if _, ok := s.FollowUp("/"); ok {
		t.Error("after it another one begins")
	}
}

// What is edited while a run is being prepared is taken once it has begun.
func TestEditsBeforeTheFirstStep(t *testing.T) {
	s := idle(t)
	m, _ := s.PressStart("/")
	write(s, recipe.Prompt, "b")
	wantChange(t, "no run is there", sends(t, s))
	script := m.(protocol.Start).Script
	s.Receive(protocol.Started{Script: script.Suggest(recipe.Recipe{})}, start)
	next, ok := s.FollowUp("/")
	if !ok {
		t.Fatal("the edit is lost")
	}
	wantChange(t, "the run is there", next.(protocol.Change), recipe.Prompt.Is("b"))
	write(s, recipe.Prompt, "c and mor")
	if _, ok := s.FollowUp("/"); ok {
		t.Error("the page does not wait until it is typed")
	}
}

// Pausing, typing and resuming: the run takes the prompt, whether it waits or not. An example pressed meanwhile counts as typed.
func TestEditsWhilePaused(t *testing.T) {
	s := running(t, 100)
	s.PressPause()
	write(s, recipe.Prompt, "b")
	wantChange(t, "about to pause", sends(t, s), recipe.Prompt.Is("b"))
	s.Receive(protocol.Paused{Step: 5, Picture: pixel(5)}, start)
	s.setPrompt(theExample, "a snowman")
	wantChange(t, "paused", sends(t, s), recipe.Prompt.Is("a snowman"))
}

// What a run has not taken before it ended is not forgotten.
func TestEditsThatCameTooLate(t *testing.T) {
	s := running(t, 10)
	write(s, recipe.Prompt, "b")
	sends(t, s)
	s.Receive(protocol.Saved{Step: 10, Script: s.Run.Script, State: &protocol.Bytes{Data: []byte("z")}}, start)
	s.Receive(protocol.Done{Step: 10, Picture: pixel(1)}, start)
	m, ok := s.PressContinue("/")
	if !ok {
		t.Fatal(s.Problem)
	}
	if got := recipe.Prompt.In(m.(protocol.Start).Script.At(10)); got != "b" {
		t.Errorf("the run goes on with %q", got)
	}
}

func TestImagePromptsGoToTheRun(t *testing.T) {
	s := idle(t)
	s.AddImagePrompt("a.png", coloured(t, 1), picture.Decoder{})()
	m, _ := s.PressStart("/")
	s.Receive(protocol.Started{Script: m.(protocol.Start).Script.Suggest(recipe.Recipe{})}, start)
	a, b := prompt.Image{Name: "a.png", Weight: 1, Stop: prompt.NoStop}, prompt.Image{Name: "b.png", Weight: 1, Stop: prompt.NoStop}

	s.AddImagePrompt("b.png", coloured(t, 2), picture.Decoder{})()
	change := sends(t, s)
	wantChange(t, "another", change, recipe.ImagePrompts.Is([]prompt.Image{a, b}))
	if len(change.Images) != 1 || change.Images[0].Name != "b.png" || change.Images[0].Picture.Pix[0] != 2 {
		t.Errorf("pictures %+v, want that of b.png", change.Images)
	}
	takes(s, change, 1)
	s.EditImage(0, func(p *ImagePrompt) { p.Weight = "0.5" })
	change = sends(t, s)
	a.Weight = 0.5
	wantChange(t, "its weight", change, recipe.ImagePrompts.Is([]prompt.Image{a, b}))
	if len(change.Images) != 0 {
		t.Errorf("the run gets %+v again", change.Images)
	}
	takes(s, change, 2)

	// The run knows its pictures by name for good.
	s.RemoveImagePrompt(1)
	takes(s, sends(t, s), 3)
	s.AddImagePrompt("b.png", coloured(t, 3), picture.Decoder{})()
	change = sends(t, s)
	if len(change.Images) != 1 || change.Images[0].Name != "b (2).png" || change.Images[0].Picture.Pix[0] != 3 {
		t.Errorf("pictures %+v, want one with a name of its own", change.Images)
	}
	takes(s, change, 4)
	s.AddImagePrompt("b.png", coloured(t, 2), picture.Decoder{})()
	if change = sends(t, s); len(change.Images) != 0 || s.Images[2].Name != "b.png" {
		t.Errorf("the run has that picture, and gets %+v as %+v", change.Images, s.Images)
	}
	s.EditImage(0, func(p *ImagePrompt) { p.Stop = "never" })
	wantChange(t, "a stop that is none", sends(t, s))
	if s.Wrong != "image-0-stop" {
		t.Errorf("problem %q of %q", s.Problem, s.Wrong)
	}
}

// A file that is opened, a link that is followed and a text that is dropped while a run is under way say what comes of them.
func TestOpenedDuringARun(t *testing.T) {
	own := recipe.New(recipe.Prompt.Is("a blue heart"), recipe.Seed.Is(9), recipe.CutPow.Is(0.5))
	for _, c := range []struct {
		name   string
		do     func(*State)
		set    []recipe.Setting
		anew   string
		status string
	}{
		{"a picture", func(s *State) { s.OpenFile("heart.png", ownPicture(t, own), picture.Decoder{})() },
			[]recipe.Setting{recipe.Prompt.Is("a blue heart"), recipe.CutPow.Is(0.5)}, "Seed takes effect in a new run.",
			"The settings of heart.png are restored. The run takes what it can from its next step on."},
		{"a link", func(s *State) { s.FollowLink("#p=b&v=2") }, []recipe.Setting{recipe.Prompt.Is("b")}, "",
			"The link's settings are in the form. The run takes what it can from its next step on."},
		{"a text", func(s *State) { s.DropText(" c\n") }, []recipe.Setting{recipe.Prompt.Is("c")}, "",
			"The text that you dropped is the prompt now. The run takes what it can from its next step on."},
		{"a photograph", func(s *State) { s.OpenFile("photo.png", foreignPicture(t), picture.Decoder{})() }, nil, "Start picture takes effect in a new run.",
			"photo.png carries no settings. It is the start picture now. It takes effect in a new run."},
	} {
		s := running(t, 100)
		write(s, recipe.Steps, "100")
		takes(s, sends(t, s), 0)
		c.do(s)
		if s.Status != c.status || strings.Contains(s.Status, "press Start") {
			t.Errorf("%s: status %q, want %q", c.name, s.Status, c.status)
		}
		got := sends(t, s)
		got.Set = without(got.Set, recipe.Steps.Option) // which links and pictures say, too
		wantChange(t, c.name, got, c.set...)
		if s.NewRunText() != c.anew {
			t.Errorf("%s: %q, want %q", c.name, s.NewRunText(), c.anew)
		}
	}
}

func without(set recipe.Settings, o *recipe.Option) recipe.Settings {
	var left recipe.Settings
	for _, one := range set {
		if one.Option != o {
			left = append(left, one)
		}
	}
	return left
}
