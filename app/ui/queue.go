package ui

import (
	"fmt"
	"slices"
	"strings"

	"reverie/app/protocol"
	"reverie/recipe"
)

// queue is the runs that wait, and the small ones of which one may go on large.
type queue struct {
	jobs   []job
	trials []trial // that are made
	next   bool    // the run under way is done, and the next one is to begin
	due    bool    // what the browser keeps of the queue is not the newest
}

// job is a run that waits. Where its script says no seed, one is drawn when it begins.
type job struct {
	script   recipe.Script
	start    *Opened
	pictures []protocol.Named // of its image prompts
	large    recipe.Settings  // of a small run: with which it may go on
}

// trial is a small run that is made.
type trial struct {
	job     // as it ran, with its seed
	step    int
	picture *protocol.Picture
	tokens  []byte // of the picture; none where the model's codes do not fit two bytes
	columns int
}

// draft shows a job in the form.
func (j job) draft() Draft {
	return DraftOf(j.script, Draft{Start: j.start, Images: imagesOf(j.pictures)})
}

// text says in a line what a job is.
func (j job) text() string {
	r := j.script.Recipe
	return fmt.Sprintf("%.60s · %d × %d · %s", recipe.Prompt.In(r), recipe.Width.In(r), recipe.Height.In(r), count(recipe.Steps.In(r), "step"))
}

// Enqueue lets a run of the form wait for its turn, with another prompt where one is given.
func (s *State) Enqueue(prompt string) {
	before := s.Draft
	if prompt = strings.TrimSpace(prompt); prompt != "" {
		s.Form = s.Form.With(recipe.Prompt.Option, prompt)
	}
	j, err := s.job()
	s.Draft = before
	if err != nil {
		s.complain(err, nil)
		return
	}
	s.settle()
	s.jobs, s.queue.due = append(slices.Clip(s.jobs), j), true
	s.Status = fmt.Sprintf(addedToQueue, s.waiting())
}

// job is a run of the form.
func (s *State) job() (job, error) {
	script, err := s.check()
	if !s.Form.Locked {
		script.Recipe = script.Recipe.Without(recipe.Seed.Option)
	}
	return job{script: script, start: s.Start, pictures: s.pictures()}, err
}

// waiting counts the queue in words.
func (s *State) waiting() string {
	if len(s.jobs) == 1 {
		return oneRunWaits
	}
	return fmt.Sprintf(runsWait, len(s.jobs))
}

// queueText is the queue as its chip tells it.
func (s *State) queueText() string {
	if len(s.jobs) == 0 {
		return queueChip
	}
	return fmt.Sprintf(queueCountChip, len(s.jobs))
}

// Dequeue takes the i-th run out of the queue.
func (s *State) Dequeue(i int) {
	if i < len(s.jobs) {
		s.jobs, s.queue.due = slices.Delete(slices.Clone(s.jobs), i, i+1), true
	}
}

// Prefer lets the i-th run change places with the one before it.
func (s *State) Prefer(i int) {
	if i > 0 && i < len(s.jobs) {
		s.jobs, s.queue.due = slices.Clone(s.jobs), true
		s.jobs[i-1], s.jobs[i] = s.jobs[i], s.jobs[i-1]
	}
}

// PressNext begins the first run of the queue, whose settings take the form's place. One that cannot begin stays in the form, with what is wrong.
func (s *State) PressNext(base string) (protocol.Message, bool) {
	if len(s.jobs) == 0 || s.Phase != Idle && s.Phase != Loading {
		return nil, false
	}
	j := s.jobs[0]
	s.Dequeue(0)
	s.Offer, s.Notices = nil, nil
	s.replace(theQueue, j.draft())
	m, ok := s.PressStart(base)
	if ok {
		s.next.large = j.large
	}
	return m, ok
}

// queueWaits goes on after the news that a run was stopped.
func (s *State) queueWaits() string {
	if len(s.jobs) == 0 {
		return ""
	}
	return " " + fmt.Sprintf(startQueueHint, upperFirst(s.waiting()))
}

// The small runs that TryFour makes: how many, and the least that their longer side has.
const (
	trialCount = 4
	trialSide  = 64
)

