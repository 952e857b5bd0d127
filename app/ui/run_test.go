package ui

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"reverie/app/protocol"
	"reverie/recipe"
	"reverie/recipe/prompt"
)

// saves lets the engine save the run after so many steps.
func saves(s *State, step int, state string) {
	s.Receive(protocol.Saved{Step: step, Script: s.Run.Script, State: &protocol.Bytes{Data: []byte(state)}}, start)
}

// ended is a page whose run of four steps is done.
func ended(t *testing.T) *State {
	t.Helper()
	s := running(t, 4)
	for i := 1; i <= 4; i++ {
		step(s, i, float64(5-i), pixel(byte(i)))
	}
	saves(s, 4, "state")
	s.Receive(protocol.Done{Step: 4, Picture: pixel(9)}, start)
	return s
}

func TestContinue(t *testing.T) {
	s := ended(t)
	write(s, recipe.Steps, "10")
	write(s, recipe.Prompt, "a blue heart")
	write(s, recipe.Width, "64")
	before := s.Run.Script
	m, ok := s.PressContinue("/weights/")
	if !ok || s.Phase != Starting {
		t.Fatalf("Continue does nothing: %q", s.Problem)
	}
	got := m.(protocol.Start)
	if want := before.With(4, recipe.Prompt.Is("a blue heart"), recipe.Steps.Is(14)); !reflect.DeepEqual(got.Script, want) {
		t.Errorf("the script is %+v, want %+v", got.Script, want)
	}
	if got.Base != "/weights/" || string(got.State.Data) != "state" || got.Init != nil {
		t.Errorf("it goes on from %+v", got)
	}
	if s.Status != "Going on from step 4." {
		t.Errorf("the status is %q", s.Status)
	}
	s.Receive(protocol.First{Script: got.Script, Picture: pixel(7)}, start)
	if s.ShownAt != 4 || s.Shown.Pix[0] != 7 || s.PreviewName() != "Step 4 of 14: a blue heart" {
		t.Errorf("the first picture is that after %d steps, %q", s.ShownAt, s.PreviewName())
	}
	s.Receive(protocol.Started{Script: got.Script, Step: 4}, start)
	if s.Phase != Running || s.Status != "Optimising from step 4 to 14." || len(s.Run.Losses) != 4 {
		t.Errorf("phase %d, status %q, losses %v", s.Phase, s.Status, s.Run.Losses)
	}
	if next, ok := s.FollowUp("/"); ok {
		t.Errorf("what it has begun with is sent again: %+v", next)
	}
	if want := "Width takes effect in a new run."; s.NewRunText() != want {
		t.Errorf("the page says %q, want %q", s.NewRunText(), want)
	}
	step(s, 5, 1, nil)
	if percent, _ := s.Run.Percent(); percent != 35 {
		t.Errorf("%d %% are made", percent)
	}
	if _, ok := s.PressContinue("/"); ok {
		t.Error("it works during the run")
	}
}

func TestContinueAfterStop(t *testing.T) {
	s := running(t, 100)
	step(s, 1, 1, nil)
	if s.CanContinue() {
		t.Error("while it runs")
	}
	s.PressStop()
	saves(s, 1, "z")
	s.Receive(protocol.Stopped{Step: 1, Picture: pixel(1)}, start)
	m, ok := s.PressContinue("/")
	if !ok {
		t.Fatal("Continue does nothing")
	}
	if steps := recipe.Steps.In(m.(protocol.Start).Script.At(1)); steps != 151 { // the form says 150
		t.Errorf("it goes on to step %d", steps)
	}
}

