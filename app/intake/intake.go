// Package intake imports published models into what the browser keeps: it reads checkpoints where they lie, by ranges, converts them tensor by tensor as
// cmd/weights does, and goes on where it was interrupted.
package intake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"reverie/app/imports"
	"reverie/gpu/kept"
	"reverie/gpu/store"
	"reverie/weights"
	"reverie/weights/convert"
	"reverie/weights/folder"
	"reverie/weights/foreign"
	"reverie/weights/importer"
	"reverie/weights/vocab"
)

// job is one import.
type job struct {
	imports.Begin
	ctx     context.Context
	store   store.Store
	network network
	ahead   int64 // of its remotes
	wait    func(ctx context.Context, d time.Duration) error
	gate    func(ctx context.Context) error
	tell    func(imports.Progress)

	rate    rate
	since   int   // bytes that came since garbage was collected
	done    int64 // bytes of the total
	total   int64 // 0 until it is known
	fetched int64
	failed  error // why a checkpoint could not be read
	begun   bool  // whether something is kept to go on with, after an error
}

// run does the import. After an error, what was imported is kept and a further run goes on with it.
func (j *job) run() (imports.Done, error) {
	line, err := imports.Encode(j.withoutFiles())
	if err != nil {
		return imports.Done{}, err
	}
	journal, err := kept.Import(j.ctx, j.store, j.Name, line.Text)
	if err != nil {
		return imports.Done{}, err
	}
	defer journal.Close()
	done, err := j.into(journal)
	if j.failed != nil { // whatever became of it on its way
		err = j.failed
	}
	switch {
	case err == nil:
		return done, nil
	case journal.Empty(), errors.Is(err, convert.ErrDigest), errors.Is(err, kept.ErrSwept), errors.Is(err, errJournal): // nothing to go on with
		err = errors.Join(err, journal.Abort())
	default:
		j.begun = true
	}
	return imports.Done{}, err
}

// errJournal says that what was kept of an import cannot be read.
var errJournal = errors.New("intake: what was imported before is damaged: import the model again")

// into converts into what the browser keeps.
func (j *job) into(journal *kept.Journal) (imports.Done, error) {
	clip, clipAt, err := j.open(j.CLIP)
	if err != nil {
		return imports.Done{}, err
	}
	vqgan, vqganAt, err := j.open(j.VQGAN)
	if err != nil {
		return imports.Done{}, err
	}
	model := convert.Model{Vocab: vocab.Used, Quant: j.Quant, Name: j.Name, Title: j.Title, About: j.About, Licence: j.Licence}
	conversion, err := convert.Prepare(model, clip, vqgan)
	if err != nil {
		return imports.Done{}, err
	}
	w, err := folder.Resume(journal)
	if err != nil {
		return imports.Done{}, fmt.Errorf("%w: %w", errJournal, err)
	}
	if err := j.plan(conversion, w, clipAt, vqganAt); err != nil {
		return imports.Done{}, err
	}
	m, report, err := conversion.Write(w)
	if err != nil {
		return imports.Done{}, err
	}
	return imports.Done{Name: j.Name, Bytes: bytesOf(m), Fetched: j.fetched, Sources: report.Sources, Dropped: len(report.Dropped), Notes: report.Notes}, nil
}

func bytesOf(m *weights.Manifest) int64 {
	n := m.Vocab.Size
	for i := range m.Parts {
		n += m.Parts[i].Size()
	}
	return n
}

// withoutFiles is what the journal begins with: it must be the same when somebody goes on, so a file that was chosen is known by name, size and date.
func (j *job) withoutFiles() imports.Message {
	b := j.Begin
	for _, s := range []**imports.Source{&b.CLIP, &b.VQGAN} {
		if *s != nil && len((*s).URLs) == 0 {
			copied := **s
			copied.URLs = []string{""}
			*s = &copied
		}
	}
	return b
}

// open makes a source one that can be read; remote is nil for a file.
func (j *job) open(s *imports.Source) (*convert.Checkpoint, *remote, error) {
	if s == nil {
		return nil, nil, nil
	}
	c := &convert.Checkpoint{Digest: s.Digest, Configs: importer.Configs{Beside: beside(s.Beside)}}
	if s.Config != nil {
		c.Configs.Chosen = &importer.Text{Name: s.Config.Name, Data: []byte(s.Config.Text)}
	}
	if len(s.URLs) == 0 {
		if s.File == nil {
			return nil, nil, fmt.Errorf("intake: %s has to be chosen again", s.Name)
		}
		c.Source = foreign.Source{Name: s.Name, Size: s.Size, ReaderAt: &watched{read(j.ctx, s.File), j, j.arrived}}
		return c, nil, nil
	}
	r := &remote{ctx: j.ctx, network: j.network, name: s.Name, urls: slices.Clone(s.URLs), size: s.Size, ahead: j.ahead, fetched: j.arrived, gate: j.gate, wait: j.wait}
	size, err := r.Size()
	if err != nil {
		return nil, nil, err
	}
	c.Source = foreign.Source{Name: s.Name, Size: size, ReaderAt: &watched{r, j, func(int) {}}}
	return c, r, nil
}

