package fetch

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// partial is a download that is not complete. It lies beside its goal, under a name of its source's, with the source's validator (ETag or
// date) in a second file, so that a later run goes on only if the source still has the same bytes.
type partial struct {
	path      string
	file      *os.File
	size      int64
	validator string
}

func openPartial(goal, url string) (*partial, error) {
	sum := sha256.Sum256([]byte(url))
	p := &partial{path: goal + "." + hex.EncodeToString(sum[:4]) + ".partial"}
	var err error
	if p.file, err = os.OpenFile(p.path, os.O_RDWR|os.O_CREATE, 0o644); err != nil {
		return nil, fmt.Errorf("%w: %w", errLocal, err)
	}
	if p.size, err = p.file.Seek(0, io.SeekEnd); err != nil {
		p.file.Close()
		return nil, fmt.Errorf("%w: %w", errLocal, err)
	}
	if note, err := os.ReadFile(p.note()); err == nil {
		p.validator = string(note)
	}
	return p, nil
}

func (p *partial) note() string { return p.path + ".etag" }

func (p *partial) close() { p.file.Close() }

// write appends.
func (p *partial) write(data []byte) error {
	n, err := p.file.Write(data)
	p.size += int64(n)
	if err != nil {
		return fmt.Errorf("%w: %w", errLocal, err)
	}
	return nil
}

// restart forgets what is there.
func (p *partial) restart() error {
	if _, err := p.file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("%w: %w", errLocal, err)
	}
	if err := p.file.Truncate(0); err != nil {
		return fmt.Errorf("%w: %w", errLocal, err)
	}
	p.size = 0
	return nil
}

// accept looks at an answer's head and makes the file ready for its body. Total is 0 where the server does not tell.
func (p *partial) accept(res *http.Response) (total int64, err error) {
	if kind := res.Header.Get("Content-Type"); res.StatusCode < 300 && strings.HasPrefix(kind, "text/html") {
		return 0, errPage
	}
	switch res.StatusCode {
	case http.StatusOK:
		if err := p.restart(); err != nil {
			return 0, err
		}
		p.remember(res.Header)
		return max(0, res.ContentLength), nil
	case http.StatusPartialContent:
		from, total, ok := contentRange(res.Header.Get("Content-Range"))
		if !ok || from != p.size {
			if err := p.restart(); err != nil {
				return 0, err
			}
			return 0, temporary{fmt.Errorf("answered with another range than was asked for")}
		}
		return total, nil
	case http.StatusRequestedRangeNotSatisfiable:
		if res.Header.Get("Content-Range") == fmt.Sprintf("bytes */%d", p.size) {
			return 0, errComplete
		}
		if err := p.restart(); err != nil {
			return 0, err
		}
		return 0, temporary{fmt.Errorf("has no bytes after those that are here")}
	case http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return 0, temporary{fmt.Errorf("answers %s", res.Status)}
	}
	return 0, fmt.Errorf("answers %s", res.Status)
}

// errComplete says that nothing was missing: an earlier run ended between the last byte and the check.
var errComplete = errors.New("is complete")

// remember keeps the source's strong validator. Without one, a download that was cut is taken to be the same file.
func (p *partial) remember(h http.Header) {
	p.validator = h.Get("ETag")
	if p.validator == "" || strings.HasPrefix(p.validator, "W/") {
		p.validator = h.Get("Last-Modified")
	}
	if os.WriteFile(p.note(), []byte(p.validator), 0o644) != nil {
		p.validator = "" // a later run does without
	}
}

// contentRange reads "bytes 100-199/200"; the total may be *, for which it gives 0.
func contentRange(s string) (from, total int64, ok bool) {
	span, ok1 := strings.CutPrefix(s, "bytes ")
	span, whole, ok2 := strings.Cut(span, "/")
	first, last, ok3 := strings.Cut(span, "-")
	from, to := digits(first), digits(last)
	if !ok1 || !ok2 || !ok3 || from < 0 || to < from {
		return 0, 0, false
	}
	if whole == "*" {
		return from, 0, true
	}
	if total = digits(whole); total <= to {
		return 0, 0, false
	}
	return from, total, true
}

// digits is the number that digits alone write, or -1.
func digits(s string) int64 {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && strings.Trim(s, "0123456789") == "" {
		return n
	}
	return -1
}

// finish gives the file its name.
func (p *partial) finish(goal string) error {
	if err := p.file.Close(); err != nil {
		return fmt.Errorf("%w: %w", errLocal, err)
	}
	if err := os.Rename(p.path, goal); err != nil {
		return fmt.Errorf("%w: %w", errLocal, err)
	}
	os.Remove(p.note())
	return nil
}

// discard removes what turned out wrong.
func (p *partial) discard() {
	os.Remove(p.path)
	os.Remove(p.note())
}

// meter reads, winds the watchdog up again, and tells how far it is from time to time.
type meter struct {
	io.Reader
	watchdog    *time.Timer
	silence     time.Duration
	tell        func(string)
	name        string
	done, total int64
	told        time.Time
	toldAt      int64
}

// between two lines about a download
const tellEvery = 5 * time.Second

func (m *meter) Read(b []byte) (int, error) {
	n, err := m.Reader.Read(b)
	m.watchdog.Reset(m.silence)
	m.done += int64(n)
	now := time.Now()
	if m.told.IsZero() {
		m.told, m.toldAt = now, m.done
	}
	if passed := now.Sub(m.told); passed >= tellEvery {
		speed := float64(m.done-m.toldAt) / 1e6 / passed.Seconds()
		m.tell(fmt.Sprintf("%s: %s of %s, %.1f MB/s", m.name, megabytes(m.done), megabytes(m.total), speed))
		m.told, m.toldAt = now, m.done
	}
	return n, err
}

func megabytes(n int64) string {
	if n == 0 {
		return "an unknown size"
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}