// TryFour makes small, quick runs of the form that differ in their seeds, before all that waits; one of them can go on large.
func (s *State) TryFour(base string) (protocol.Message, bool) {
	j, err := s.job()
	if err != nil {
		s.complain(err, func() error { _, err := s.check(); return err })
		return nil, false
	}
	s.settle()
	r := j.script.Recipe
	w, h := recipe.Width.In(r), recipe.Height.In(r)
	j.large = recipe.Settings{recipe.Width.Is(w), recipe.Height.Is(h), recipe.Steps.Is(recipe.Steps.In(r)), recipe.Endless.Is(recipe.Endless.In(r))}
	if recipe.Coarse.In(r) != "" {
		j.large = append(j.large, recipe.Coarse.Is(recipe.Coarse.In(r)))
	}
	if s.Form.Locked {
		j.large = append(j.large, recipe.Seed.Is(recipe.Seed.In(r)))
	}
	long := max(w, h)
	w, h = s.fit(shape{W: w, H: h}, min(long, max(trialSide, long/2)))
	r = r.With(recipe.Width.Is(w), recipe.Height.Is(h), recipe.Steps.Is(min(recipe.Steps.In(r), efforts[0].Steps)), recipe.Endless.Is(false), recipe.Coarse.Is(""))
	var list []job
	for i := range trialCount {
		one := j
		one.script = recipe.Script{Recipe: r}
		if i > 0 || !s.Form.Locked {
			one.script.Recipe = r.With(recipe.Seed.Is(s.draw()))
		}
		list = append(list, one)
	}
	s.trials = nil
	s.jobs, s.queue.due = append(list, s.withoutTrials()...), true
	s.Status = fourComeLater
	return s.PressNext(base)
}

// withoutTrials is the queue without small runs.
func (s *State) withoutTrials() []job {
	return slices.DeleteFunc(slices.Clone(s.jobs), func(j job) bool { return j.large != nil })
}

// ran is told that the run is done: the next one is to begin, and a small one can go on large.
func (s *State) ran(step int) {
	s.queue.next = len(s.jobs) > 0
	r := s.Run
	if r == nil || r.large == nil || s.Shown == nil || s.ShownRun != r {
		return
	}
	t := trial{job: job{script: r.Script, start: r.start, pictures: r.pictures, large: r.large}, step: step, picture: s.Shown, columns: s.past().columns}
	if tokens, found, ok := r.history.At(step); ok && found == step {
		t.tokens = tokens
	}
	s.trials, s.queue.due = append(slices.Clip(s.trials), t), true
}

// regrow makes the form say again what it said before a small run took its place.
func (s *State) regrow() {
	r := s.next
	if r == nil && s.Run != nil && !s.Run.Ended {
		r = s.Run
	}
	if r == nil || r.large == nil {
		return
	}
	s.Form.Locked = false
	for _, one := range r.large {
		s.Form = s.Form.With(one.Option, one.Option.Format(one.Value))
		s.Form.Locked = s.Form.Locked || one.Option == recipe.Seed.Option
	}
}

// CanGoOnLarge says whether a small run can be taken for the start of a large one.
func (s *State) CanGoOnLarge() bool {
	return s.Phase >= Idle && s.Phase < Stopping && s.Phase != Measuring
}

// GoOnLarge begins a run in the size and for the steps that the form had, from the i-th small run: from its tokens, which the engine enlarges, or
// where it has told none from its picture. What is under way ends, and small runs that wait are not made any more.
func (s *State) GoOnLarge(i int, base string) (protocol.Message, bool) {
	if i >= len(s.trials) || !s.CanGoOnLarge() {
		return nil, false
	}
	t := s.trials[i]
	j := t.job
	j.script = t.script.Fork(t.step, grid(t.tokens, t.columns))
	if t.tokens == nil {
		j.start = &Opened{Name: fileName(t.script.Recipe, t.step), Picture: *t.picture}
		j.script.Recipe = j.script.Recipe.With(recipe.InitImage.Is(j.start.Name))
	}
	for _, one := range t.large {
		if one.Option != recipe.Seed.Option {
			j.script.Recipe = j.script.Recipe.With(one)
		}
	}
	s.settle()
	s.Offer = nil
	s.jobs, s.queue.due = s.withoutTrials(), true
	if s.Phase >= Starting {
		return s.depart(theSmallPicture, j.draft())
	}
	s.replace(theSmallPicture, j.draft())
	return s.PressStart(base)
}

// DropTrials puts the small pictures away, which are among all pictures.
func (s *State) DropTrials() { s.trials, s.queue.due = nil, true }

// TakeQueue is what is to be kept of the queue. It is due where it differs from what was taken before.
func (s *State) TakeQueue() (jobs []job, made []trial, due bool) {
	due, s.queue.due = s.queue.due, false
	return s.jobs, s.trials, due
}

// RestoreQueue takes the queue that was kept, before what has come since.
func (s *State) RestoreQueue(jobs []job, made []trial) {
	s.jobs = append(slices.Clip(jobs), s.jobs...)
	if s.trials == nil {
		s.trials = made
	}
}
