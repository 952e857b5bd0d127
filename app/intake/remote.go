package intake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"reverie/weights/importer"
)

// network asks for bytes from to (excluding it) of what lies at an address, with one Range and nothing that would make a browser ask before.
type network interface {
	Get(ctx context.Context, url string, from, to int64) (answer, error)
}

// answer is what a server answers. Read is io.Reader's, but for the context.
type answer interface {
	Status() int
	Header(name string) string // "" where there is none or the server keeps it from pages
	Read(ctx context.Context, b []byte) (int, error)
	Close()
}

const (
	// usualAhead is a remote's ahead.
	usualAhead = 512 << 10
	// headAhead is the most of it before anybody knows which bytes are needed: behind a file's head lies what is wanted later, if at all.
	headAhead = 64 << 10
	// slots is how many such pieces are kept, so that small tensors cost no request each.
	slots = 16
	// most is how much one request asks for.
	most = 4 << 20
	// joint is how far apart bytes may lie to be fetched together.
	joint = 4 << 10
	// maxTries is how often an address is asked without any byte in between.
	maxTries = 5
	// firstWait is the pause before the second try; each later one is twice as long.
	firstWait = 500 * time.Millisecond
	// stall is how long a connection may be silent.
	stall = 20 * time.Second
	// mostWait is how long a server is waited for that names a time.
	mostWait = 2 * time.Minute
)

// remote is a checkpoint at some addresses, read by ranges. It is an io.ReaderAt for one goroutine.
type remote struct {
	ctx     context.Context
	network network
	name    string
	urls    []string                    // those that are left, the one that is asked first
	reasons []string                    // why others are not asked any more
	size    int64                       // 0 until it is known
	ahead   int64                       // how much is read at least, because what follows is most often wanted next
	etag    string                      // of the address that is asked
	needs   []importer.Span             // in order of their places, joined; nil: anything may be needed
	kept    []piece                     // the last that was used comes last
	fetched func(n int)                 // hears of every byte that comes
	gate    func(context.Context) error // waits while the import pauses
	wait    func(ctx context.Context, d time.Duration) error
}

// piece is bytes of the file that are kept.
type piece struct {
	from int64
	data []byte
}

// refusal is an answer after which the address is of no use; its text goes on with the address's name.
type refusal struct{ error }

// busy is a server that asks to come back later.
type busy struct {
	after  time.Duration
	status int
}

func (b busy) Error() string { return fmt.Sprintf("is busy (status %d)", b.status) }

// Size asks for the file's size, if nobody has told it.
func (r *remote) Size() (int64, error) {
	if r.size == 0 {
		if _, err := r.ReadAt(make([]byte, 1), 0); err != nil {
			return 0, err
		}
	}
	return r.size, nil
}

// plan says which bytes will be read, so that no others are fetched along with them.
func (r *remote) plan(spans []importer.Span) {
	spans = slices.Clone(spans)
	slices.SortFunc(spans, func(a, b importer.Span) int { return int(min(max(a.From-b.From, -1), 1)) })
	r.needs = make([]importer.Span, 0, len(spans))
	for _, s := range spans {
		if n := len(r.needs); n > 0 && s.From <= r.needs[n-1].To+joint {
			r.needs[n-1].To = max(r.needs[n-1].To, s.To)
		} else {
			r.needs = append(r.needs, s)
		}
	}
}

// needed is where the bytes end that are needed from a place on.
func (r *remote) needed(from int64) int64 {
	for _, s := range r.needs {
		if s.From <= from && from < s.To {
			return s.To
		}
	}
	if r.needs == nil && r.size > 0 {
		return r.size
	}
	return from
}

func (r *remote) ReadAt(b []byte, at int64) (int, error) {
	if at < 0 {
		return 0, errors.New("intake: a place before the file")
	}
	done := 0
	for done < len(b) {
		from := at + int64(done)
		if r.size > 0 && from >= r.size {
			return done, io.EOF
		}
		if n := r.cached(b[done:], from); n > 0 {
			done += n
			continue
		}
		n, err := r.bring(b[done:], from)
		done += n
		if err != nil {
			return done, err
		}
	}
	return done, nil
}

// cached copies what is kept of the bytes from a place on.
func (r *remote) cached(b []byte, from int64) int {
	for i, p := range slices.Backward(r.kept) {
		if end := p.from + int64(len(p.data)); p.from <= from && from < end {
			r.kept = append(slices.Delete(r.kept, i, i+1), p)
			return copy(b, p.data[from-p.from:])
		}
	}
	return 0
}

// bring fetches bytes from a place on: a long run straight to where it is wanted, a short one with what follows it, which is kept.
func (r *remote) bring(b []byte, from int64) (int, error) {
	to := from + min(int64(len(b)), most)
	if r.size > 0 {
		to = min(to, r.size)
	}
	ahead := r.ahead
	if r.needs == nil {
		ahead = min(ahead, headAhead)
	}
	more := min(r.needed(from), from+ahead)
	for _, p := range r.kept { // what is there already is not fetched again
		if p.from > from {
			to, more = min(to, p.from), min(more, p.from)
		}
	}
	if to >= more {
		if err := r.fetch(b[:to-from], from); err != nil {
			return 0, err
		}
		return int(to - from), nil
	}
	data := r.slot(int(more - from))
	if err := r.fetch(data, from); err != nil {
		return 0, err
	}
	data = data[:min(int64(len(data)), r.size-from)]
	r.kept = append(r.kept, piece{from, data})
	return copy(b, data), nil
}

