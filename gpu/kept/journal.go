package kept

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"reverie/gpu/blob"
	"reverie/gpu/store"
	"reverie/weights"
)

// journalSuffix ends the name of a journal: a line that says what is imported, and a weights.Mark for every tensor that is there.
const journalSuffix = ".import"

// maxJournal is over the length of the journal of any model.
const maxJournal = weights.MaxManifest

// tailName is the name of the bytes that are in no shard yet, when there are so many shards. With every full shard begins another, so that an
// interruption finds the one of the journal's last line.
func tailName(name string, shards int) string { return fmt.Sprintf("%s.tail-%d", name, shards) }

// Journal is a model that is being imported into a store, as weights/folder writes it. Readers see it when it is whole.
type Journal struct {
	ctx    context.Context
	store  store.Store
	name   string
	text   []byte // of the journal
	shards int    // that it names
	unlock func()
}

// ErrElsewhere says that another tab imports the model.
var ErrElsewhere = errors.New("kept: another tab imports this model")

// patience is how long a tab waits for another to let go of a journal.
const patience = time.Second

// Import begins to import a model, or goes on where it was interrupted if the journal begins with the same line. One of something else is dropped.
func Import(ctx context.Context, in store.Store, name, line string) (*Journal, error) {
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	unlock, err := in.Lock(waiting, name+journalSuffix)
	if err != nil {
		if ctx.Err() == nil && waiting.Err() != nil {
			err = ErrElsewhere
		}
		return nil, err
	}
	j := &Journal{ctx: ctx, store: in, name: name, unlock: unlock}
	if err := j.open(line + "\n"); err != nil {
		unlock()
		return nil, err
	}
	return j, nil
}

func (j *Journal) open(line string) error {
	text, err := readJournal(j.ctx, j.store, j.name)
	if err != nil {
		return err
	}
	rest, same := bytes.CutPrefix(text, []byte(line))
	marks, whole, err := weights.Marks(rest)
	if !same || err != nil {
		if err := j.drop(); err != nil {
			return err
		}
		return j.append(line)
	}
	j.text = text[:len(line)+whole]
	for _, m := range marks {
		j.shards += len(m.Shards)
	}
	return nil
}

func readJournal(ctx context.Context, in store.Store, name string) ([]byte, error) {
	sizes, err := in.Sizes(ctx)
	if err != nil {
		return nil, err
	}
	return read(ctx, in, name+journalSuffix, min(sizes[name+journalSuffix], maxJournal))
}

// read reads the beginning of a file.
func read(ctx context.Context, in store.Store, name string, size int64) ([]byte, error) {
	if size == 0 {
		return nil, nil
	}
	b := blob.New(int(size))
	n, err := in.Read(ctx, name, b)
	if err != nil {
		return nil, err
	}
	return b.Bytes()[:n], nil
}

// Empty reports whether no tensor is there yet.
func (j *Journal) Empty() bool { return bytes.Count(j.text, []byte("\n")) <= 1 }

// append adds a line to the journal.
func (j *Journal) append(line string) error {
	if err := j.write(j.name+journalSuffix, int64(len(j.text)), []byte(line)); err != nil {
		return err
	}
	j.text = append(j.text, line...)
	return nil
}

// write writes a file from a byte on. It has so many bytes already.
func (j *Journal) write(name string, at int64, data []byte) error {
	w, err := j.store.Write(j.ctx, name, at)
	if err != nil {
		return err
	}
	defer w.Close()
	return w.Append(blob.Of(data))
}

// Marks are those of the import that was interrupted, and the bytes behind its last shard.
func (j *Journal) Marks() ([]weights.Mark, []byte, error) {
	_, lines, _ := bytes.Cut(j.text, []byte("\n"))
	marks, _, err := weights.Marks(lines)
	if err != nil || len(marks) == 0 {
		return nil, nil, err
	}
	size := marks[len(marks)-1].Tail
	tail, err := read(j.ctx, j.store, tailName(j.name, j.shards), int64(size))
	if err == nil && len(tail) < size {
		err = fmt.Errorf("kept: %d bytes are missing of what was imported", size-len(tail))
	}
	return marks, tail, err
}