func beside(texts []imports.Text) func(name string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		for _, t := range texts {
			if strings.EqualFold(t.Name, name) {
				return []byte(t.Text), nil
			}
		}
		return nil, foreign.ErrAbsent
	}
}

// watched is a file whose first error is remembered, before readers of formats call it a damage of the file.
type watched struct {
	io.ReaderAt
	job  *job
	tell func(n int) // of the bytes that are read
}

func (w *watched) ReadAt(b []byte, at int64) (int, error) {
	n, err := w.ReaderAt.ReadAt(b, at)
	w.tell(n)
	if err != nil && err != io.EOF && w.job.failed == nil {
		w.job.failed = err
	}
	return n, err
}

// RoomError tells before anything is fetched that it would not fit.
type RoomError struct{ Missing, Free int64 } // bytes

func (e *RoomError) Error() string {
	return fmt.Sprintf("intake: the model takes %d MB, and the browser gives this site room for %d MB more: make room on the disk, delete models, or choose a smaller form",
		e.Missing/1e6+1, e.Free/1e6)
}

// plan finds what will be fetched, and asks whether the browser has room for what becomes of it.
func (j *job) plan(c *convert.Conversion, w *folder.Writer, clip, vqgan *remote) error {
	clipNeeds, vqganNeeds, had := c.Needs(w)
	for r, spans := range map[*remote][]importer.Span{clip: clipNeeds, vqgan: vqganNeeds} {
		if r != nil {
			r.plan(spans)
		}
	}
	left := int64(0)
	for _, s := range slices.Concat(clipNeeds, vqganNeeds) {
		left += s.To - s.From
	}
	j.done, j.total = had, had+left
	room, err := j.store.Room(j.ctx)
	if err != nil {
		return err
	}
	missing := c.Size(w)
	if free := max(0, room.Quota-room.Usage); room.Quota > 0 && free < missing {
		return &RoomError{missing, free}
	}
	return nil
}

// collectEach is how many bytes come between two collections of garbage. JavaScript's buffers are held until Go has collected its references to them,
// which are so small that by itself it would not for hundreds of megabytes.
const collectEach = 8 << 20

// arrived counts bytes, and tells of them from time to time once it is known how many there will be.
func (j *job) arrived(n int) {
	if j.since += n; j.since >= collectEach {
		j.since = 0
		runtime.GC()
	}
	j.fetched += int64(n)
	j.rate.add(time.Now(), n)
	if j.total == 0 {
		return
	}
	j.done = min(j.total, j.done+int64(n))
	if speed, due := j.rate.speed(time.Now()); due {
		p := imports.Progress{Done: j.done, Total: j.total, Speed: speed, Left: -1}
		if speed > 0 {
			p.Left = float64(j.total-j.done) / speed
		}
		j.tell(p)
	}
}

// rate measures how fast bytes come, over the last seconds.
type rate struct {
	at    []time.Time // when a second began, at most window of them
	bytes []int       // that came in it
	told  time.Time
}

const (
	window   = 8
	tellEach = 250 * time.Millisecond
)

func (r *rate) add(now time.Time, n int) {
	if len(r.at) == 0 || now.Sub(r.at[len(r.at)-1]) >= time.Second {
		r.at, r.bytes = append(r.at, now), append(r.bytes, 0)
		if len(r.at) > window {
			r.at, r.bytes = r.at[1:], r.bytes[1:]
		}
	}
	r.bytes[len(r.bytes)-1] += n
}

// speed is bytes per second, and whether it is time to tell it.
func (r *rate) speed(now time.Time) (perSecond float64, due bool) {
	sum := 0
	for _, n := range r.bytes {
		sum += n
	}
	if passed := now.Sub(r.at[0]).Seconds(); passed > 0 {
		perSecond = float64(sum) / passed
	}
	if due = now.Sub(r.told) >= tellEach; due {
		r.told = now
	}
	return perSecond, due
}

// gate lets through what asks, unless it is closed.
type gate struct {
	mu   sync.Mutex
	open chan struct{} // closed when the gate opens; nil while it is open
}

func (g *gate) pass(ctx context.Context) error {
	g.mu.Lock()
	open := g.open
	g.mu.Unlock()
	if open == nil {
		return ctx.Err()
	}
	select {
	case <-open:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// set closes or opens the gate.
func (g *gate) set(closed bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case closed && g.open == nil:
		g.open = make(chan struct{})
	case !closed && g.open != nil:
		close(g.open)
		g.open = nil
	}
}
