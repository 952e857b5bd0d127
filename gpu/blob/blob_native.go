//go:build !js

package blob

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"
)

// Blob is bytes that stay in the browser; natively they are Go's.
type Blob struct{ data []byte }

// New makes n bytes of zeros.
func New(n int) Blob { return Blob{make([]byte, n)} }

// Of copies bytes of Go.
func Of(b []byte) Blob { return Blob{append([]byte(nil), b...)} }

// Len is the number of bytes.
func (b Blob) Len() int { return len(b.data) }

// Slice is the bytes from from to to, in the same memory.
func (b Blob) Slice(from, to int) Blob { return Blob{b.data[from:to]} }

// Copy puts the bytes of from at byte at.
func (b Blob) Copy(at int, from Blob) { copy(b.data[at:], from.data) }

// Bytes copies the blob.
func (b Blob) Bytes() []byte { return append([]byte(nil), b.data...) }

// SHA256 is the digest in lower-case hex.
func (b Blob) SHA256(context.Context) (string, error) {
	sum := sha256.Sum256(b.data)
	return hex.EncodeToString(sum[:]), nil
}

var errNoBrowser = errors.New("blob: files are fetched by a browser, and this program runs outside one")

// Gunzip is what a gzip file unpacks to, at most limit bytes.
func (b Blob) Gunzip(_ context.Context, limit int) ([]byte, error) {
	reader, err := gzip.NewReader(bytes.NewReader(b.data))
	if err != nil {
		return nil, fmt.Errorf("blob: unpacking: %w", err)
	}
	unpacked, err := io.ReadAll(io.LimitReader(reader, int64(limit)+1))
	if err != nil {
		return nil, fmt.Errorf("blob: unpacking: %w", err)
	}
	if len(unpacked) > limit {
		return nil, tooLong(limit)
	}
	return unpacked, nil
}

// Download is a file on its way; natively there are none.
type Download struct{}

// Fetch fails outside a browser.
func Fetch(context.Context, string) (Blob, error) { return Blob{}, errNoBrowser }

// Get fails outside a browser.
func Get(context.Context, string, int64, bool) (*Download, error) { return nil, errNoBrowser }

func (*Download) Status() int                        { return 0 }
func (*Download) Page() bool                         { return false }
func (*Download) RetryAfter() time.Duration          { return 0 }
func (*Download) From() int64                        { return 0 }
func (*Download) Next(context.Context) (Blob, error) { return Blob{}, errNoBrowser }
func (*Download) Close()                             {}
