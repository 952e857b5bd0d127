package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"reverie/gpu/blob"
	"reverie/gpu/kept"
	"reverie/gpu/store"
	"reverie/weights"
)

// Errors of fetching that callers tell apart. A full store is store.ErrFull.
var (
	// ErrNetwork: the connection broke and did not come back. What has come is kept.
	ErrNetwork = errors.New("load: the download broke off")
	// ErrDamaged: the server holds other bytes than the manifest says, or a web page or nothing in the place of a file.
	ErrDamaged = errors.New("load: the model on the server is damaged")
)

// Busy tells that the server asks to come back later than anybody waits. It is an ErrNetwork.
type Busy struct{ After time.Duration }

func (e *Busy) Error() string {
	return fmt.Sprintf("load: the server asks to come back in %v", e.After)
}

func (e *Busy) Unwrap() error { return ErrNetwork }

// RoomError tells before a download that it would not fit. It is a store.ErrFull.
type RoomError struct {
	Missing, Free int64 // bytes
}

func (e *RoomError) Error() string {
	return fmt.Sprintf("load: %d bytes are missing, and the browser gives this site room for %d", e.Missing, e.Free)
}

func (e *RoomError) Unwrap() error { return store.ErrFull }

// errMissing is an ErrDamaged that another try does not mend.
var errMissing = fmt.Errorf("%w", ErrDamaged)

// folder is where files come from: a model's folder on a server, and what the browser keeps of it.
type folder struct {
	base  string // its URL; it ends in a slash
	name  string // under which the store keeps the manifest
	store store.Store

	network network
	wait    func(ctx context.Context, tries int, least time.Duration) error
}

func folderAt(base, name string, keep store.Store) *folder {
	return &folder{base: base + name + "/", name: name, store: keep, network: web{}, wait: backOff}
}

// network gets files of the server.
type network interface {
	Get(ctx context.Context, url string, from int64, fresh bool) (download, error)
}

// download is what blob.Download is.
type download interface {
	Status() int
	Page() bool
	RetryAfter() time.Duration
	From() int64
	Next(context.Context) (blob.Blob, error)
	Close()
}

type web struct{}

func (web) Get(ctx context.Context, url string, from int64, fresh bool) (download, error) {
	return blob.Get(ctx, url, from, fresh)
}

const (
	// maxTries is how often a file is asked for without any progress in between, and how often wrong bytes are fetched anew.
	maxTries = 5
	// firstWait is the pause before the second try; each later one is twice as long.
	firstWait = 500 * time.Millisecond
	// stall is how long a connection may be silent. What comes after that goes on at its byte, so that little is lost where it was only slow.
	stall = 15 * time.Second
	// mostWait is how long a server is waited for that names a time.
	mostWait = time.Minute
)

func backOff(ctx context.Context, tries int, least time.Duration) error {
	select {
	case <-time.After(max(least, firstWait<<(tries-1))):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// transfer is one shard on its way into memory.
type transfer struct {
	*folder
	shard weights.Shard
	into  blob.Blob // as long as the shard
	got   int64     // bytes that are there, from the first
	fresh bool      // whether the browser's own cache has delivered wrong bytes
	keep  store.Store
	meter *meter
}

// unkept goes on without the store where it fails, and is an error only where there is no room, which the person can mend. Another tab may hold
// the file, and the site's data may be deleted while it comes.
func (t *transfer) unkept(err error) error {
	if errors.Is(err, store.ErrFull) {
		return err
	}
	t.keep = store.Nothing{}
	return nil
}

// fetch brings a shard into memory and checks it: from the store as far as that has it, the rest from the server. What comes is written
// to the store at once, so that a closed tab or a cut connection loses nothing. Into must be as long as the shard.
func (f *folder) fetch(ctx context.Context, shard weights.Shard, into blob.Blob, m *meter) error {
	unlock, err := f.store.Lock(ctx, shard.SHA256)
	if err != nil {
		return err
	}
	defer unlock()
	t := &transfer{folder: f, shard: shard, into: into, meter: m, fresh: f.store.Kind() != store.None, keep: f.store}
	if n, err := f.store.Read(ctx, shard.SHA256, into); err == nil { // else it is fetched
		t.got = int64(n)
	}
	m.read(t.got)
	return t.run(ctx)
}

func (t *transfer) run(ctx context.Context) error {
	tries, wrong := 0, 0
	for {
		before, busy := t.got, new(Busy)
		err := t.attempt(ctx)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, ErrDamaged):
			if wrong++; wrong == maxTries || errors.Is(err, errMissing) {
				return err
			}
			tries = wrong
		case errors.As(err, &busy) && busy.After > mostWait:
			return err
		case errors.Is(err, ErrNetwork):
			if t.got > before {
				tries = 0
			}
			if tries++; tries == maxTries {
				return err
			}
		default:
			return err
		}
		if err := t.wait(ctx, tries, busy.After); err != nil {
			return err
		}
	}
}

