package foreign

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// Source is a file that somebody else made, wherever it lies: its bytes can be read at any place.
type Source struct {
	Name string // without folders, for messages
	Size int64  // bytes
	io.ReaderAt
}

// ErrAbsent says that there is no file of that name.
var ErrAbsent = errors.New("there is no such file")

// Problem is the system's error in words of ours, without the path, which the caller has.
func Problem(err error) error {
	var path *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return ErrAbsent
	case errors.Is(err, fs.ErrPermission):
		return errors.New("this user may not read it")
	case errors.As(err, &path):
		return fmt.Errorf("it cannot be read: %w", path.Err)
	}
	return fmt.Errorf("it cannot be read: %w", err)
}
