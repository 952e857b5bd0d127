package worker

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"reverie/app/protocol"
	"reverie/gpu/guide"
	"reverie/gpu/kept"
	"reverie/gpu/load"
	"reverie/recipe"
	"reverie/weights"
	"reverie/weights/folder"
	"reverie/weights/mini"
)

// fakeEngine is an engine of one-pixel pictures. Its channels let a test hold it at a point.
type fakeEngine struct {
	openErr      error
	loadErr      error
	lost         chan string
	hold         chan struct{} // when set, Load waits for it or for its context
	steps        chan struct{} // when set, each step takes one value
	underWay     chan struct{} // when set, gets a value as each step's report is awaited
	losses       []float64     // by step; 1/step when short
	milliseconds float64       // of a step
	closed       chan struct{} // gets a value per run closed
	sleep        time.Duration // of each step
	changeErr    error         // of changes that a script makes
	due          bool          // nothing is known of the device's kernels
	noInside     bool          // there is no room to look inside a step

	kept      []string // models
	deleteErr error
	cause     chan error // gets why Load was ended
}

func (e *fakeEngine) Open(context.Context, protocol.Open) (protocol.Ready, <-chan string, error) {
	return protocol.Ready{Adapter: "fake"}, e.lost, e.openErr
}

func (e *fakeEngine) Load(ctx context.Context, m protocol.Load, progress Progress) (protocol.Loaded, error) {
	progress(protocol.PhaseDownload, 1, 2)
	if e.hold != nil {
		select {
		case <-e.hold:
		case <-ctx.Done():
			if e.cause != nil {
				e.cause <- context.Cause(ctx)
			}
			return protocol.Loaded{}, ctx.Err()
		}
	}
	return protocol.Loaded{Model: m.Model, Factor: 16}, e.loadErr
}

func (e *fakeEngine) Keep(ctx context.Context, m protocol.Keep) error {
	e.kept = append(e.kept, m.Model)
	if e.hold != nil {
		select {
		case <-e.hold:
		case <-ctx.Done():
		}
	}
	return ctx.Err()
}

func (e *fakeEngine) SelfTest(_ context.Context, m protocol.SelfTest) (protocol.SelfTested, error) {
	return protocol.SelfTested{Model: m.Model, Of: "a fake", Within: "1e-3"}, e.loadErr
}

func (e *fakeEngine) Delete(_ context.Context, m protocol.Delete) error {
	e.kept = slices.DeleteFunc(e.kept, func(kept string) bool { return kept == m.Model })
	return e.deleteErr
}

func (e *fakeEngine) Foresee(_ context.Context, m protocol.Foresee, idle bool) (protocol.Foreseen, error) {
	if m.Recipe.Empty() {
		return protocol.Foreseen{}, errors.New("nothing")
	}
	return protocol.Foreseen{ID: m.ID, Bytes: int64(recipe.Width.In(m.Recipe)), Seconds: map[bool]float64{true: 1}[idle]}, nil
}

func (e *fakeEngine) Count(_ context.Context, m protocol.Count) (protocol.Counted, error) {
	if len(m.Texts) == 0 {
		return protocol.Counted{}, errors.New("nothing")
	}
	return protocol.Counted{ID: m.ID, Tokens: []int{len(m.Texts[0])}, Limit: 3}, nil
}

