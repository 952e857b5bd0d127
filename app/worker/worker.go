// Package worker is the engine's side of the channel to the page: it takes messages, drives the engine, and reports.
//
// The message loop knows the engine by two small interfaces, so that it is tested natively with a fake one; engine_js.go holds the
// real one and the channel.
package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"reverie/app/protocol"
)

// Progress reports how far a phase is; total 0 means that nobody knows.
type Progress func(phase protocol.Phase, done, total int64)

// Engine opens the device, keeps the loaded model and begins runs. Its methods are never called at the same time, but for Storage
// and Foresee.
type Engine interface {
	// Open opens the device. The channel tells of its loss, at most once.
	Open(context.Context, protocol.Open) (protocol.Ready, <-chan string, error)
	// Load puts a model on the device, unless it is there already. When its context ends with errSuperseded, loading goes on.
	Load(context.Context, protocol.Load, Progress) (protocol.Loaded, error)
	// Start prepares a run, for which it loads the model if need be, and returns it with the settings that really run and notices about
	// them. It says First and Loaded.
	Start(ctx context.Context, m protocol.Start, progress Progress, say func(protocol.Message)) (Run, protocol.Started, error)
	// Tune times kernels, if nothing is known of the device, and says whether it did. It fails only when its context ends.
	Tune(context.Context, Progress) (bool, error)
	// Kernels tells which variants the device runs.
	Kernels() protocol.Kernels
	// Foresee tells what a run would take. Idle says that nothing else goes on, so that the device's speed may be measured.
	Foresee(ctx context.Context, m protocol.Foresee, idle bool) (protocol.Foreseen, error)
	// Count tells how many tokens texts have.
	Count(context.Context, protocol.Count) (protocol.Counted, error)
	// Look decodes tokens, with a model that it loads if need be.
	Look(context.Context, protocol.Look, Progress) (*protocol.Picture, error)
	// Measure finds how fast the device is.
	Measure(context.Context, Progress) (protocol.Measured, error)
	// SelfTest holds a model against what is published of it.
	SelfTest(context.Context, protocol.SelfTest) (protocol.SelfTested, error)
	// Keep stores a model.
	Keep(context.Context, protocol.Keep) error
	// Delete removes a model from what is stored, and from the device.
	Delete(context.Context, protocol.Delete) error
	// Storage tells what is stored.
	Storage(context.Context) (protocol.Storage, error)
}

// errSuperseded ends the waiting for a model that a run takes over.
var errSuperseded = errors.New("worker: a run goes on with it")

// Run is one optimisation.
type Run interface {
	// Submit begins an update, at most guide.MostSubmitted at a time. With show, its report has the picture that it started from.
	Submit(show bool) error
	// Report waits for the oldest update that was begun.
	Report(context.Context) (protocol.Step, error)
	// Step is the number of updates that were reported.
	Step() int
	// Finished says that all updates of the script are begun, and Due that something of it changes before the next.
	Finished() bool
	Due() bool
	// Frame says whether the picture after step updates is a frame of a film.
	Frame(step int) bool

	// These come only while no update is under way.

	// Apply makes the changes that are due.
	Apply(context.Context, Progress) (protocol.Changed, error)
	// Change sets options. What cannot be set is the answer's Problem, and the run goes on as it was.
	Change(context.Context, protocol.Change, Progress) (protocol.Changed, error)
	// Picture is the state after the last update.
	Picture(context.Context) (*protocol.Picture, error)
	// Look is the picture of tokens.
	Look(context.Context, protocol.Look) (*protocol.Picture, error)
	// Inspect makes an update and tells what is inside it. The update is taken back unless it is to stay, and then the step is nil, as where the answer has a
	// Problem.
	Inspect(ctx context.Context, stay bool) (*protocol.Step, protocol.Inspected, error)
	// Save is what the run needs to go on later.
	Save(context.Context) (protocol.Saved, error)
	// Astray tells what went wrong when a loss is no number any more, in a sentence, and what was saved is of the last good state.
	Astray(context.Context) (protocol.Saved, error)

	Close()
}

