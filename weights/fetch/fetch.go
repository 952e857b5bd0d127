// Package fetch downloads published checkpoints. It resumes what was cut, tries one source after another, and lets nothing pass that is
// not the file: a web page, another SHA-256.
package fetch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"reverie/weights/catalogue"
)

// Fetcher downloads into a folder, where files stay.
type Fetcher struct {
	Dir  string
	Tell func(string) // hears one line at a time: what begins, how far it is, what failed
	Most int64        // bytes of the largest file that is taken; 0 for any
	// Client is for tests; nil is http.DefaultClient.
	Client *http.Client
	// Patience is the longest silence of a server, and the first pause before a further try. Zero means a minute and a second.
	Silence, Pause time.Duration
}

// tries is how often one source is asked, as long as each try brings something new or the server was only silent.
const tries = 5

// File returns the path of a catalogue's file in the folder, downloading it unless it is there. The error of a file that cannot be had
// says what each source did and where to put the file by hand.
func (f *Fetcher) File(ctx context.Context, file catalogue.File) (string, error) {
	path := filepath.Join(f.Dir, file.Name)
	if _, err := os.Stat(path); err == nil {
		return path, f.checkKept(ctx, path, file)
	}
	if err := os.MkdirAll(f.Dir, 0o755); err != nil {
		return "", fmt.Errorf("fetch: cannot write to %s: %w", f.Dir, err)
	}
	var reasons []string
	for _, url := range file.Sources {
		err := f.from(ctx, url, file, path)
		if err == nil {
			return path, nil
		}
		if ctx.Err() != nil {
			return "", fmt.Errorf("fetch: %s: stopped; run the same command again to go on where it was", file.Name)
		}
		if errors.Is(err, errLocal) {
			return "", fmt.Errorf("fetch: %s: %w", file.Name, err)
		}
		f.Tell(fmt.Sprintf("%s: %v", url, err))
		reasons = append(reasons, fmt.Sprintf("%s %v", url, err))
	}
	if len(reasons) == 0 {
		reasons = []string{"the catalogue knows no source"}
	}
	return "", fmt.Errorf("fetch: %s could not be downloaded (%s); get it elsewhere, put it in place as %s and run this again",
		file.Name, strings.Join(reasons, "; "), path)
}

// errLocal marks errors that no other source can mend.
var errLocal = errors.New("cannot write to this machine's disk")

// checkKept accepts a file that is in the folder already, put there by an earlier run or by hand.
func (f *Fetcher) checkKept(ctx context.Context, path string, file catalogue.File) error {
	if file.SHA256 == "" {
		f.Tell(file.Name + ": already there")
		return nil
	}
	sum, err := sumOf(ctx, path)
	if err != nil {
		return fmt.Errorf("fetch: %w", err)
	}
	if sum != file.SHA256 {
		return fmt.Errorf("fetch: %s is not the published %s, whose SHA-256 is %s; remove it or put the right file there", path, file.Name, file.SHA256)
	}
	f.Tell(file.Name + ": already there, SHA-256 as published")
	return nil
}

