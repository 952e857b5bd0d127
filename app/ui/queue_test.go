package ui

import (
	"reflect"
	"strings"
	"testing"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"reverie/app/protocol"
	"reverie/recipe"
)

// done ends the run under way as when all its steps are made. Its last tokens are 2×1 codes, the first the picture's brightness.
func done(t *testing.T, s *State, step int, brightness byte) {
	t.Helper()
	s.Receive(protocol.Saved{Step: step, Script: s.Run.Script, State: &protocol.Bytes{Data: []byte{1}}, Tokens: &protocol.Bytes{Data: []byte{brightness, 0, 7, 1}}}, start)
	s.Receive(protocol.Done{Step: step, Picture: pixel(brightness)}, start)
}

// runOf is the script of a start, which the engine takes as it is.
func runOf(t *testing.T, s *State, m protocol.Message, ok bool) recipe.Recipe {
	t.Helper()
	started, is := m.(protocol.Start)
	if !ok || !is {
		t.Fatalf("no run begins, but %+v: %s", m, s.Problem)
	}
	s.Receive(protocol.Started{Script: started.Script}, start)
	return started.Script.Recipe
}

func prompts(s *State) []string {
	var list []string
	for _, j := range s.jobs {
		list = append(list, recipe.Prompt.In(j.script.Recipe))
	}
	return list
}

// What is added while a run goes on waits for its end and then begins by itself, each with a seed of its own.
func TestQueue(t *testing.T) {
	s := running(t, 4)
	s.Enqueue("a blue heart")
	s.Enqueue("")
	if got := s.queueText(); got != "Queue · 2" || s.Status != "Added to the queue: 2 runs wait." || text(s, recipe.Prompt) != "a red apple" {
		t.Fatalf("the queue is told as %q, and the page says %q", got, s.Status)
	}
	if m, ok := s.Change(); ok {
		t.Errorf("the run under way is told %+v", m)
	}
	step(s, 1, 1, pixel(1))
	if _, ok := s.FollowUp("/weights/"); ok {
		t.Error("the next run begins while one is under way")
	}
	done(t, s, 4, 4)
	m, ok := s.FollowUp("/weights/")
	first := runOf(t, s, m, ok)
	if recipe.Prompt.In(first) != "a blue heart" || text(s, recipe.Prompt) != "a blue heart" || len(s.jobs) != 1 {
		t.Errorf("it makes %+v; the form says %q", first, text(s, recipe.Prompt))
	}
	done(t, s, 4, 5)
	m, ok = s.FollowUp("/weights/")
	second := runOf(t, s, m, ok)
	if recipe.Prompt.In(second) != "a red apple" || recipe.Seed.In(second) == recipe.Seed.In(first) {
		t.Errorf("then it makes %+v", second)
	}
	done(t, s, 4, 6)
	if m, ok := s.FollowUp("/weights/"); ok {
		t.Errorf("after the last one it sends %+v", m)
	}
}

// A run that is stopped, or fails, leaves the queue waiting until the person goes on with it.
func TestQueueWaits(t *testing.T) {
	s := running(t, 4)
	s.Enqueue("a blue heart")
	step(s, 1, 1, pixel(1))
	s.PressStop()
	s.Receive(protocol.Stopped{Step: 1, Picture: pixel(1)}, start)
	if _, ok := s.FollowUp("/weights/"); ok || s.Status != "Stopped after step 1 of 4. 1 run waits: press Start queue under Queue." {
		t.Errorf("after Stop the page says %q, and goes on: %t", s.Status, ok)
	}
	m, ok := s.PressNext("/weights/")
	runOf(t, s, m, ok)
	s.Enqueue("a tree")
	s.Receive(protocol.Error{Message: "No."}, start)
	if _, ok := s.FollowUp("/weights/"); ok || !reflect.DeepEqual(prompts(s), []string{"a tree"}) {
		t.Errorf("after an error the queue goes on (%t), %v", ok, prompts(s))
	}
}

