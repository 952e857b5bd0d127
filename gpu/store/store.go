// Package store keeps files in the browser: models' shards and manifests, so that they are fetched once and work without a network.
//
// The origin private file system is first choice, because its files grow. Where it is missing the Cache API keeps files in pieces, and
// where that is missing, too, nothing is kept and everything else works as before. Both resume at the byte where a connection broke; a
// tab that is closed loses what the last piece lacks.
package store

import (
	"context"
	"errors"
	"strings"

	"reverie/gpu/blob"
)

// Errors that callers tell apart.
var (
	ErrFull = errors.New("store: the browser gives this site no more room")
	ErrBusy = errors.New("store: another tab has the file")
)

// Path is that of a URL, by which Open knows the app: several sites of one origin keep their files apart.
func Path(url string) string {
	if _, rest, ok := strings.Cut(url, "://"); ok {
		_, rest, _ = strings.Cut(rest, "/")
		return "/" + rest
	}
	return url
}

// Kind says how files are kept.
type Kind string

const (
	Files  Kind = "files"  // in the origin private file system
	Pieces Kind = "pieces" // in the Cache API
	None   Kind = "none"   // not at all
)

// Store keeps files by name. Its methods may be called by several goroutines, for one file by one at a time.
type Store interface {
	Kind() Kind
	// Lock waits until nobody else in this browser holds the name, and returns what gives it back.
	Lock(ctx context.Context, name string) (unlock func(), err error)
	// Sizes are all files with the bytes there are of them.
	Sizes(ctx context.Context) (map[string]int64, error)
	// Read fills the blob with the file's beginning and returns how many bytes there were. A file that is not there has none.
	Read(ctx context.Context, name string, into blob.Blob) (int, error)
	// Write opens a file to go on at byte at; what lies behind it is dropped.
	Write(ctx context.Context, name string, at int64) (Writer, error)
	Remove(ctx context.Context, name string) error
	Room(ctx context.Context) (Room, error)
}

// Writer is a file that grows. Close keeps what has come.
type Writer interface {
	Append(blob.Blob) error
	// Finish ends the file, whose bytes from the first to the last are whole.
	Finish(ctx context.Context, whole blob.Blob) error
	Close()
}

// Room is what this site uses and may use, in bytes, and whether the browser promised not to clear it by itself. Quota 0 means that the
// browser does not tell.
type Room struct {
	Usage, Quota int64
	Persisted    bool
}

// Nothing is the store that keeps nothing.
type Nothing struct{}

func (Nothing) Kind() Kind                                           { return None }
func (Nothing) Lock(context.Context, string) (func(), error)         { return func() {}, nil }
func (Nothing) Sizes(context.Context) (map[string]int64, error)      { return nil, nil }
func (Nothing) Read(context.Context, string, blob.Blob) (int, error) { return 0, nil }
func (Nothing) Write(context.Context, string, int64) (Writer, error) {
	return nothingWriter{}, nil
}
func (Nothing) Remove(context.Context, string) error { return nil }
func (Nothing) Room(context.Context) (Room, error)   { return Room{}, nil }

type nothingWriter struct{}

func (nothingWriter) Append(blob.Blob) error                  { return nil }
func (nothingWriter) Finish(context.Context, blob.Blob) error { return nil }
func (nothingWriter) Close()                                  {}
