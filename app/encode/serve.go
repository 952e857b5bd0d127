package encode

import (
	"context"
	"sync"
	"time"

	"reverie/app/archive"
	"reverie/app/film"
	"reverie/app/wire"
)

// workingInterval is the least time between two reports of one film's progress.
const workingInterval = 100 * time.Millisecond

// Serve answers the messages of in with send until in is closed or ctx ends. It calls send from one goroutine at a time.
func Serve(ctx context.Context, in <-chan film.Message, send func(film.Message)) {
	ctx, end := context.WithCancel(ctx)
	s := &server{ctx: ctx, send: send}
	defer s.jobs.Wait()
	defer end()
	wire.Each(ctx, in, s.handle)
}

// server does one thing at a time beside its loop.
type server struct {
	ctx  context.Context
	jobs sync.WaitGroup

	mu     sync.Mutex // of what follows
	send   func(film.Message)
	cancel context.CancelFunc // of what is under way; nil when nothing is
	frames chan *wire.Picture // of the film that is under way
}

func (s *server) handle(m film.Message) {
	switch m := m.(type) {
	case film.Make:
		s.begin(func(ctx context.Context, frames <-chan *wire.Picture) (film.Message, error) {
			return s.make(ctx, m, frames)
		})
	case film.Pack:
		s.begin(func(context.Context, <-chan *wire.Picture) (film.Message, error) {
			data, err := archive.Pack(m.Files, archive.Most)
			return film.Packed{Zip: &wire.Bytes{Data: data}}, err
		})
	case film.Unpack:
		s.begin(func(context.Context, <-chan *wire.Picture) (film.Message, error) {
			var data []byte
			if m.Zip != nil {
				data = m.Zip.Data
			}
			files, err := archive.Unpack(data, archive.Most)
			return film.Unpacked{Files: files}, err
		})
	case film.Enlarge:
		s.begin(func(context.Context, <-chan *wire.Picture) (film.Message, error) { return enlarge(m) })
	case film.Frame:
		s.mu.Lock()
		defer s.mu.Unlock()
		select {
		case s.frames <- m.Picture:
		default: // nobody waits for it any more
		}
	case film.Cancel:
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.cancel == nil {
			s.send(film.Cancelled{})
			return
		}
		s.cancel()
	}
}

// begin lets do work beside the loop, unless something else does, and sends what comes of it.
func (s *server) begin(do func(context.Context, <-chan *wire.Picture) (film.Message, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cancel != nil {
		s.send(film.Error{Message: "Something else is being exported: wait for it, or cancel it."})
		return
	}
	ctx, cancel := context.WithCancel(s.ctx)
	frames := make(chan *wire.Picture, 1)
	s.cancel, s.frames = cancel, frames
	s.jobs.Go(func() {
		result, err := do(ctx, frames)
		s.mu.Lock()
		defer s.mu.Unlock()
		switch {
		case ctx.Err() != nil:
			result = film.Cancelled{}
		case err != nil:
			result = film.Error{Message: err.Error()}
		}
		cancel()
		s.cancel, s.frames = nil, nil
		s.send(result)
	})
}

func (s *server) say(m film.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.send(m)
}

func (s *server) make(ctx context.Context, m film.Make, frames <-chan *wire.Picture) (film.Message, error) {
	source := func(ctx context.Context, i int) (*wire.Picture, error) {
		s.say(film.Want{Picture: i})
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case p := <-frames:
			return p, nil
		}
	}
	told := time.Time{}
	working := func(done, total int) {
		if done < total && time.Since(told) < workingInterval {
			return
		}
		told = time.Now()
		s.say(film.Working{Done: done, Total: total})
		time.Sleep(time.Millisecond) // a browser hands over messages, and with them Cancel, only while Go waits
	}
	return Film(ctx, m.Options, m.Pictures, source, working)
}