func (e *fakeEngine) Tune(ctx context.Context, progress Progress) (bool, error) {
	if !e.due {
		return false, nil
	}
	progress(protocol.PhaseTune, 1, 2)
	if e.hold != nil {
		select {
		case <-e.hold:
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
	e.due = false
	return true, nil
}

func (e *fakeEngine) Look(_ context.Context, m protocol.Look, _ Progress) (*protocol.Picture, error) {
	if m.Model != "there" {
		return nil, problem("it is not there")
	}
	return &protocol.Picture{Width: 1, Height: 1, Pix: m.Tokens.Data}, nil
}

func (e *fakeEngine) Kernels() protocol.Kernels {
	return protocol.Kernels{Kernels: []protocol.Kernel{{Class: "all", Variant: map[bool]string{true: "default", false: "fastest"}[e.due]}}}
}

func (e *fakeEngine) Measure(ctx context.Context, progress Progress) (protocol.Measured, error) {
	progress(protocol.PhaseMeasure, 1, 2)
	if e.hold != nil {
		select {
		case <-e.hold:
		case <-ctx.Done():
			return protocol.Measured{}, ctx.Err()
		}
	}
	return protocol.Measured{Speeds: []protocol.Speed{{Workload: "all", Milliseconds: 2, Rate: 3}}}, nil
}

func (e *fakeEngine) Storage(context.Context) (protocol.Storage, error) {
	s := protocol.Storage{How: "files"}
	for _, name := range e.kept {
		s.Models = append(s.Models, protocol.Model{Name: name})
	}
	return s, nil
}

func (e *fakeEngine) Start(ctx context.Context, m protocol.Start, progress Progress, say func(protocol.Message)) (Run, protocol.Started, error) {
	loaded, err := e.Load(ctx, protocol.Load{Base: m.Base, Model: recipe.Model.In(m.Script.Recipe)}, progress)
	if err != nil {
		return nil, protocol.Started{}, err
	}
	say(loaded)
	progress(protocol.PhaseCompile, 0, 0)
	r := &fakeRun{engine: e, script: m.Script}
	if m.State != nil {
		r.step = int(m.State.Data[0])
	}
	return r, protocol.Started{Script: m.Script, Step: r.step}, nil
}

type fakeRun struct {
	engine  *fakeEngine
	script  recipe.Script
	step    int
	applied int    // the step up to which the script's changes are made
	shows   []bool // of the updates under way
}

func (r *fakeRun) begun() int          { return r.step + len(r.shows) }
func (r *fakeRun) Step() int           { return r.step }
func (r *fakeRun) Frame(step int) bool { return r.script.At(step).Frame(step) }

func (r *fakeRun) Finished() bool { return r.begun() >= recipe.Steps.In(r.script.At(r.begun())) }

func (r *fakeRun) Due() bool {
	return !reflect.DeepEqual(r.script.At(r.applied), r.script.At(r.begun()))
}

func (r *fakeRun) Apply(context.Context, Progress) (protocol.Changed, error) {
	if len(r.shows) > 0 {
		return protocol.Changed{}, errors.New("updates are under way")
	}
	r.applied = r.step
	return protocol.Changed{Step: r.step, Script: r.script}, r.engine.changeErr
}

func (r *fakeRun) Change(_ context.Context, m protocol.Change, _ Progress) (protocol.Changed, error) {
	if len(r.shows) > 0 {
		return protocol.Changed{}, errors.New("updates are under way")
	}
	r.script = r.script.With(r.step, m.Set...)
	r.applied = r.step
	return protocol.Changed{Step: r.step, Script: r.script}, nil
}

func (r *fakeRun) Save(context.Context) (protocol.Saved, error) {
	if len(r.shows) > 0 {
		return protocol.Saved{}, errors.New("updates are under way")
	}
	return protocol.Saved{Step: r.step, Script: r.script, State: &protocol.Bytes{Data: []byte{byte(r.step)}}}, nil
}

func (r *fakeRun) Look(_ context.Context, m protocol.Look) (*protocol.Picture, error) {
	if len(r.shows) > 0 {
		return nil, errors.New("updates are under way")
	}
	return &protocol.Picture{Width: 1, Height: 1, Pix: m.Tokens.Data}, nil
}

func (r *fakeRun) Inspect(ctx context.Context, stay bool) (*protocol.Step, protocol.Inspected, error) {
	if len(r.shows) > 0 {
		return nil, protocol.Inspected{}, errors.New("updates are under way")
	}
	if r.engine.noInside {
		return nil, protocol.Inspected{Problem: "There is no room."}, nil
	}
	inside := protocol.Inspected{Step: r.step, Coming: !stay}
	if !stay {
		return nil, inside, nil
	}
	r.Submit(true)
	step, err := r.Report(ctx)
	return &step, inside, err
}

func (r *fakeRun) Astray(context.Context) (protocol.Saved, error) {
	return protocol.Saved{Step: 1, State: &protocol.Bytes{Data: []byte{1}}}, problem("it went astray at step 2")
}

func (r *fakeRun) Submit(show bool) error {
	r.shows = append(r.shows, show)
	return nil
}

func (r *fakeRun) Report(ctx context.Context) (protocol.Step, error) {
	show := r.shows[0]
	r.shows = r.shows[1:]
	if r.engine.underWay != nil {
		r.engine.underWay <- struct{}{}
	}
	if r.engine.steps != nil {
		select {
		case <-r.engine.steps:
		case <-ctx.Done():
			return protocol.Step{}, ctx.Err()
		}
	}
	time.Sleep(r.engine.sleep)
	r.step++
	report := protocol.Step{Step: r.step, Loss: 1 / float64(r.step), Milliseconds: r.engine.milliseconds}
	if r.step <= len(r.engine.losses) {
		report.Loss = r.engine.losses[r.step-1]
	}
	if show {
		report.Picture = &protocol.Picture{Width: 1, Height: 1, Pix: []byte{0, 0, 0, byte(r.step - 1)}}
	}
	return report, nil
}

func (r *fakeRun) Picture(context.Context) (*protocol.Picture, error) {
	return &protocol.Picture{Width: 1, Height: 1, Pix: []byte{0, 0, 0, byte(r.step + len(r.shows))}}, nil
}

func (r *fakeRun) Close() {
	if r.engine.closed != nil {
		r.engine.closed <- struct{}{}
	}
}

// channel is a test's end of a served engine.
type channel struct {
	t   *testing.T
	in  chan protocol.Message
	out chan protocol.Message
}

func serve(t *testing.T, e *fakeEngine) *channel {
	t.Helper()
	c := &channel{t: t, in: make(chan protocol.Message), out: make(chan protocol.Message, 1000)}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		Serve(ctx, e, c.in, func(m protocol.Message) { c.out <- m })
		close(ended)
	}()
	t.Cleanup(func() {
		cancel()
		select {
		case <-ended:
		case <-time.After(5 * time.Second):
			t.Error("the worker does not end with its context")
		}
	})
	return c
}

// next returns the next message that is no Progress and no Storage.
func (c *channel) next() protocol.Message {
	c.t.Helper()
	for {
		select {
		case m := <-c.out:
			switch m.(type) {
			case protocol.Progress, protocol.Storage:
			default:
				return m
			}
		case <-time.After(5 * time.Second):
			c.t.Fatal("no message from the worker")
		}
	}
}

// expect reads one message of type M.
func expect[M protocol.Message](c *channel) M {
	c.t.Helper()
	m := c.next()
	got, ok := m.(M)
	if !ok {
		c.t.Fatalf("got %T %+v, want %T", m, m, got)
	}
	return got
}

func start(steps int) protocol.Start {
	return protocol.Start{Base: "/weights/", Script: recipe.Script{Recipe: recipe.New(recipe.Prompt.Is("a red apple"), recipe.Steps.Is(steps))}}
}

func TestRunFromStartToEnd(t *testing.T) {
	c := serve(t, &fakeEngine{})
	c.in <- protocol.Open{}
	if got := expect[protocol.Ready](c); got.Adapter != "fake" {
		t.Errorf("got %+v", got)
	}
	if got := expect[protocol.Kernels](c); len(got.Kernels) != 1 {
		t.Errorf("got %+v", got)
	}
	c.in <- start(3)
	if got := expect[protocol.Loaded](c); got.Model != "mini" {
		t.Errorf("loaded %+v", got)
	}
	expect[protocol.Started](c)
	for step := 1; step <= 3; step++ {
		got := expect[protocol.Step](c)
		if got.Step != step || (got.Picture != nil) != (step == 1) {
			t.Errorf("step %d: got %+v; only the first of such quick steps has a picture", step, got)
		}
	}
	if got := expect[protocol.Saved](c); got.Step != 3 {
		t.Errorf("saved %+v", got)
	}
	if got := expect[protocol.Done](c); got.Step != 3 || got.Picture.Pix[3] != 3 {
		t.Errorf("done: got %+v", got)
	}
}

func TestZeroStepsGiveTheStartPicture(t *testing.T) {
	c := serve(t, &fakeEngine{})
	c.in <- start(0)
	expect[protocol.Loaded](c)
	expect[protocol.Started](c)
	expect[protocol.Saved](c)
	if got := expect[protocol.Done](c); got.Step != 0 || got.Picture.Pix[3] != 0 {
		t.Errorf("got %+v", got)
	}
}

func TestPauseResumeStop(t *testing.T) {
	e := &fakeEngine{steps: make(chan struct{}), underWay: make(chan struct{}, 1), closed: make(chan struct{}, 1), milliseconds: 1000}
	c := serve(t, e)
	c.in <- start(100)
	expect[protocol.Loaded](c)
	expect[protocol.Started](c)
	<-e.underWay
	e.steps <- struct{}{}
	expect[protocol.Step](c)

	<-e.underWay
	c.in <- protocol.Pause{}
	e.steps <- struct{}{}
	expect[protocol.Step](c)
	expect[protocol.Saved](c)
	if got := expect[protocol.Paused](c); got.Step != 2 || got.Picture.Pix[3] != 2 {
		t.Errorf("paused: got %+v", got)
	}
	select {
	case <-e.underWay:
		t.Fatal("a step was made while paused")
	case <-time.After(20 * time.Millisecond):
	}

	c.in <- protocol.Resume{}
	<-e.underWay
	e.steps <- struct{}{}
	if got := expect[protocol.Step](c); got.Step != 3 {
		t.Errorf("resumed: got %+v", got)
	}

	<-e.underWay
	c.in <- protocol.Stop{}
	c.in <- protocol.Pause{} // comes too late to matter
	e.steps <- struct{}{}
	expect[protocol.Step](c)
	if got := expect[protocol.Saved](c); got.Step != 4 {
		t.Errorf("saved %+v", got)
	}
	if got := expect[protocol.Stopped](c); got.Step != 4 || got.Picture.Pix[3] != 4 {
		t.Errorf("stopped: got %+v", got)
	}
	select {
	case <-e.closed:
	default:
		t.Error("stopped was told before the run was closed")
	}
	c.in <- start(1) // the worker is free again
	expect[protocol.Loaded](c)
	expect[protocol.Started](c)
}

// Quick steps are submitted ahead; a pause waits for what is under way, and the picture is the one after the last step told.
func TestPauseWithStepsAhead(t *testing.T) {
	e := &fakeEngine{steps: make(chan struct{})}
	c := serve(t, e)
	c.in <- start(100)
	expect[protocol.Loaded](c)
	expect[protocol.Started](c)
	e.steps <- struct{}{}
	expect[protocol.Step](c)
	e.steps <- struct{}{}
	expect[protocol.Step](c)
	c.in <- protocol.Pause{}
	last := 2
	for paused := false; !paused; {
		select {
		case e.steps <- struct{}{}:
		case m := <-c.out:
			switch m := m.(type) {
			case protocol.Step:
				last++
				if m.Step != last {
					t.Fatalf("step %d came after step %d", m.Step, last-1)
				}
			case protocol.Paused:
				paused = true
				if m.Step != last || m.Picture.Pix[3] != byte(last) || last > 5 {
					t.Errorf("paused at step %d with the picture of step %d after step %d, at most two steps after the wish", m.Step, m.Picture.Pix[3], last)
				}
			}
		}
	}
}

func TestStopWhilePaused(t *testing.T) {
	// Loading is held until the wish to pause is there, so that no step can come before it.
	e := &fakeEngine{hold: make(chan struct{}), steps: make(chan struct{})}
	c := serve(t, e)
	c.in <- start(5)
	c.in <- protocol.Pause{}
	close(e.hold)
	expect[protocol.Loaded](c)
	expect[protocol.Started](c)
	expect[protocol.Saved](c)
	expect[protocol.Paused](c)
	c.in <- protocol.Stop{}
	expect[protocol.Saved](c)
	if got := expect[protocol.Stopped](c); got.Step != 0 {
		t.Errorf("got %+v", got)
	}
}

func TestStopWhileLoading(t *testing.T) {
	c := serve(t, &fakeEngine{hold: make(chan struct{})})
	c.in <- start(5)
	if p, ok := (<-c.out).(protocol.Progress); !ok || p.Phase != protocol.PhaseDownload || p.Done != 1 || p.Total != 2 {
		t.Errorf("got %+v, want the download's progress", p)
	}
	c.in <- protocol.Stop{}
	if got := expect[protocol.Stopped](c); got.Picture != nil {
		t.Errorf("got %+v", got)
	}
}

func TestOneJobAtATime(t *testing.T) {
	e := &fakeEngine{hold: make(chan struct{})}
	c := serve(t, e)
	c.in <- start(1)
	c.in <- protocol.Load{Model: "mini"}
	if got := expect[protocol.Error](c); !strings.Contains(got.Message, "busy") {
		t.Errorf("got %+v", got)
	}
	c.in <- protocol.Delete{Model: "mini"}
	if got := expect[protocol.Error](c); !strings.Contains(got.Message, "busy") {
		t.Errorf("got %+v", got)
	}
	close(e.hold)
	expect[protocol.Loaded](c)
}

func TestStartTakesOverLoading(t *testing.T) {
	e := &fakeEngine{hold: make(chan struct{}), cause: make(chan error, 1)}
	c := serve(t, e)
	c.in <- protocol.Load{Model: "mini"}
	c.in <- start(1)
	if cause := <-e.cause; cause != errSuperseded {
		t.Errorf("loading ended because of %v", cause)
	}
	close(e.hold)
	expect[protocol.Loaded](c)
	expect[protocol.Started](c)
}

// storage reads messages up to the next Storage and returns the models in it.
func (c *channel) storage() (models []string) {
	c.t.Helper()
	for {
		select {
		case m := <-c.out:
			if s, ok := m.(protocol.Storage); ok {
				for _, m := range s.Models {
					models = append(models, m.Name)
				}
				return models
			}
		case <-time.After(5 * time.Second):
			c.t.Fatal("the worker does not tell what is kept")
		}
	}
}

func TestKeepAndDelete(t *testing.T) {
	e := &fakeEngine{}
	c := serve(t, e)
	c.in <- protocol.Open{}
	if got := c.storage(); got != nil {
		t.Errorf("at first %v is kept", got)
	}
	c.in <- protocol.Keep{Model: "mini"}
	if got := c.storage(); !slices.Equal(got, []string{"mini"}) {
		t.Errorf("after Keep %v is kept", got)
	}
	c.in <- protocol.Delete{Model: "mini"}
	if got := c.storage(); got != nil {
		t.Errorf("after Delete %v is kept", got)
	}
	e.deleteErr = errors.New("another tab")
	c.in <- protocol.Delete{Model: "mini"}
	if got := expect[protocol.Error](c); got.Message != "another tab" {
		t.Errorf("got %+v", got)
	}
}

// Storing a model in the background never makes a person wait.
func TestKeepGivesWay(t *testing.T) {
	e := &fakeEngine{hold: make(chan struct{})}
	c := serve(t, e)
	c.in <- protocol.Keep{Model: "mini"}
	c.in <- protocol.Stop{}
	expect[protocol.Stopped](c)
	c.in <- start(1)
	close(e.hold)
	expect[protocol.Loaded](c)
	expect[protocol.Started](c)
}

func TestMeasure(t *testing.T) {
	e := &fakeEngine{hold: make(chan struct{})}
	c := serve(t, e)
	c.in <- protocol.Measure{}
	c.in <- start(1)
	if got := expect[protocol.Error](c); !strings.Contains(got.Message, "busy") {
		t.Errorf("a run while the device is measured: got %+v", got)
	}
	e.hold <- struct{}{}
	if got := expect[protocol.Measured](c); len(got.Speeds) != 1 || got.Speeds[0].Rate != 3 {
		t.Errorf("got %+v", got)
	}
	c.in <- protocol.Measure{}
	c.in <- protocol.Stop{}
	expect[protocol.Stopped](c)
}

func TestSelfTest(t *testing.T) {
	e := &fakeEngine{}
	c := serve(t, e)
	c.in <- protocol.SelfTest{Model: "mini"}
	if got := expect[protocol.SelfTested](c); got.Model != "mini" || got.Within != "1e-3" {
		t.Errorf("got %+v", got)
	}
	e.loadErr = problem("It broke off.")
	c.in <- protocol.SelfTest{Model: "mini"}
	if got := expect[protocol.Error](c); got.Message != "It broke off." {
		t.Errorf("got %+v", got)
	}
}

// The first run times kernels, and tells; it can be stopped meanwhile, and then the next one does.
func TestTune(t *testing.T) {
	e := &fakeEngine{due: true, hold: make(chan struct{})}
	c := serve(t, e)
	c.in <- protocol.Open{}
	expect[protocol.Ready](c)
	if got := expect[protocol.Kernels](c); got.Kernels[0].Variant != "default" {
		t.Errorf("before: %+v", got)
	}
	c.in <- start(0)
	c.in <- protocol.Stop{}
	expect[protocol.Stopped](c)
	close(e.hold)
	c.in <- start(0)
	if got := expect[protocol.Kernels](c); got.Kernels[0].Variant != "fastest" {
		t.Errorf("after: %+v", got)
	}
	expect[protocol.Loaded](c)
	expect[protocol.Started](c)
	expect[protocol.Saved](c)
	expect[protocol.Done](c)
	c.in <- start(0)
	expect[protocol.Loaded](c)
}

// A forecast comes at any time, but the device is measured for it only when it is free.
func TestForesee(t *testing.T) {
	e := &fakeEngine{steps: make(chan struct{})}
	c := serve(t, e)
	r := recipe.New(recipe.Width.Is(64))
	c.in <- protocol.Foresee{ID: 1}
	c.in <- protocol.Foresee{ID: 2, Recipe: r}
	if got, want := expect[protocol.Foreseen](c), (protocol.Foreseen{ID: 2, Bytes: 64, Seconds: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	c.in <- start(100)
	expect[protocol.Loaded](c)
	expect[protocol.Started](c)
	c.in <- protocol.Foresee{ID: 3, Recipe: r}
	if got := expect[protocol.Foreseen](c); got.ID != 3 || got.Seconds != 0 {
		t.Errorf("during a run: %+v", got)
	}
}

// Tokens are counted at any time, and what cannot be counted has no answer.
func TestCount(t *testing.T) {
	c := serve(t, &fakeEngine{steps: make(chan struct{})})
	c.in <- start(100)
	expect[protocol.Loaded](c)
	expect[protocol.Started](c)
	c.in <- protocol.Count{ID: 1}
	c.in <- protocol.Count{ID: 2, Texts: []string{"fog"}}
	if got := expect[protocol.Counted](c); got.ID != 2 || got.Tokens[0] != 3 || got.Limit != 3 {
		t.Errorf("got %+v", got)
	}
}

// What the page leaves open is the model's, in changes too it is checked, and the answer says what really runs.
func TestResolveTakesWhatTheModelSuggests(t *testing.T) {
	model := &weights.Manifest{VQGAN: weights.VQGANConfig{ChMult: []int{1, 1, 1, 1}},
		Suggested: recipe.New(recipe.LearningRate.Is(0.15), recipe.CutPow.Is(0.3), recipe.Smoothness.Is(1))}
	m := start(1)
	m.Script.Recipe = m.Script.Recipe.With(recipe.CutPow.Is(0.5), recipe.Width.Is(61))
	script, notices, err := resolve(m.Script.With(3, recipe.Cutouts.Is(9999)), model)
	if err != nil {
		t.Fatal(err)
	}
	r := script.Recipe
	if recipe.LearningRate.In(r) != 0.15 || recipe.CutPow.In(r) != 0.5 || recipe.Smoothness.In(r) != 1 || recipe.Width.In(r) != 64 ||
		recipe.Cutouts.In(script.At(3)) != 1024 || len(notices) != 2 {
		t.Errorf("%+v, %q", script, notices)
	}
}

// A run goes on from where it was saved, by the script that it is given.
func TestStartFromAState(t *testing.T) {
	c := serve(t, &fakeEngine{})
	m := start(5)
	m.State = &protocol.Bytes{Data: []byte{3}}
	c.in <- m
	expect[protocol.Loaded](c)
	if got := expect[protocol.Started](c); got.Step != 3 {
		t.Errorf("started %+v", got)
	}
	for _, want := range []int{4, 5} {
		if got := expect[protocol.Step](c); got.Step != want {
			t.Errorf("step %+v, want %d", got, want)
		}
	}
	if got := expect[protocol.Saved](c); got.Step != 5 || got.State.Data[0] != 5 {
		t.Errorf("saved %+v", got)
	}
	if got := expect[protocol.Done](c); got.Step != 5 {
		t.Errorf("done %+v", got)
	}
}

// Wishes are fulfilled in their order, each between two steps.
func TestWishesInOrder(t *testing.T) {
	e := &fakeEngine{hold: make(chan struct{})}
	c := serve(t, e)
	c.in <- start(50)
	set := func(s ...recipe.Setting) protocol.Change { return protocol.Change{Set: s} }
	c.in <- set(recipe.Prompt.Is("b"))
	c.in <- protocol.Pause{}
	c.in <- set(recipe.Steps.Is(2))
	c.in <- protocol.Save{}
	c.in <- protocol.Resume{}
	close(e.hold)
	expect[protocol.Loaded](c)
	expect[protocol.Started](c)
	if got := expect[protocol.Changed](c); got.Step != 0 || recipe.Prompt.In(got.Script.At(0)) != "b" {
		t.Errorf("changed %+v", got)
	}
	expect[protocol.Saved](c)
	expect[protocol.Paused](c)
	if got := expect[protocol.Changed](c); recipe.Steps.In(got.Script.At(0)) != 2 || recipe.Prompt.In(got.Script.At(0)) != "b" {
		t.Errorf("changed %+v", got)
	}
	expect[protocol.Saved](c)
	expect[protocol.Step](c)
	expect[protocol.Step](c)
	expect[protocol.Saved](c)
	expect[protocol.Done](c)
}

// A script's changes are made at their steps, also the one that lets a finished run go on.
func TestChangesOfTheScript(t *testing.T) {
	c := serve(t, &fakeEngine{})
	m := start(2)
	m.Script = m.Script.With(1, recipe.Prompt.Is("b")).With(2, recipe.Steps.Is(3))
	c.in <- m
	expect[protocol.Loaded](c)
	expect[protocol.Started](c)
	for step := 1; step <= 3; step++ {
		if got := expect[protocol.Step](c); got.Step != step {
			t.Errorf("got %+v, want step %d", got, step)
		}
		if step < 3 {
			if got := expect[protocol.Changed](c); got.Step != step {
				t.Errorf("changed %+v after step %d", got, step)
			}
		}
	}
	expect[protocol.Saved](c)
	expect[protocol.Done](c)

	c = serve(t, &fakeEngine{changeErr: errors.New("no room")})
	c.in <- m
	expect[protocol.Loaded](c)
	expect[protocol.Started](c)
	expect[protocol.Step](c)
	if got := expect[protocol.Saved](c); got.Step != 1 {
		t.Errorf("saved %+v", got)
	}
	if got := expect[protocol.Error](c); got.Message != "no room" {
		t.Errorf("got %+v", got)
	}
}

// A run is saved every 30 seconds by itself.
func TestSavesByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &fakeEngine{sleep: time.Second}
		c := serve(t, e)
		c.in <- start(100)
		var steps []int
		for done := false; !done; {
			switch m := (<-c.out).(type) {
			case protocol.Saved:
				steps = append(steps, m.Step)
			case protocol.Done:
				done = true
			}
		}
		// With two updates under way, the one that was begun before is reported first.
		if !slices.Equal(steps, []int{31, 62, 93, 100}) {
			t.Errorf("saved after the steps %v", steps)
		}
	})
}

