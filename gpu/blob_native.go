//go:build !js

package gpu

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
)

// Blob is bytes that stay in the browser; natively they are Go's, so that what moves them is tested without one.
type Blob struct{ data []byte }

func NewBlob(n int) Blob               { return Blob{make([]byte, n)} }
func BlobOf(b []byte) Blob             { return Blob{append([]byte(nil), b...)} }
func (b Blob) Len() int                { return len(b.data) }
func (b Blob) Slice(from, to int) Blob { return Blob{b.data[from:to]} }
func (b Blob) Copy(at int, from Blob)  { copy(b.data[at:], from.data) }
func (b Blob) Bytes() []byte           { return append([]byte(nil), b.data...) }

func (b Blob) SHA256(context.Context) (string, error) {
	sum := sha256.Sum256(b.data)
	return hex.EncodeToString(sum[:]), nil
}

// Download is a file on its way; natively there are none.
type Download struct{}

func Fetch(context.Context, string) (Blob, error)                 { return Blob{}, ErrNoWebGPU }
func Get(context.Context, string, int64, bool) (*Download, error) { return nil, ErrNoWebGPU }
func (*Download) Status() int                                     { return 0 }
func (*Download) Page() bool                                      { return false }
func (*Download) From() int64                                     { return 0 }
func (*Download) Next(context.Context) (Blob, error)              { return Blob{}, ErrNoWebGPU }
func (*Download) Close()                                          {}
func (d *Device) WriteBlob(*Buffer, int, Blob, int, int)          { panic(ErrNoWebGPU) }