// A run that went astray goes on from its last good state, with another learning rate.
func TestContinueAfterAnError(t *testing.T) {
	s := running(t, 100)
	for i := 1; i <= 9; i++ {
		step(s, i, 1, nil)
	}
	saves(s, 7, "good")
	s.Receive(protocol.Error{Message: "It went astray."}, start)
	write(s, recipe.LearningRate, "0.01")
	m, ok := s.PressContinue("/")
	if !ok {
		t.Fatal("Continue does nothing")
	}
	got := m.(protocol.Start)
	if r := got.Script.At(7); recipe.LearningRate.In(r) != 0.01 || recipe.Steps.In(r) != 157 || string(got.State.Data) != "good" {
		t.Errorf("it goes on with %+v", r)
	}
	s.Receive(protocol.Started{Script: got.Script, Step: 7}, start)
	if len(s.Run.Losses) != 7 {
		t.Errorf("%d losses are of steps that count", len(s.Run.Losses))
	}
}

func TestContinueNeedsAState(t *testing.T) {
	s := running(t, 1)
	s.Receive(protocol.Error{Message: "No."}, start)
	if _, ok := s.PressContinue("/"); ok || s.CanContinue() {
		t.Error("it goes on from nothing")
	}
	s = ended(t)
	for _, c := range []struct{ steps, want string }{{"few", "Steps"}, {"0", "how many more"}} {
		write(s, recipe.Steps, c.steps)
		if _, ok := s.PressContinue("/"); ok || s.Wrong != fieldID(recipe.Steps.Option) || !strings.Contains(s.Problem, c.want) {
			t.Errorf("%s: problem %q of %q", c.steps, s.Problem, s.Wrong)
		}
	}
	write(s, recipe.Steps, "5")
	if s.Problem != "" {
		t.Errorf("the problem stays: %q", s.Problem)
	}
	write(s, recipe.Cutouts, "0")
	if _, ok := s.PressContinue("/"); ok || s.Wrong != fieldID(recipe.Cutouts.Option) {
		t.Errorf("problem %q of %q", s.Problem, s.Wrong)
	}
}

func TestEndless(t *testing.T) {
	s := running(t, 4)
	write(s, recipe.Endless, "true")
	takes(s, sends(t, s), 0)
	step(s, 1, 1, nil)
	s.Run.Foreseen = 1
	if left := s.Run.Left(); left != 0 {
		t.Errorf("%v are left", left)
	}
	for i := 2; i <= 5; i++ {
		step(s, i, 1, nil)
	}
	if s.PreviewName() != "Step 5: a red apple" || s.Title() != "Step 5 · a red apple · Reverie" || s.Run.Left() != 0 {
		t.Errorf("%q, %q, %v left", s.PreviewName(), s.Title(), s.Run.Left())
	}
	if got := strings.Join(s.Run.numbers(true), " "); got != "Step 5 2.00 s/step" {
		t.Errorf("the numbers are %q", got)
	}
	s.PressPause()
	s.Receive(protocol.Paused{Step: 5, Picture: pixel(5)}, start)
	if s.Status != "Paused after step 5." {
		t.Errorf("the status is %q", s.Status)
	}
}

