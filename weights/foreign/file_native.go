//go:build !js

package foreign

import (
	"fmt"
	"io"
	"io/fs"
	"os"
)

// ReadFile reads a file whole that is to be something small ("a configuration") of at most max bytes. Its errors are sentences without
// the path.
func ReadFile(path, wanted string, max int64) ([]byte, error) {
	f, size, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if size > max {
		return nil, fmt.Errorf("it has %d bytes, and %s has at most %d", size, wanted, max)
	}
	data, err := io.ReadAll(io.LimitReader(f, max))
	if err != nil {
		return nil, Problem(err)
	}
	return data, nil
}

// Open opens a regular file and tells its size. A pipe or a device, which could keep a reader waiting for ever, is refused before it is
// opened.
func Open(path string) (*os.File, int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, Problem(err)
	}
	if !info.Mode().IsRegular() {
		return nil, 0, fmt.Errorf("it is not a file but %s", kindOf(info.Mode()))
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, Problem(err)
	}
	return f, info.Size(), nil
}

func kindOf(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "a folder"
	case m&fs.ModeNamedPipe != 0:
		return "a pipe"
	case m&fs.ModeSocket != 0:
		return "a socket"
	}
	return "a device"
}