// attempt goes on from what is there and checks the whole.
func (t *transfer) attempt(ctx context.Context) error {
	if t.got < t.shard.Size {
		if err := t.receive(ctx); err != nil {
			return err
		}
	}
	sum, err := t.into.SHA256(ctx)
	if err != nil {
		return err
	}
	if sum == t.shard.SHA256 {
		return nil
	}
	if err := t.restart(ctx); err != nil {
		return err
	}
	return fmt.Errorf("%w: %s holds other bytes than its name says; convert or upload it again", ErrDamaged, t.shard.SHA256)
}

// restart drops what is there.
func (t *transfer) restart(ctx context.Context) error {
	t.meter.dropped(t.got)
	t.got, t.fresh = 0, true
	return t.keep.Remove(ctx, t.shard.SHA256)
}

// receive asks the server for what is missing.
func (t *transfer) receive(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	d, err := patiently(ctx, func(ctx context.Context) (download, error) {
		return t.network.Get(ctx, t.base+t.shard.SHA256, t.got, t.fresh)
	})
	if err != nil {
		return broken(ctx, err)
	}
	defer d.Close()
	if err := t.accept(ctx, d); err != nil {
		return err
	}
	w, err := t.keep.Write(ctx, t.shard.SHA256, t.got)
	if err != nil {
		if err := t.unkept(err); err != nil {
			return err
		}
		w, _ = t.keep.Write(ctx, t.shard.SHA256, t.got)
	}
	defer func() { w.Close() }()
	for t.got < t.shard.Size {
		piece, err := patiently(ctx, d.Next)
		if err == io.EOF {
			return fmt.Errorf("%w after %d of %d bytes of %s", ErrNetwork, t.got, t.shard.Size, t.shard.SHA256)
		}
		if err != nil {
			return broken(ctx, err)
		}
		if n := int64(piece.Len()); n > t.shard.Size-t.got {
			piece = piece.Slice(0, int(t.shard.Size-t.got)) // it is wrong, and the digest will say so
		}
		if err := w.Append(piece); err != nil {
			if err := t.unkept(err); err != nil {
				return err
			}
			w.Close()
			w, _ = t.keep.Write(ctx, t.shard.SHA256, t.got)
		}
		t.into.Copy(int(t.got), piece)
		t.got += int64(piece.Len())
		t.meter.received(int64(piece.Len()))
	}
	if err := w.Finish(ctx, t.into); err != nil {
		return t.unkept(err)
	}
	return nil
}

// accept looks at how the server answers.
func (t *transfer) accept(ctx context.Context, d download) error {
	switch status := d.Status(); {
	case status == 416: // it has less than is there already
		if err := t.restart(ctx); err != nil {
			return err
		}
		return fmt.Errorf("%w: %s ends too early; convert or upload it again", ErrDamaged, t.shard.SHA256)
	case status == 404 || status == 410 || status == 403 || d.Page():
		return fmt.Errorf("%w: it has no %s (status %d): the model's folder there is incomplete, upload it again", errMissing, t.shard.SHA256, status)
	case status == 429 || status == 503:
		return &Busy{d.RetryAfter()}
	case status != 200 && status != 206:
		return fmt.Errorf("%w: the server answers %d", ErrNetwork, status)
	}
	if d.From() == t.got {
		return nil
	}
	if d.From() != 0 {
		return fmt.Errorf("%w: the server sends %s from byte %d when asked for byte %d", ErrNetwork, t.shard.SHA256, d.From(), t.got)
	}
	// A host that ignores ranges starts again.
	return t.restart(ctx)
}