// A run whose engine is lost is resumed from where it was saved last, as it was, and its picture stays.
func TestResumeAfterTheEngineIsLost(t *testing.T) {
	for name, lost := range map[string]protocol.Message{"reset": protocol.Lost{Message: "x"}, "crash": protocol.Exit{Code: 2}} {
		s := running(t, 100)
		for i := 1; i <= 5; i++ {
			step(s, i, 1, pixel(byte(i)))
		}
		saves(s, 3, "z")
		script := s.Run.Script
		write(s, recipe.Steps, "100")
		write(s, recipe.Prompt, "typed since")
		s.Receive(lost, start)
		if _, ok := s.Resumable(); ok || s.Shown.Pix[0] != 5 || !strings.Contains(s.Screen.Text, "resume from step 3") {
			t.Errorf("%s: the screen says %q; resumable %t", name, s.Screen.Text, ok)
		}
		s.Retry()
		if at, ok := s.Resumable(); !ok || at != 3 {
			t.Errorf("%s: resumable from %d, %t", name, at, ok)
		}
		if _, ok := s.PressResumeRun("/"); ok {
			t.Errorf("%s: it is resumed without an engine", name)
		}
		s.Receive(protocol.Ready{}, start)
		if want := "Ready. A run can be resumed from step 3."; s.Status != want {
			t.Errorf("%s: the status is %q, want %q", name, s.Status, want)
		}
		m, ok := s.PressResumeRun("/weights/")
		if !ok {
			t.Fatalf("%s: %q", name, s.Problem)
		}
		got := m.(protocol.Start)
		if !reflect.DeepEqual(got.Script, script) || string(got.State.Data) != "z" || got.Base != "/weights/" {
			t.Errorf("%s: it goes on with %+v", name, got)
		}
		if text(s, recipe.Prompt) != "a red apple" || s.UndoText() != "The run replaced your prompt." {
			t.Errorf("%s: the form says %q, the page %q", name, text(s, recipe.Prompt), s.UndoText())
		}
		s.Receive(protocol.First{Script: got.Script, Picture: pixel(8)}, start)
		if s.ShownAt != 3 {
			t.Errorf("%s: the first picture is after %d steps", name, s.ShownAt)
		}
		s.Receive(protocol.Started{Script: got.Script, Step: 3}, start)
		if _, ok := s.Resumable(); ok || s.Run.Step != 3 || len(s.Run.Losses) != 3 || s.Run.Ended {
			t.Errorf("%s: step %d, losses %v, ended %t", name, s.Run.Step, s.Run.Losses, s.Run.Ended)
		}
		if m, ok := s.Change(); ok {
			t.Errorf("%s: the run does not go on as it was: %+v", name, m)
		}
		s.PressStop()
		s.Receive(protocol.Stopped{Step: 3, Picture: pixel(3)}, start)
		if _, ok := s.Resumable(); ok {
			t.Errorf("%s: what the person has stopped is offered", name)
		}
	}
}

// Before the first state is saved a run begins anew, with its own seed and pictures.
func TestResumeFromTheStart(t *testing.T) {
	s := idle(t)
	seeds(s, 99)
	s.Start = &Opened{Name: "s.png", Picture: *pixel(1)}
	s.Images = []ImagePrompt{{Name: "i.png", Weight: "2", Picture: pixel(2)}}
	m, _ := s.PressStart("/")
	s.Receive(protocol.Started{Script: m.(protocol.Start).Script.Suggest(recipe.Recipe{})}, start)
	step(s, 1, 1, pixel(3))
	s.Receive(protocol.Lost{}, start)
	s.Retry()
	s.Receive(protocol.Ready{}, start)
	s.RemoveStart()
	s.RemoveImagePrompt(0)
	if at, ok := s.Resumable(); !ok || at != 0 {
		t.Fatalf("resumable from %d, %t", at, ok)
	}
	m, ok := s.PressResumeRun("/")
	if !ok {
		t.Fatal(s.Problem)
	}
	got := m.(protocol.Start)
	if r := got.Script.Recipe; recipe.Seed.In(r) != 99 || got.State != nil || got.Init.Pix[0] != 1 || len(got.Images) != 1 || got.Images[0].Picture.Pix[0] != 2 {
		t.Errorf("it begins with %+v", got)
	}
	if s.Start == nil || len(s.Images) != 1 || s.Images[0].Weight != "2" || s.Images[0].Picture == nil {
		t.Errorf("the form has %+v, %+v", s.Start, s.Images)
	}
}

// A field that says the same in other words stays as it is.
func TestResumeLeavesTheForm(t *testing.T) {
	s := running(t, 150)
	s.Run.Script.Recipe = s.Run.Script.Recipe.With(recipe.Width.Is(128))
	write(s, recipe.Width, "127")
	write(s, recipe.Prompt, " a red apple")
	write(s, recipe.Cutouts, "many") // which says nothing
	before := s.Form.With(recipe.Cutouts.Option, "16")
	s.Receive(protocol.Lost{}, start)
	s.Retry()
	s.Receive(protocol.Ready{}, start)
	if _, ok := s.PressResumeRun("/"); !ok || !reflect.DeepEqual(s.Form, before) {
		t.Errorf("the form is %+v, want %+v", s.Form, before)
	}
}