// A run that the person begins anew comes before the queue, which does not go on when that one is stopped.
func TestNewRunBeforeTheQueue(t *testing.T) {
	s := running(t, 4)
	s.Enqueue("a blue heart")
	s.PressNewRun()
	done(t, s, 4, 4) // it was done already
	m, ok := s.FollowUp("/weights/")
	if r := runOf(t, s, m, ok); recipe.Prompt.In(r) != "a red apple" {
		t.Errorf("it makes %+v", r)
	}
	step(s, 1, 1, pixel(1))
	s.PressStop()
	s.Receive(protocol.Stopped{Step: 1, Picture: pixel(1)}, start)
	if m, ok := s.FollowUp("/weights/"); ok {
		t.Errorf("after Stop it sends %+v", m)
	}
}

func TestQueueIsEdited(t *testing.T) {
	s := idle(t)
	for _, text := range []string{"a", "b", "c"} {
		s.Enqueue(text)
	}
	s.Prefer(2)
	s.Prefer(0)
	if got := prompts(s); !reflect.DeepEqual(got, []string{"a", "c", "b"}) {
		t.Errorf("the last but one is preferred: %v", got)
	}
	s.Dequeue(0)
	s.Dequeue(7)
	if got := prompts(s); !reflect.DeepEqual(got, []string{"c", "b"}) {
		t.Errorf("without the first: %v", got)
	}
	write(s, recipe.Steps, "none")
	s.Enqueue("d")
	if got := prompts(s); len(got) != 2 || s.Wrong != fieldID(recipe.Steps.Option) || text(s, recipe.Prompt) != "a red apple" {
		t.Errorf("a form that cannot run gives %v; what is wrong is %q", got, s.Wrong)
	}
}

// A seed that is locked, and pictures, wait with their run.
func TestQueueKeepsPicturesAndSeed(t *testing.T) {
	s := idle(t)
	s.Start = &Opened{Name: "sea.png", Picture: *pixel(9)}
	write(s, recipe.Seed, "5")
	s.Enqueue("")
	s.RemoveStart()
	s.LockSeed(false)
	m, ok := s.PressNext("/weights/")
	r := runOf(t, s, m, ok)
	if init := m.(protocol.Start).Init; recipe.Seed.In(r) != 5 || recipe.InitImage.In(r) != "sea.png" || init == nil || init.Pix[0] != 9 {
		t.Errorf("it makes %+v from %+v", r, init)
	}
}

// fourOf are the recipes of four small runs that are made, whose pictures and first codes are 1 to 4.
func fourOf(t *testing.T, s *State) []recipe.Recipe {
	t.Helper()
	m, ok := s.TryFour("/weights/")
	var list []recipe.Recipe
	for i := range trialCount {
		list = append(list, runOf(t, s, m, ok))
		s.Run.loaded.Factor = 32 // so that two codes are all tokens
		done(t, s, 60, byte(i+1))
		m, ok = s.FollowUp("/weights/")
	}
	if ok {
		t.Fatalf("after four, it sends %+v", m)
	}
	return list
}

// Four small runs differ in their seeds only, and one of them goes on in the size and for the steps that the form had, from its tokens.
func TestFourSeeds(t *testing.T) {
	s := idle(t)
	write(s, recipe.Height, "64")
	small := fourOf(t, s)
	seeds := map[uint64]bool{}
	for _, r := range small {
		seeds[recipe.Seed.In(r)] = true
		if recipe.Width.In(r) != 64 || recipe.Height.In(r) != 32 || recipe.Steps.In(r) != 60 || recipe.Prompt.In(r) != "a red apple" {
			t.Errorf("a small run is %+v", r)
		}
	}
	if len(seeds) != trialCount || len(s.trials) != trialCount {
		t.Fatalf("%d seeds gave %d pictures", len(seeds), len(s.trials))
	}
	if text(s, recipe.Width) != "128" || text(s, recipe.Height) != "64" || text(s, recipe.Steps) != "150" || s.Form.Locked {
		t.Errorf("then the form says %s × %s, %s steps, locked %t", text(s, recipe.Width), text(s, recipe.Height), text(s, recipe.Steps), s.Form.Locked)
	}
	m, ok := s.GoOnLarge(2, "/weights/")
	r := runOf(t, s, m, ok)
	if tokens := recipe.StartTokens.In(r); len(tokens.Codes) != 2 || tokens.Codes[0] != 3 || tokens.Columns != 2 {
		t.Errorf("it starts from %+v", tokens)
	}
	if recipe.Width.In(r) != 128 || recipe.Height.In(r) != 64 || recipe.Steps.In(r) != 150 || recipe.Seed.In(r) != recipe.Seed.In(small[2]) {
		t.Errorf("it makes %+v", r)
	}
}