func broken(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("%w: %w", ErrNetwork, err)
}

// patiently calls f, but not for longer than a connection may be silent.
func patiently[T any](ctx context.Context, f func(context.Context) (T, error)) (T, error) {
	waiting, cancel := context.WithTimeout(ctx, stall)
	defer cancel()
	return f(waiting)
}

// file brings one shard into memory.
func (f *folder) file(ctx context.Context, shard weights.Shard) (blob.Blob, error) {
	b := blob.New(int(shard.Size))
	return b, f.fetch(ctx, shard, b, new(meter))
}

// vocabulary brings a model's vocabulary into Go's memory, unpacked.
func (f *folder) vocabulary(ctx context.Context, m *weights.Manifest) ([]byte, error) {
	packed, err := f.file(ctx, m.Vocab)
	if err != nil {
		return nil, err
	}
	file, err := packed.Gunzip(ctx, weights.MaxVocabText)
	if err != nil {
		return nil, fmt.Errorf("load: the vocabulary is damaged: %w", err)
	}
	return file, nil
}

// patience is how long a kept manifest waits for news of the server.
const patience = 5 * time.Second

// manifest gets the server's manifest and keeps it. Without an answer it is the kept one.
func (f *folder) manifest(ctx context.Context) (*weights.Manifest, error) {
	old, oldErr := kept.Manifest(ctx, f.store, f.name)
	waiting := ctx
	if oldErr == nil {
		var cancel context.CancelFunc
		waiting, cancel = context.WithTimeout(ctx, patience)
		defer cancel()
	}
	text, err := f.get(waiting, weights.ManifestFile)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil && oldErr == nil:
		return old, nil
	case err != nil:
		return nil, err
	}
	m, err := weights.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	switch err := kept.Put(ctx, f.store, f.name, text); {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, store.ErrFull):
		return nil, err
	}
	return m, nil // what could not be kept otherwise is fetched again
}

// look is the manifest that is kept, or else the server's. It keeps nothing.
func (f *folder) look(ctx context.Context) (*weights.Manifest, error) {
	if m, err := kept.Manifest(ctx, f.store, f.name); err == nil {
		return m, nil
	}
	text, err := f.get(ctx, weights.ManifestFile)
	if err != nil {
		return nil, err
	}
	return weights.Parse(text)
}

// get fetches a small file of the model.
func (f *folder) get(ctx context.Context, name string) ([]byte, error) {
	d, err := patiently(ctx, func(ctx context.Context) (download, error) { return f.network.Get(ctx, f.base+name, 0, false) })
	if err != nil {
		return nil, broken(ctx, err)
	}
	defer d.Close()
	if d.Status() == 429 || d.Status() == 503 {
		return nil, &Busy{d.RetryAfter()}
	}
	if d.Page() && d.Status() == 200 {
		return nil, fmt.Errorf("%w: at %s%s is a web page", ErrDamaged, f.base, name)
	}
	if d.Status() != 200 {
		return nil, fmt.Errorf("load: there is no model at %s (status %d)", f.base, d.Status())
	}
	var text []byte
	for {
		piece, err := patiently(ctx, d.Next)
		if err == io.EOF {
			return text, nil
		}
		if err != nil {
			return nil, broken(ctx, err)
		}
		if text = append(text, piece.Bytes()...); len(text) > weights.MaxManifest {
			return nil, fmt.Errorf("load: %s%s is longer than any manifest", f.base, name)
		}
	}
}
