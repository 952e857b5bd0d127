package main

import (
	"io"
	"net/http"
	"time"
)

// piece is how many bytes a client must take in the time that it may stall, so that a download that makes progress is never cut, and one that
// makes none is.
const piece = 64 << 10

// paced gives the answers of h the time stall for each piece. The server's own time limit is for the first.
func paced(h http.Handler, stall time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(&pacer{ResponseWriter: w, stall: stall}, r)
	})
}

type pacer struct {
	http.ResponseWriter
	stall time.Duration
	sent  int64
}

// next gives the next n bytes their time.
func (p *pacer) next(n int64) error {
	p.sent += n
	if p.sent <= piece {
		return nil
	}
	return http.NewResponseController(p.ResponseWriter).SetWriteDeadline(time.Now().Add(p.stall))
}

func (p *pacer) Write(data []byte) (int, error) {
	written := 0
	for len(data) > 0 {
		part := data[:min(len(data), piece)]
		if err := p.next(int64(len(part))); err != nil {
			return written, err
		}
		n, err := p.ResponseWriter.Write(part)
		written += n
		if err != nil {
			return written, err
		}
		data = data[n:]
	}
	return written, nil
}

// ReadFrom lets the kernel copy files, piece by piece.
func (p *pacer) ReadFrom(r io.Reader) (int64, error) {
	limited, ok := r.(*io.LimitedReader)
	if !ok {
		limited = &io.LimitedReader{R: r, N: 1<<63 - 1}
	}
	copied := int64(0)
	for limited.N > 0 {
		want := min(limited.N, piece)
		if err := p.next(want); err != nil {
			return copied, err
		}
		n, err := io.Copy(p.ResponseWriter, &io.LimitedReader{R: limited.R, N: want})
		copied += n
		limited.N -= n
		if err != nil || n < want {
			return copied, err
		}
	}
	return copied, nil
}

// Unwrap is for http.ResponseController.
func (p *pacer) Unwrap() http.ResponseWriter { return p.ResponseWriter }