// slot is memory for a piece: that of the one that was used longest ago, when all are in use.
func (r *remote) slot(n int) []byte {
	if len(r.kept) < slots {
		return make([]byte, n, r.ahead)
	}
	oldest := r.kept[0].data
	r.kept = slices.Delete(r.kept, 0, 1)
	return oldest[:n]
}

// fetch fills b with the file's bytes from a place on, from the first address that gives them.
func (r *remote) fetch(b []byte, from int64) error {
	got := 0
	for tries := 1; ; {
		if err := r.gate(r.ctx); err != nil {
			return err
		}
		if len(r.urls) == 0 {
			return fmt.Errorf("intake: %s cannot be fetched: %s", r.name, strings.Join(r.reasons, "; "))
		}
		n, err := r.request(b[got:], from+int64(got))
		if got += n; err == nil {
			return nil
		}
		if r.ctx.Err() != nil {
			return r.ctx.Err()
		}
		if n > 0 {
			tries = 0
		}
		var no refusal
		var later busy
		tries++
		if errors.As(err, &no) || tries > maxTries || errors.As(err, &later) && later.after > mostWait {
			r.next(err)
			tries = 1
			continue
		}
		if err := r.wait(r.ctx, max(later.after, firstWait<<(max(tries, 2)-2))); err != nil {
			return err
		}
	}
}

// next leaves the address that is asked.
func (r *remote) next(why error) {
	host := r.urls[0]
	if u, err := url.Parse(host); err == nil && u.Host != "" {
		host = u.Host
	}
	if reason := host + " " + why.Error(); !slices.Contains(r.reasons, reason) { // one host may have two of the addresses
		r.reasons = append(r.reasons, reason)
	}
	r.urls, r.etag = r.urls[1:], ""
}

// request asks once and tells how many of the bytes came.
func (r *remote) request(b []byte, from int64) (int, error) {
	ctx, cancel := context.WithCancel(r.ctx)
	defer cancel()
	a, err := patiently(ctx, func(ctx context.Context) (answer, error) {
		return r.network.Get(ctx, r.urls[0], from, from+int64(len(b)))
	})
	if err != nil {
		return 0, fmt.Errorf("cannot be reached, or does not let pages read it")
	}
	defer a.Close()
	if err := r.accept(a, from, len(b)); err != nil {
		return 0, err
	}
	want := min(int64(len(b)), r.size-from)
	got := 0
	for int64(got) < want {
		n, err := patiently(ctx, func(ctx context.Context) (int, error) { return a.Read(ctx, b[got:want]) })
		got += n
		r.fetched(n)
		if err != nil && int64(got) < want {
			return got, fmt.Errorf("broke off at byte %d of %d", from+int64(got), r.size)
		}
	}
	return got, nil
}

// accept looks at how the server answers.
func (r *remote) accept(a answer, from int64, n int) error {
	switch status := a.Status(); {
	case strings.HasPrefix(a.Header("Content-Type"), "text/html"):
		return refusal{errors.New("sends a web page in place of the file")}
	case status == 200:
		return refusal{errors.New("sends the whole file where a part is asked for")}
	case status == 429 || status == 503:
		seconds, _ := strconv.ParseFloat(a.Header("Retry-After"), 64)
		return busy{time.Duration(max(0, min(seconds, 1e6)) * float64(time.Second)), status}
	case status >= 500 || status == 408:
		return fmt.Errorf("has a fault (status %d)", status)
	case status != 206:
		return refusal{fmt.Errorf("does not have it (status %d)", status)}
	}
	first, size, ok := contentRange(a.Header("Content-Range"))
	if !ok { // it is kept from pages, perhaps
		first, size = from, r.size
	}
	etag := a.Header("ETag")
	switch {
	case size == 0:
		return refusal{errors.New("does not tell how long the file is")}
	case first != from:
		return refusal{errors.New("sends another part than was asked for")}
	case r.size > 0 && size != r.size:
		return refusal{fmt.Errorf("has a file of %d bytes and not of %d, so it is another", size, r.size)}
	case r.etag != "" && etag != "" && etag != r.etag:
		return refusal{errors.New("has changed the file meanwhile")}
	}
	r.size, r.etag = size, etag
	return nil
}

// contentRange reads "bytes 100-199/200".
func contentRange(s string) (from, size int64, ok bool) {
	span, whole, ok1 := strings.Cut(strings.TrimPrefix(s, "bytes "), "/")
	first, _, ok2 := strings.Cut(span, "-")
	from, err1 := strconv.ParseInt(first, 10, 64)
	size, err2 := strconv.ParseInt(whole, 10, 64)
	return from, size, ok1 && ok2 && err1 == nil && err2 == nil && from >= 0 && size > from
}

// patiently calls f, but not for longer than a connection may be silent.
func patiently[T any](ctx context.Context, f func(context.Context) (T, error)) (T, error) {
	waiting, cancel := context.WithTimeout(ctx, stall)
	defer cancel()
	return f(waiting)
}

// pause waits.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