// progressInterval is the least time between two reports of one phase's progress.
const progressInterval = 100 * time.Millisecond

// previewInterval is the least time between two pictures of a run.
const previewInterval = 250 * time.Millisecond

// Serve answers the messages of in with send until in is closed or ctx ends. It calls send from one goroutine at a time.
func Serve(ctx context.Context, engine Engine, in <-chan protocol.Message, send func(protocol.Message)) {
	s := &server{ctx: ctx, engine: engine, send: send, out: make(chan protocol.Message)}
	defer s.endJob(nil)
	for {
		select {
		case <-ctx.Done():
			return
		case m, ok := <-in:
			if !ok {
				return
			}
			s.handle(m)
		case m := <-s.out:
			s.send(m)
		case <-s.finished():
			last := s.job.last
			s.job = nil
			if last != nil {
				s.send(last)
			}
		case message := <-s.lost:
			s.endJob(nil)
			s.send(protocol.Lost{Message: message})
		}
	}
}

// server is the state of the loop. One job at a time works beside it.
type server struct {
	ctx    context.Context
	engine Engine
	send   func(protocol.Message)
	out    chan protocol.Message // what the job sends
	lost   <-chan string
	job    *job

	phase protocol.Phase // of the last progress
	told  time.Time      // when
}

// job is loading, or a run.
type job struct {
	loading bool                    // a Load, which a Start may take over
	quiet   bool                    // a Keep or a Look, which anything may interrupt
	cancel  context.CancelCauseFunc // ends it at once
	abandon context.CancelFunc      // ends loading and preparing at once, but no step
	wishes  *wishes                 // of the page that the job has not seen
	done    chan struct{}
	last    protocol.Message // its result, sent when done is closed: who hears it finds the worker free
}

func (s *server) finished() <-chan struct{} {
	if s.job == nil {
		return nil
	}
	return s.job.done
}

// endJob cancels the job and waits for it, dropping what it still wants to say.
func (s *server) endJob(cause error) {
	if s.job == nil {
		return
	}
	s.job.cancel(cause)
	for {
		select {
		case <-s.out:
		case <-s.job.done:
			s.job = nil
			return
		}
	}
}

func (s *server) handle(m protocol.Message) {
	switch m := m.(type) {
	case protocol.Open:
		s.open(m)
	case protocol.Load:
		s.begin(&job{loading: true}, func(_, preparing context.Context, _ *job) (protocol.Message, error) {
			loaded, err := s.engine.Load(preparing, m, s.progress)
			s.storage()
			return loaded, err
		})
	case protocol.Keep:
		if s.job == nil {
			s.begin(&job{quiet: true}, func(ctx, _ context.Context, _ *job) (protocol.Message, error) {
				s.engine.Keep(ctx, m) // what fails here fails again, and loudly, when the model is wanted
				s.storage()
				return nil, nil
			})
		}
	case protocol.Delete:
		s.begin(&job{}, func(ctx, _ context.Context, _ *job) (protocol.Message, error) {
			if err := s.engine.Delete(ctx, m); err != nil {
				s.storage()
				return nil, err
			}
			storage, err := s.engine.Storage(s.ctx)
			return storage, err
		})
	case protocol.Imported:
		if s.lost != nil { // else Open tells it
			s.sendStorage()
		}
	case protocol.Foresee:
		idle := s.job == nil
		go func() {
			if f, err := s.engine.Foresee(s.ctx, m, idle); err == nil { // what is wrong with the settings is told when they are to run
				s.say(f)
			}
		}()
	case protocol.Count:
		go func() {
			if counted, err := s.engine.Count(s.ctx, m); err == nil { // what the page cannot show it leaves out
				s.say(counted)
			}
		}()
	case protocol.Measure:
		s.begin(&job{}, func(_, preparing context.Context, _ *job) (protocol.Message, error) {
			if err := s.tune(preparing); err != nil {
				return nil, err
			}
			return s.engine.Measure(preparing, s.progress)
		})
	case protocol.SelfTest:
		s.begin(&job{}, func(_, preparing context.Context, _ *job) (protocol.Message, error) {
			tested, err := s.engine.SelfTest(preparing, m)
			s.storage() // of a model that was here in part
			return tested, err
		})
	case protocol.Start:
		if s.job != nil && s.job.loading {
			s.endJob(errSuperseded)
		}
		s.begin(&job{}, func(ctx, preparing context.Context, j *job) (protocol.Message, error) {
			if err := s.tune(preparing); err != nil {
				return nil, err
			}
			result, err := s.run(ctx, preparing, j, m)
			s.storage()
			return result, err
		})
	case protocol.Look:
		if s.job != nil && !s.job.quiet {
			s.job.wishes.add(m)
			return
		}
		s.begin(&job{quiet: true}, func(ctx, _ context.Context, _ *job) (protocol.Message, error) {
			picture, err := s.engine.Look(ctx, m, s.progress)
			return looked(m, picture, err), nil
		})
	case protocol.Pause, protocol.Resume, protocol.Change, protocol.Save, protocol.Inspect:
		if s.job != nil {
			s.job.wishes.add(m)
		}
	case protocol.Stop:
		if s.job == nil || s.job.quiet {
			s.send(protocol.Stopped{})
			return
		}
		s.job.wishes.add(m)
		s.job.abandon()
	default:
		s.send(protocol.Error{Message: fmt.Sprintf("The page sent the worker %T, which it does not take.", m)})
	}
}