// from downloads from one source: to a file of its own beside the path, which takes the path's name once it is right.
func (f *Fetcher) from(ctx context.Context, url string, file catalogue.File, path string) error {
	p, err := openPartial(path, url)
	if err != nil {
		return err
	}
	defer p.close()
	pause := f.Pause
	if pause == 0 {
		pause = time.Second
	}
	for try := 1; ; try++ {
		before := p.size
		err := f.request(ctx, url, file.Name, p)
		if err == nil || errors.Is(err, errComplete) {
			break
		}
		if p.size > before {
			try = 1 // it brought something
		}
		var again temporary
		if !errors.As(err, &again) || try == tries {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
		pause = min(2*pause, 30*time.Second)
	}
	if file.SHA256 != "" {
		sum, err := sumOf(ctx, p.path)
		if err != nil {
			return fmt.Errorf("%w: %w", errLocal, err)
		}
		if sum != file.SHA256 {
			p.discard()
			return fmt.Errorf("sent other bytes than were published (SHA-256 %s), so the source has changed", sum)
		}
	}
	return p.finish(path)
}

// temporary is an error after which the same source may be asked again.
type temporary struct{ error }

func (t temporary) Unwrap() error { return t.error }

// request asks for what is missing and appends it.
func (f *Fetcher) request(ctx context.Context, url, name string, p *partial) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := f.Silence
	if silence == 0 {
		silence = time.Minute
	}
	watchdog := time.AfterFunc(silence, func() { cancel(errSilent) })
	defer watchdog.Stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("is not an address: %w", err)
	}
	if p.size > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", p.size))
		if p.validator != "" {
			req.Header.Set("If-Range", p.validator)
		}
	}
	client := f.Client
	if client == nil {
		client = http.DefaultClient
	}
	res, err := client.Do(req)
	if err != nil {
		err = fmt.Errorf("cannot be reached: %w", reason(ctx, err))
		if p.size > 0 { // worth waiting for
			err = temporary{err}
		}
		return err
	}
	defer res.Body.Close()
	total, err := p.accept(res)
	if err != nil {
		return err
	}
	if err := f.checkSize(total); err != nil {
		return err
	}
	return f.receive(ctx, name, p, &meter{Reader: res.Body, watchdog: watchdog, silence: silence, tell: f.Tell, name: name, done: p.size, total: total})
}

// checkSize refuses what is larger than the largest file.
func (f *Fetcher) checkSize(bytes int64) error {
	if f.Most > 0 && bytes > f.Most {
		return fmt.Errorf("sends more than %s, the most that is taken", megabytes(f.Most))
	}
	return nil
}

var errSilent = errors.New("it fell silent")

// reason prefers why a context was cancelled to the error that came of it.
func reason(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// pageStart is how many bytes are looked at to tell a web page from a checkpoint.
const pageStart = 512

// receive appends the body to the partial file.
func (f *Fetcher) receive(ctx context.Context, name string, p *partial, body *meter) error {
	if p.size == 0 {
		f.Tell(fmt.Sprintf("%s: downloading %s", name, megabytes(body.total)))
		head := make([]byte, pageStart)
		n, err := io.ReadFull(body, head)
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return temporary{fmt.Errorf("broke off: %w", reason(ctx, err))}
		}
		if isPage(head[:n]) {
			return errPage
		}
		if err := p.write(head[:n]); err != nil {
			return err
		}
	} else {
		f.Tell(fmt.Sprintf("%s: going on at %s of %s", name, megabytes(p.size), megabytes(body.total)))
	}
	buffer := make([]byte, 1<<16)
	for {
		n, err := body.Read(buffer)
		if werr := p.write(buffer[:n]); werr != nil {
			return werr
		}
		if err := f.checkSize(p.size); err != nil { // of a server that does not tell
			p.discard()
			return err
		}
		switch {
		case err == io.EOF && body.total > 0 && p.size < body.total:
			return temporary{fmt.Errorf("broke off after %d of %d bytes", p.size, body.total)}
		case err == io.EOF && p.size == 0:
			return errors.New("sent an empty file")
		case err == io.EOF:
			return nil
		case err != nil:
			return temporary{fmt.Errorf("broke off after %d bytes: %w", p.size, reason(ctx, err))}
		}
	}
}

var errPage = errors.New("sent a web page instead of the file, so the link is probably dead")

// isPage reports whether a file begins like HTML or XML. No checkpoint does.
func isPage(head []byte) bool { return strings.HasPrefix(strings.TrimSpace(string(head)), "<") }

// sumOf is a file's SHA-256 in lower-case hexadecimal.
func sumOf(ctx context.Context, path string) (string, error) {
	r, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer r.Close()
	h := sha256.New()
	buffer := make([]byte, 1<<20)
	for {
		n, err := r.Read(buffer)
		h.Write(buffer[:n])
		if err == io.EOF {
			return hex.EncodeToString(h.Sum(nil)), nil
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return "", err
		}
	}
}