// Pictures that were asked for are those after just so many steps.
func TestShots(t *testing.T) {
	c := serve(t, &fakeEngine{})
	m := start(6)
	m.Every, m.Frames = 4, true
	m.Script.Recipe = m.Script.Recipe.With(recipe.MotionEvery.Is(3), recipe.MotionFirst.Is(2))
	c.in <- m
	var steps []int
	for done := false; !done; {
		switch m := c.next().(type) {
		case protocol.Shot:
			if steps = append(steps, m.Step); m.Picture.Pix[3] != byte(m.Step) {
				t.Errorf("after step %d comes the picture of step %d", m.Step, m.Picture.Pix[3])
			}
		case protocol.Done:
			done = true
		}
	}
	if !slices.Equal(steps, []int{2, 4, 5}) {
		t.Errorf("pictures after the steps %v, want those of frames 2 and 5, and 4", steps)
	}
}

func TestErrors(t *testing.T) {
	t.Run("no adapter", func(t *testing.T) {
		c := serve(t, &fakeEngine{openErr: reasoned{protocol.NoAdapter, errors.New("none")}})
		c.in <- protocol.Open{}
		if got, want := expect[protocol.Error](c), (protocol.Error{Reason: protocol.NoAdapter, Message: "none"}); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})
	t.Run("a model that does not load", func(t *testing.T) {
		c := serve(t, &fakeEngine{loadErr: errors.New("weights: damaged")})
		c.in <- start(1)
		if got := expect[protocol.Error](c); got.Message != "weights: damaged" {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("no network", func(t *testing.T) {
		c := serve(t, &fakeEngine{loadErr: fmt.Errorf("%w: reset", load.ErrNetwork)})
		c.in <- protocol.Load{Model: "big"}
		if got := expect[protocol.Error](c); got.Reason != protocol.Offline {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("what the host has to mend", func(t *testing.T) {
		c := serve(t, &fakeEngine{loadErr: fmt.Errorf("%w: upload it again", load.ErrDamaged)})
		c.in <- protocol.Load{Model: "big"}
		if got := expect[protocol.Error](c); !strings.HasPrefix(got.Message, "This site's copy of the model is damaged") || strings.Contains(got.Message, "upload") {
			t.Errorf("got %+v", got)
		}
	})
	for after, want := range map[time.Duration]string{10 * time.Second: "in a minute;", 90 * time.Second: "in 2 minutes;", 3 * time.Hour: "in 3 hours;"} {
		t.Run("a busy server "+want, func(t *testing.T) {
			c := serve(t, &fakeEngine{loadErr: fmt.Errorf("x: %w", &load.Busy{After: after})})
			c.in <- protocol.Load{Model: "big"}
			if got := expect[protocol.Error](c); got.Reason != protocol.Busy || !strings.Contains(got.Message, want) {
				t.Errorf("got %+v", got)
			}
		})
	}
	t.Run("no room", func(t *testing.T) {
		c := serve(t, &fakeEngine{loadErr: fmt.Errorf("x: %w", &load.RoomError{Missing: 150e6, Free: 40e6})})
		c.in <- protocol.Load{Model: "big"}
		got := expect[protocol.Error](c)
		if got.Reason != protocol.NoRoom || !strings.Contains(got.Message, "150 MB more") || !strings.Contains(got.Message, "40 MB:") {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("a loss that is no number", func(t *testing.T) {
		c := serve(t, &fakeEngine{losses: []float64{1, math.NaN()}})
		c.in <- start(5)
		expect[protocol.Loaded](c)
		expect[protocol.Started](c)
		expect[protocol.Step](c)
		if got := expect[protocol.Saved](c); got.Step != 1 {
			t.Errorf("saved %+v, want the last good state", got)
		}
		if got := expect[protocol.Error](c); got.Message != "it went astray at step 2" {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("a message for the page", func(t *testing.T) {
		c := serve(t, &fakeEngine{})
		c.in <- protocol.Ready{}
		expect[protocol.Error](c)
	})
}

func TestLostDeviceEndsTheRun(t *testing.T) {
	e := &fakeEngine{lost: make(chan string, 1), steps: make(chan struct{}), closed: make(chan struct{}, 1)}
	c := serve(t, e)
	c.in <- protocol.Open{}
	expect[protocol.Ready](c)
	c.in <- start(5)
	expect[protocol.Kernels](c)
	expect[protocol.Loaded](c)
	expect[protocol.Started](c)
	e.lost <- "reset"
	if got := expect[protocol.Lost](c); got.Message != "reset" {
		t.Errorf("got %+v", got)
	}
	<-e.closed
}

func TestStopWithNothingToStop(t *testing.T) {
	c := serve(t, &fakeEngine{})
	c.in <- protocol.Stop{}
	if got := expect[protocol.Stopped](c); !reflect.DeepEqual(got, protocol.Stopped{}) {
		t.Errorf("got %+v", got)
	}
}

// Each phase of the loop has a name of its own on the way to the page.
func TestPhasesOfTheLoopAreNamed(t *testing.T) {
	seen := map[protocol.Phase]bool{}
	for phase := range guide.Phase(guide.Phases) {
		var told protocol.Phase
		named(func(p protocol.Phase, _, _ int64) { told = p })(phase, 0, 0)
		if !slices.Contains(protocol.Phases, told) || seen[told] {
			t.Errorf("phase %d is told as %q", phase, told)
		}
		seen[told] = true
	}
}

// What is kept of a CLIP alone is told without a VQGAN's factor.
func TestKeptHalves(t *testing.T) {
	m, err := folder.Manifest(mini.FS)
	if err != nil {
		t.Fatal(err)
	}
	whole := kept.Model{Name: "mini", Manifest: m, Stored: 5, Total: 9, CLIP: kept.Half{Stored: 2, Total: 4}, VQGAN: kept.Half{Stored: 3, Total: 5}}
	got := modelOf(whole)
	if got.Factor != m.VQGAN.Factor() || got.Stored != 5 || got.Bytes != 9 || got.CLIP != (protocol.Half{Bytes: 4, Stored: 2}) || got.VQGAN != (protocol.Half{Bytes: 5, Stored: 3}) {
		t.Errorf("a pair is told as %+v", got)
	}
	eye := *m
	eye.VQGAN, eye.Parts = weights.VQGANConfig{}, []weights.Part{*m.Part(weights.PartText), *m.Part(weights.PartImage)}
	if got := modelOf(kept.Model{Name: "eye", Manifest: &eye}); got.Factor != 0 {
		t.Errorf("a CLIP is told as %+v", got)
	}
}