func (s *server) open(m protocol.Open) {
	ready, lost, err := s.engine.Open(s.ctx, m)
	if err != nil {
		s.send(failure(err))
		return
	}
	s.lost = lost
	s.send(ready)
	s.send(s.engine.Kernels())
	s.sendStorage()
}

// sendStorage tells what is kept.
func (s *server) sendStorage() {
	if storage, err := s.engine.Storage(s.ctx); err == nil {
		s.send(storage)
	}
}

// begin starts a job. Its work gets two contexts: one for the whole job, and one for its preparation that ends with Stop too.
func (s *server) begin(j *job, work func(ctx, preparing context.Context, j *job) (protocol.Message, error)) {
	if s.job != nil && s.job.quiet {
		s.endJob(nil)
	}
	if s.job != nil {
		s.send(protocol.Error{Message: "The engine is busy: stop the run or the download first."})
		return
	}
	ctx, cancel := context.WithCancelCause(s.ctx)
	preparing, abandon := context.WithCancel(ctx)
	j.cancel, j.abandon, j.wishes, j.done = cancel, abandon, newWishes(), make(chan struct{})
	s.job = j
	go func() {
		defer close(j.done)
		defer cancel(nil)
		result, err := work(ctx, preparing, j)
		switch {
		case err == nil:
			j.last = result
		case ctx.Err() != nil:
		case preparing.Err() != nil:
			j.last = protocol.Stopped{}
		default:
			j.last = failure(err)
		}
	}()
}

// tune makes sure that the device runs its fastest kernels.
func (s *server) tune(ctx context.Context) error {
	tuned, err := s.engine.Tune(ctx, s.progress)
	if tuned {
		s.say(s.engine.Kernels())
	}
	return err
}

// say sends from the job's goroutine.
func (s *server) say(m protocol.Message) {
	select {
	case s.out <- m:
	case <-s.ctx.Done():
	}
}

// progress reports often enough for the eye. What comes of a model that is still arriving while its run goes on is reported, too.
func (s *server) progress(phase protocol.Phase, done, total int64) {
	if now := time.Now(); phase != s.phase || done == total || now.Sub(s.told) >= progressInterval {
		s.phase, s.told = phase, now
		s.say(protocol.Progress{Phase: phase, Done: done, Total: total})
	}
}

// storage tells what is kept from the job's goroutine.
func (s *server) storage() {
	if storage, err := s.engine.Storage(s.ctx); err == nil {
		s.say(storage)
	}
}