// Mark remembers that a tensor is there: first the tail, then the line, then the tail before is of no use.
func (j *Journal) Mark(m weights.Mark, tail []byte, kept int) error {
	before := j.shards
	after := before + len(m.Shards)
	if before != after {
		kept = 0
	}
	if err := j.write(tailName(j.name, after), int64(kept), tail[kept:]); err != nil {
		return err
	}
	if err := j.append(string(m.Line())); err != nil {
		return err
	}
	if j.shards = after; before != after {
		return j.store.Remove(j.ctx, tailName(j.name, before))
	}
	return nil
}

// Put keeps a shard.
func (j *Journal) Put(name string, data []byte) error {
	w, err := j.store.Write(j.ctx, name, 0)
	if err != nil {
		return err
	}
	defer w.Close()
	b := blob.Of(data)
	if err := w.Append(b); err != nil {
		return err
	}
	return w.Finish(j.ctx, b)
}

// ErrSwept says that shards went while a model was imported, because the browser or the person cleared the site's files.
var ErrSwept = errors.New("kept: what was imported is not all there any more")

// Finish offers the model to readers.
func (j *Journal) Finish(manifest []byte) error {
	m, err := weights.Parse(manifest)
	if err != nil {
		return err
	}
	sizes, err := j.store.Sizes(j.ctx)
	if err != nil {
		return err
	}
	for name, size := range m.Files() {
		if sizes[name] != size {
			return ErrSwept
		}
	}
	if err := Put(j.ctx, j.store, j.name, manifest); err != nil {
		return err
	}
	return j.Abort()
}

// Abort drops what no model needs of the import.
func (j *Journal) Abort() error {
	if err := j.drop(); err != nil {
		return err
	}
	return sweep(j.ctx, j.store)
}

// drop forgets the journal. Its shards go with the next sweep.
func (j *Journal) drop() error {
	if err := j.store.Remove(j.ctx, tailName(j.name, j.shards)); err != nil {
		return err
	}
	j.text, j.shards = nil, 0
	return j.store.Remove(j.ctx, j.name+journalSuffix)
}

// Close lets another tab go on with the import.
func (j *Journal) Close() { j.unlock() }

// Pending is an import that was interrupted.
type Pending struct {
	Name string
	Line string // with which it was begun
}

// Imports lists those that were interrupted, or are under way.
func Imports(ctx context.Context, in store.Store) ([]Pending, error) {
	sizes, err := in.Sizes(ctx)
	if err != nil {
		return nil, err
	}
	var list []Pending
	for file, size := range sizes {
		name, ok := strings.CutSuffix(file, journalSuffix)
		if !ok {
			continue
		}
		text, err := read(ctx, in, file, min(size, maxJournal))
		if err != nil {
			return nil, err
		}
		if line, _, whole := bytes.Cut(text, []byte("\n")); whole {
			list = append(list, Pending{name, string(line)})
		}
	}
	return list, nil
}

// spare takes what a journal names from the files that are to go.
func spare(ctx context.Context, in store.Store, name string, size int64, going map[string]int64) error {
	text, err := read(ctx, in, name+journalSuffix, min(size, maxJournal))
	if err != nil {
		return err
	}
	_, lines, _ := bytes.Cut(text, []byte("\n"))
	marks, _, err := weights.Marks(lines)
	if err != nil {
		return nil // it is dropped when somebody goes on with it
	}
	count := 0
	for _, m := range marks {
		for _, s := range m.Shards {
			delete(going, s.SHA256)
		}
		count += len(m.Shards)
	}
	delete(going, tailName(name, count))
	delete(going, tailName(name, count+1)) // whose line is being written
	return nil
}