func TestDiscard(t *testing.T) {
	s := running(t, 10)
	step(s, 1, 1, pixel(1))
	s.TakeKept()
	s.Receive(protocol.Lost{}, start)
	s.Retry()
	s.Receive(protocol.Ready{}, start)
	s.PressDiscard()
	if _, ok := s.Resumable(); ok || s.Run != nil || s.Shown != nil || text(s, recipe.Prompt) != "a red apple" {
		t.Errorf("got %+v", s)
	}
	if kept, due := s.TakeKept(); kept != nil || !due {
		t.Error("the browser still keeps it")
	}
}

// A run of a model that is not here is not resumed: nothing big is downloaded unless the person asks for it.
func TestResumeDoesNotDownload(t *testing.T) {
	s := withBig(t)
	s.RestoreRun(keptRun{run: Run{Script: recipe.Script{Recipe: recipe.New(recipe.Prompt.Is("x"), recipe.Model.Is("big"))}, cut: true, Ended: true}})
	if _, ok := s.PressResumeRun("/"); ok || !strings.Contains(s.Problem, "press Download models (150 MB)") {
		t.Errorf("resumed %t, problem %q", ok, s.Problem)
	}
}

func TestMissingPicturesAreAskedForByName(t *testing.T) {
	s := idle(t)
	images := []prompt.Image{{Name: "a.png", Weight: 1, Stop: prompt.NoStop}}
	script := recipe.Script{Recipe: recipe.New(recipe.Prompt.Is("x"), recipe.ImagePrompts.Is(images))}
	later := recipe.ImagePrompts.Is(append(images, prompt.Image{Name: "b.png", Weight: 1, Stop: prompt.NoStop}))
	script = script.With(5, later)
	s.Draft = DraftOf(script, s.Draft)
	for _, name := range []string{"a.png", "b.png"} {
		if _, ok := s.PressStart("/"); ok || !strings.Contains(s.Problem, name) {
			t.Errorf("without %s: started %t, problem %q", name, ok, s.Problem)
		}
		s.takeImagePrompt(Opened{name, *pixel(1)}, nil)
	}
	m, ok := s.PressStart("/")
	if !ok {
		t.Fatal(s.Problem)
	}
	if got := m.(protocol.Start); len(got.Images) != 2 || len(recipe.ImagePrompts.In(got.Script.Recipe)) != 1 || !reflect.DeepEqual(got.Script.Changes, script.Changes) {
		t.Errorf("the run begins with %+v", got)
	}
}

// After ten steps the time that is left is told within a fifth, though the first steps take longer and none as long as another; the title tells the share.
func TestTimeLeft(t *testing.T) {
	s := running(t, 100)
	took := func(step int) time.Duration {
		return time.Second + time.Duration(step*7%5-2)*100*time.Millisecond + 4*time.Second/time.Duration(step*step*step)
	}
	at := start
	for i := 1; i <= 10; i++ {
		at = at.Add(took(i))
		s.Receive(protocol.Step{Step: i, Loss: 1}, at)
	}
	left := time.Duration(0)
	for i := 11; i <= 100; i++ {
		left += took(i)
	}
	off := 100 * math.Abs(float64(s.Run.Left()-left)) / float64(left)
	if off > 20 || s.Title() != "10 % · a red apple · Reverie" {
		t.Errorf("%v are told to be left, and %v are; the title is %q", s.Run.Left(), left, s.Title())
	}
	t.Logf("target 15: the time left is off by %.0f %% after 10 steps (<= 20), and the title is %q (a percentage)", off, s.Title())
}
