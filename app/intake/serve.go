package intake

import (
	"context"
	"errors"
	"strings"
	"sync"

	"reverie/app/imports"
	"reverie/app/wire"
	"reverie/gpu/kept"
	"reverie/gpu/store"
)

// Serve answers the messages of in with send until in is closed or ctx ends. It calls send from one goroutine at a time.
func Serve(ctx context.Context, in <-chan imports.Message, send func(imports.Message), open func(ctx context.Context, path string) store.Store, n network) {
	ctx, end := context.WithCancel(ctx)
	s := &server{ctx: ctx, send: send, open: open, network: n}
	defer s.jobs.Wait()
	defer end()
	wire.Each(ctx, in, s.handle)
}

// server does one import at a time beside its loop.
type server struct {
	ctx     context.Context
	jobs    sync.WaitGroup
	open    func(ctx context.Context, path string) store.Store
	network network
	gate    gate

	mu     sync.Mutex // of what follows
	send   func(imports.Message)
	cancel context.CancelFunc // of what is under way; nil when nothing is
	drop   bool               // whether what is under way is to leave nothing
}

func (s *server) say(m imports.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.send(m)
}

func (s *server) handle(m imports.Message) {
	switch m := m.(type) {
	case imports.Begin:
		s.begin(m)
	case imports.Pause:
		s.gate.set(true)
		s.say(imports.Paused{})
	case imports.Resume:
		s.gate.set(false)
	case imports.Look:
		s.look(s.open(s.ctx, store.Path(m.Base)))
	case imports.Examine:
		s.say(examine(s.ctx, m.Files))
	case imports.Cancel:
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.cancel == nil {
			s.forget(s.open(s.ctx, store.Path(m.Base)), m.Name)
			return
		}
		s.drop = true
		s.cancel()
	}
}

// look tells of imports that can go on. One whose first line this program does not understand cannot.
func (s *server) look(in store.Store) {
	pending, err := kept.Imports(s.ctx, in)
	if err != nil {
		s.say(imports.Problem{Message: sentence(err)})
		return
	}
	var found imports.Interrupted
	for _, p := range pending {
		if m, err := imports.DecodeText(p.Line); err == nil {
			if b, ok := m.(imports.Begin); ok {
				found.Imports = append(found.Imports, b)
			}
		}
	}
	s.say(found)
}

func (s *server) begin(b imports.Begin) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cancel != nil {
		s.send(imports.Problem{Message: "Another model is being imported: wait for it, or cancel it."})
		return
	}
	ctx, cancel := context.WithCancel(s.ctx)
	s.cancel, s.drop = cancel, false
	s.gate.set(false)
	j := &job{Begin: b, ctx: ctx, store: s.open(s.ctx, store.Path(b.Base)), network: s.network, ahead: usualAhead, wait: pause, gate: s.gate.pass, tell: func(p imports.Progress) { s.say(p) }}
	s.jobs.Go(func() {
		done, err := j.run()
		cancelled := ctx.Err() != nil
		cancel()
		s.end(j, done, err, cancelled)
	})
}

// end tells what came of an import.
func (s *server) end(j *job, done imports.Done, err error, cancelled bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cancel = nil
	switch {
	case err == nil:
		s.send(done)
	case cancelled && s.drop:
		s.forget(j.store, j.Name)
	case cancelled:
		s.send(imports.Cancelled{})
	default:
		s.send(imports.Problem{Message: sentence(err), Resumable: j.begun})
	}
}

// forget drops the journal of an import that was cancelled, and what only it named, and tells.
func (s *server) forget(in store.Store, name string) {
	journal, err := kept.Import(s.ctx, in, name, "cancelled")
	if err == nil {
		err = journal.Abort()
		journal.Close()
	}
	if err != nil {
		s.send(imports.Problem{Message: sentence(err)})
		return
	}
	s.send(imports.Cancelled{})
}

// sentence is an error as a person reads it: without the names of the packages that it came through, and without what is to be typed on a command line.
func sentence(err error) string {
	var elsewhere string
	switch {
	case errors.Is(err, kept.ErrElsewhere):
		elsewhere = "Another tab is importing this model: wait for it, or close that tab."
	case errors.Is(err, kept.ErrSwept):
		elsewhere = "Parts of the model were cleared while it was imported, by the browser or in another tab: import it again."
	case errors.Is(err, store.ErrFull):
		elsewhere = "The browser gives this site no more room: make room on the disk or delete models, then go on with the import."
	}
	if elsewhere != "" {
		return elsewhere
	}
	text := ": " + err.Error()
	for _, p := range []string{"intake", "convert", "importer", "checkpoint", "weights", "kept", "store"} {
		text = strings.Replace(text, ": "+p+": ", ": ", 1)
	}
	text = strings.TrimPrefix(text, ": ")
	before, rest, flag := strings.Cut(text, " (-") // how weights convert is told it
	if _, after, ends := strings.Cut(rest, ")"); flag && ends {
		text = before + after
	}
	if first, _, _ := strings.Cut(text, " "); strings.Contains(first, ".") { // a file's name
		return text + "."
	}
	return strings.ToUpper(text[:1]) + text[1:] + "."
}