// Where a run tells no tokens, its picture is the start. A small one that is chosen early ends the others.
func TestFourSeedsEarly(t *testing.T) {
	s := idle(t)
	write(s, recipe.Seed, "5")
	m, ok := s.TryFour("/weights/")
	if r := runOf(t, s, m, ok); recipe.Seed.In(r) != 5 {
		t.Errorf("the locked seed is not among them: %+v", r)
	}
	s.Enqueue("what waits besides")
	s.Receive(protocol.Done{Step: 60, Picture: pixel(7)}, start)
	m, ok = s.FollowUp("/weights/")
	runOf(t, s, m, ok)
	if m, ok := s.GoOnLarge(0, "/weights/"); !ok || m != (protocol.Stop{}) {
		t.Fatalf("it sends %+v: %s", m, s.Problem)
	}
	s.Receive(protocol.Stopped{Step: 3, Picture: pixel(8)}, start)
	m, ok = s.FollowUp("/weights/")
	r := runOf(t, s, m, ok)
	if init := m.(protocol.Start).Init; init == nil || init.Pix[0] != 7 || recipe.Width.In(r) != 128 || recipe.Seed.In(r) != 5 {
		t.Errorf("it makes %+v from %+v", r, init)
	}
	if got := prompts(s); !reflect.DeepEqual(got, []string{"what waits besides"}) {
		t.Errorf("%v still wait", got)
	}
}

// The queue comes back after a reload, with the pictures of its runs and the small ones.
func TestQueueIsKept(t *testing.T) {
	s := idle(t)
	fourOf(t, s)
	s.Start = &Opened{Name: "sea.png", Picture: *pixel(9)}
	s.Enqueue("a blue heart")
	jobs, made, due := s.TakeQueue()
	if !due {
		t.Fatal("nothing is to be kept")
	}
	if _, _, due := s.TakeQueue(); due {
		t.Error("it is to be kept twice")
	}
	k := keeper{vault: &fakeVault{entries: map[string][]byte{}}}
	if err := k.keepQueue(jobs, made); err != nil {
		t.Fatal(err)
	}
	if err := k.keepDraft(nil, nil); err != nil { // which tidies up
		t.Fatal(err)
	}
	jobs, made, err := (&keeper{vault: k.vault}).queue()
	if err != nil {
		t.Fatal(err)
	}
	again := idle(t)
	again.RestoreQueue(jobs, made)
	if again.queueText() != "Queue · 1" || again.jobs[0].start.Picture.Pix[0] != 9 || recipe.Prompt.In(again.jobs[0].script.Recipe) != "a blue heart" {
		t.Errorf("back come %+v", again.jobs)
	}
	m, ok := again.GoOnLarge(1, "/weights/")
	if r := runOf(t, again, m, ok); recipe.StartTokens.In(r).Codes[0] != 2 || recipe.Width.In(r) != 128 {
		t.Errorf("the second picture goes on as %+v", r)
	}
}

// What waits, and what can go on large, has names to press.
func TestQueueOnThePage(t *testing.T) {
	p := NewPage()
	p.state = *idle(t)
	fourOf(t, &p.state)
	p.state.Enqueue("a blue heart")
	html := app.HTMLString(p.Render())
	for _, want := range []string{">Queue · 1</button>", `aria-label="Go on large with seed 4 of 4"`, `aria-label="Remove: a blue heart · 128 × 128 · 150 steps"`, ">Start queue</button>", ">4 seeds</button>"} {
		if !strings.Contains(html, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}
