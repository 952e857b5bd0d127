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
	"time"

	"reverie/app/protocol"
	"reverie/app/settings"
	"reverie/gpu/load"
	"reverie/weights"
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
	due          bool          // nothing is known of the device's kernels

	kept      []string // models
	deleteErr error
	cause     chan error // gets why Load was ended
}

func (e *fakeEngine) Open(context.Context, protocol.Open) (protocol.Ready, <-chan string, error) {
	return protocol.Ready{Adapter: "fake"}, e.lost, e.openErr
}

func (e *fakeEngine) Load(ctx context.Context, m protocol.Load, progress Progress) (protocol.Loaded, error) {
	progress("download", 1, 2)
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

func (e *fakeEngine) Delete(_ context.Context, m protocol.Delete) error {
	e.kept = slices.DeleteFunc(e.kept, func(kept string) bool { return kept == m.Model })
	return e.deleteErr
}

func (e *fakeEngine) Foresee(_ context.Context, m protocol.Foresee, idle bool) (protocol.Foreseen, error) {
	if m.Settings.Width < 1 {
		return protocol.Foreseen{}, errors.New("no width")
	}
	return protocol.Foreseen{ID: m.ID, Bytes: int64(m.Settings.Width), Seconds: map[bool]float64{true: 1}[idle]}, nil
}

func (e *fakeEngine) Tune(ctx context.Context, progress Progress) (bool, error) {
	if !e.due {
		return false, nil
	}
	progress("tune", 1, 2)
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

func (e *fakeEngine) Kernels() protocol.Kernels {
	return protocol.Kernels{Kernels: []protocol.Kernel{{Class: "all", Variant: map[bool]string{true: "default", false: "fastest"}[e.due]}}}
}

func (e *fakeEngine) Measure(ctx context.Context, progress Progress) (protocol.Measured, error) {
	progress("measure", 1, 2)
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
	loaded, err := e.Load(ctx, protocol.Load{Base: m.Base, Model: m.Settings.Model}, progress)
	if err != nil {
		return nil, protocol.Started{}, err
	}
	say(loaded)
	progress("compile", 0, 0)
	return &fakeRun{engine: e}, protocol.Started{Settings: m.Settings}, nil
}

type fakeRun struct {
	engine *fakeEngine
	step   int
	shows  []bool // of the updates under way
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
	s := settings.Default()
	s.Prompt, s.Steps = "a red apple", steps
	return protocol.Start{Base: "/weights/", Settings: s}
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
	if got := expect[protocol.Done](c); got.Step != 3 || got.Picture.Pix[3] != 3 {
		t.Errorf("done: got %+v", got)
	}
}

func TestZeroStepsGiveTheStartPicture(t *testing.T) {
	c := serve(t, &fakeEngine{})
	c.in <- start(0)
	expect[protocol.Loaded](c)
	expect[protocol.Started](c)
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
	expect[protocol.Paused](c)
	c.in <- protocol.Stop{}
	if got := expect[protocol.Stopped](c); got.Step != 0 {
		t.Errorf("got %+v", got)
	}
}

func TestStopWhileLoading(t *testing.T) {
	c := serve(t, &fakeEngine{hold: make(chan struct{})})
	c.in <- start(5)
	if p, ok := (<-c.out).(protocol.Progress); !ok || p.Phase != "download" || p.Done != 1 || p.Total != 2 {
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
	expect[protocol.Done](c)
	c.in <- start(0)
	expect[protocol.Loaded](c)
}

// A forecast comes at any time, but the device is measured for it only when it is free.
func TestForesee(t *testing.T) {
	e := &fakeEngine{steps: make(chan struct{})}
	c := serve(t, e)
	s := settings.Default()
	c.in <- protocol.Foresee{ID: 1}
	c.in <- protocol.Foresee{ID: 2, Settings: s}
	if got, want := expect[protocol.Foreseen](c), (protocol.Foreseen{ID: 2, Bytes: int64(s.Width), Seconds: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	c.in <- start(100)
	expect[protocol.Loaded](c)
	expect[protocol.Started](c)
	c.in <- protocol.Foresee{ID: 3, Settings: s}
	if got := expect[protocol.Foreseen](c); got.ID != 3 || got.Seconds != 0 {
		t.Errorf("during a run: %+v", got)
	}
}

// What the page leaves open is the model's, and the answer says what really runs.
func TestConfigureTakesWhatTheModelSuggests(t *testing.T) {
	model := &weights.Manifest{VQGAN: weights.VQGANConfig{ChMult: []int{1, 1, 1, 1}}, Suggested: weights.Suggested{LearningRate: new(0.15), CutPow: new(0.3), Smoothness: new(1.0)}}
	m := start(1)
	m.Settings.CutPow, m.Settings.Precision = new(0.5), settings.PrecisionHalf
	config, started, err := configure(m, model)
	if err != nil {
		t.Fatal(err)
	}
	if config.LearningRate != 0.15 || config.CutPow != 0.5 || config.Smoothness != 1 || !config.HalfPrecision ||
		*started.Settings.LearningRate != 0.15 || *started.Settings.CutPow != 0.5 || *started.Settings.Smoothness != 1 {
		t.Errorf("the run is %+v, and it says %+v", config, started.Settings)
	}
}

// Pictures of the first builds say nothing of augmentations and had fewer of them.
func TestConfigureAugments(t *testing.T) {
	model := &weights.Manifest{VQGAN: weights.VQGANConfig{ChMult: []int{1, 1, 1, 1}}}
	for _, c := range []struct {
		json string
		want float64
	}{
		{`{"prompt":"p","preset":"pool"}`, 0}, {`{"prompt":"p","preset":"pool","augment":"moves"}`, 0}, {`{"prompt":"p","preset":"pool","augment":"all"}`, 0.7},
	} {
		m := start(1)
		var err error
		if m.Settings, _, err = settings.FromJSON([]byte(c.json)); err != nil {
			t.Fatal(err)
		}
		config, _, err := configure(m, model)
		if p := config.Preset; err != nil || !p.Pooled || p.AffineP != 0.7 || p.JitterP != c.want || p.EraseP != c.want {
			t.Errorf("%s runs %+v, %v", c.json, p, err)
		}
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
		if got := expect[protocol.Error](c); !strings.Contains(got.Message, "step 2") {
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
