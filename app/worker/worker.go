// Package worker is the engine's side of the channel to the page: it takes messages, drives the engine, and reports.
//
// The message loop knows the engine by two small interfaces, so that it is tested natively with a fake one; engine_js.go holds the
// real one and the channel.
package worker

import (
	"context"
	"fmt"
	"time"

	"reverie/app/protocol"
)

// Progress reports how far a phase is; total 0 means that nobody knows.
type Progress func(phase string, done, total int64)

// Engine opens the device, keeps the loaded model and begins runs. Its methods are never called at the same time.
type Engine interface {
	// Open opens the device. The channel tells of its loss, at most once.
	Open(context.Context) (protocol.Ready, <-chan string, error)
	// Load puts a model on the device, unless it is there already.
	Load(context.Context, protocol.Load, Progress) (protocol.Loaded, error)
	// Start prepares a run of the loaded model and returns it with the settings that really run and notices about them.
	Start(context.Context, protocol.Start, Progress) (Run, protocol.Started, error)
}

// Run is one optimisation.
type Run interface {
	// Step makes one update. With show, the report has the picture that the update started from.
	Step(ctx context.Context, show bool) (protocol.Step, error)
	// Picture is the state after the last update.
	Picture(context.Context) (*protocol.Picture, error)
	Close()
}

// previewInterval is the least time between two pictures of a run.
const previewInterval = 250 * time.Millisecond

// Serve answers the messages of in with send until in is closed or ctx ends. It calls send from one goroutine at a time.
func Serve(ctx context.Context, engine Engine, in <-chan protocol.Message, send func(protocol.Message)) {
	s := &server{ctx: ctx, engine: engine, send: send, out: make(chan protocol.Message)}
	defer s.endJob()
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
			s.endJob()
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
}

// job is loading, or a run.
type job struct {
	cancel  context.CancelFunc    // ends it at once
	abandon context.CancelFunc    // ends loading and preparing at once, but no step
	control chan protocol.Message // the newest Pause, Resume or Stop
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
func (s *server) endJob() {
	if s.job == nil {
		return
	}
	s.job.cancel()
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
		s.open()
	case protocol.Load:
		s.begin(func(_, preparing context.Context, _ *job) (protocol.Message, error) {
			return s.engine.Load(preparing, m, s.progress)
		})
	case protocol.Start:
		s.begin(func(ctx, preparing context.Context, j *job) (protocol.Message, error) {
			loaded, err := s.engine.Load(preparing, protocol.Load{Base: m.Base, Model: m.Settings.Model}, s.progress)
			if err != nil {
				return nil, err
			}
			s.say(loaded)
			return s.run(ctx, preparing, j, m)
		})
	case protocol.Pause, protocol.Resume:
		if s.job != nil {
			s.job.tell(m)
		}
	case protocol.Stop:
		if s.job == nil {
			s.send(protocol.Stopped{})
			return
		}
		s.job.tell(m)
		s.job.abandon()
	default:
		s.send(protocol.Error{Message: fmt.Sprintf("The page sent the worker %T, which it does not take.", m)})
	}
}

// tell leaves m for the job to find. It takes the place of an older wish that the job has not seen, but never of Stop.
func (j *job) tell(m protocol.Message) {
	select {
	case old := <-j.control:
		if _, stop := old.(protocol.Stop); stop {
			m = old
		}
	default:
	}
	j.control <- m
}

func (s *server) open() {
	ready, lost, err := s.engine.Open(s.ctx)
	if err != nil {
		s.send(failure(err))
		return
	}
	s.lost = lost
	s.send(ready)
}

// begin starts a job. Its work gets two contexts: one for the whole job, and one for its preparation that ends with Stop too.
func (s *server) begin(work func(ctx, preparing context.Context, j *job) (protocol.Message, error)) {
	if s.job != nil {
		s.send(protocol.Error{Message: "The engine is busy: stop the run first."})
		return
	}
	ctx, cancel := context.WithCancel(s.ctx)
	preparing, abandon := context.WithCancel(ctx)
	j := &job{cancel: cancel, abandon: abandon, control: make(chan protocol.Message, 1), done: make(chan struct{})}
	s.job = j
	go func() {
		defer close(j.done)
		defer cancel()
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

// say sends from the job's goroutine.
func (s *server) say(m protocol.Message) {
	select {
	case s.out <- m:
	case <-s.ctx.Done():
	}
}

func (s *server) progress(phase string, done, total int64) {
	s.say(protocol.Progress{Phase: phase, Done: done, Total: total})
}
